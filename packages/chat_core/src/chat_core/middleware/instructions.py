"""Instructions for conversations that have none."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING

from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.misuse import checked_text
from chat_core.types.parts import Text

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn
    from chat_core.types.events import TurnEvent
    from chat_core.types.request import ChatRequest


class DefaultInstructions:
    """Middleware that sends a system message first, where the conversation has none of its own.

    The conversation is not changed: what is stored is what was said.
    """

    def __init__(self, text: str) -> None:
        """Raises `ConfigurationError` for a text that is blank."""
        self._message = Message("system", [Text(checked_text(text, "DefaultInstructions", '"Be brief."'))])

    def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of the turn."""
        if any(message.role == "system" for message in request.messages):
            return next(request)
        return next(replace(request, messages=Messages([self._message, *request.messages])))
