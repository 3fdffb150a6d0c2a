"""What may be passed to a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.request import messages_of


def conversation_of(given: object, *, may_pause: bool) -> Messages:
    """Return the conversation; a text is a user's first message.

    Raises `ConfigurationError` for a text where the chat may pause, and for anything else.
    """
    if isinstance(given, str) and may_pause:
        raise ConfigurationError(
            "this chat may pause, and what waits is in the messages: pass Messages.from_user(...)"
        )
    return messages_of(given)


def refuse_keywords(method: str, unknown: Mapping[str, object]) -> NoReturn:
    """Raise `ConfigurationError` for keyword arguments that `Chat` has no parameter for."""
    from chat_core.types.misuse import misspelt  # here: only mistakes need it
    from chat_core.types.options import COMMON_OPTIONS

    options = [name for name in unknown if name in COMMON_OPTIONS]
    name = options[0] if options else next(iter(unknown))
    if options:
        given = ", ".join(f"{option}={unknown[option]!r}" for option in options)
        instead = f"write {method}(messages, options=ChatOptions({given}))"
    elif name == "stream":
        instead = "write async with chat.stream(messages) as events"
    elif name in _OF_THE_BUILDER:
        instead = f"build the chat with .{_OF_THE_BUILDER[name]}"
    else:
        instead = misspelt(name, ("messages", "options", "deps"))
    raise ConfigurationError(f"{method}(...) takes no {name!r}: {instead}")


_OF_THE_BUILDER = {
    "model": "with_model(client)",
    "tools": "with_tools([...])",
    "response_format": "with_structured_output(Type)",
    "output_type": "with_structured_output(Type)",
    "max_steps": "with_max_steps(n)",
    "max_retries": "with_retry(RetryPolicy(max_retries=n))",
}
