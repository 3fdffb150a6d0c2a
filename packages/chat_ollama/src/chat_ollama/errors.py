"""Errors that say what to do next: no server, and no such model."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import ConnectionFailed, NotFound, ProviderError
from chat_core.client.error_advice import DecodeError


def with_pull_advice(decode_error: DecodeError, model: str) -> DecodeError:
    """Return a decoder of error bodies that says how to get a model which the server does not have."""

    def decode(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        error = decode_error(status, headers, body)
        if isinstance(error, NotFound) and "model" in error.message and "pull" not in error.message:
            advice = f"; `ollama pull {model}` or `client.pull()` downloads it"
            error.message += advice
            error.args = (f"{error.args[0]}{advice}",)
        return error

    return decode


def no_server(url: str, failed: ConnectionFailed) -> ConnectionFailed:
    """Return the error for a server that cannot be reached, which says how to install and start one."""
    root = url.partition("?")[0].removesuffix("/v1")
    error = ConnectionFailed(
        f"no response; does Ollama run at {root}? Install it from https://ollama.com/download "
        "and start it with `ollama serve`"
    )
    error.retryable = failed.retryable
    return error
