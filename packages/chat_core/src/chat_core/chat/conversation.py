"""What may be passed as a conversation."""

from __future__ import annotations

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
