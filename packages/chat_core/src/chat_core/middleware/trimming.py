"""Sending only the end of a long conversation, which itself stays whole."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from chat_core.middleware.history import History
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.misuse import checked_count

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn
    from chat_core.types.events import TurnEvent
    from chat_core.types.request import ChatRequest

CountTokens: TypeAlias = Callable[[Messages], int | Awaitable[int]]
"""Returns the tokens of a conversation, such as the `count_tokens` of a client."""


class Trimming:
    """Middleware that leaves out the oldest exchanges of a request: those beyond `exchanges`, and as many as
    it takes for `count` to be within `max_tokens`.

    The first instructions stay, and so do the user's last message and the last step of the model. Nothing is
    removed from the conversation itself.
    """

    def __init__(
        self,
        *,
        exchanges: int | None = None,
        max_tokens: int | None = None,
        count: CountTokens | None = None,
    ) -> None:
        """Raises `ConfigurationError` where neither limit is given, or tokens cannot be counted."""
        if exchanges is None and max_tokens is None:
            raise ConfigurationError("Trimming(...) needs exchanges=20, or max_tokens=100_000 with count=...")
        if (max_tokens is None) != (count is None):
            raise ConfigurationError(
                "Trimming(...) takes max_tokens=100_000 with count=client.count_tokens: both or neither"
            )
        self._exchanges = None if exchanges is None else checked_count(exchanges, "Trimming", least=1)
        self._max_tokens = 0 if max_tokens is None else checked_count(max_tokens, "Trimming", least=1)
        self._count = count

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of the turn of the shorter request."""
        from contextlib import aclosing

        messages = await self._trimmed(request.messages)
        sent = request if messages is request.messages else replace(request, messages=messages)
        async with aclosing(next(sent)) as events:
            async for event in events:
                yield event

    async def _trimmed(self, messages: Messages) -> Messages:
        history = History.of(messages)
        until = 0
        if self._exchanges is not None and len(history.starts) > self._exchanges:
            until = history.starts[-self._exchanges]
        if self._count is not None and not await self._fits(history, until, messages):
            until = await self._first_that_fits(history, until)
        return history.without(until) if until else messages

    async def _first_that_fits(self, history: History, until: int) -> int:
        """Return the least cut that is within the limit, or the largest one. It is searched by halves."""
        cuts = [cut for cut in history.cuts() if cut > until]
        low, high = 0, len(cuts) - 1
        while low < high:
            middle = (low + high) // 2
            if await self._fits(history, cuts[middle]):
                high = middle
            else:
                low = middle + 1
        return cuts[low] if cuts else until

    async def _fits(self, history: History, until: int, whole: Messages | None = None) -> bool:
        assert self._count is not None
        counted = self._count(whole if whole is not None and not until else history.without(until))
        if inspect.isawaitable(counted):
            counted = await counted
        return counted <= self._max_tokens
