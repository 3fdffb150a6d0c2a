"""What may be passed as a client."""

from __future__ import annotations

from typing import TypeVar

from chat_core.provider import Provider
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import kind_of

P = TypeVar("P", bound=Provider)


def checked_client(client: P) -> P:
    """Return the client. Raises `ConfigurationError`, which tells what to write, for anything else."""
    given: object = client
    if not isinstance(given, type) and hasattr(given, "model") and hasattr(given, "aclose"):
        return client
    from chat_core.chat.chat import Chat  # here: only mistakes need it

    if isinstance(given, type):
        instead = f"write {given.__name__}().with_model(...).build()"
    elif isinstance(given, str):
        instead = (
            f'write open_model("{given if ":" in given else f"openai:{given}"}"), or a provider\'s builder'
        )
    elif isinstance(given, Chat):
        instead = "a chat is built already; its client is chat.provider"
    elif hasattr(given, "build"):
        instead = "call .build() on it first"
    else:
        instead = "write OpenAIBuilder().with_model(...).build(), say"
    raise ConfigurationError(f"with_model(client) takes a client, not {kind_of(given)}: {instead}")
