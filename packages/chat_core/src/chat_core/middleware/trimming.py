"""Sending only the end of a long conversation, which itself stays whole."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from chat_core.middleware.history import History
from chat_core.tokens.estimate import HasModel, estimate_tokens, model_name
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
    it takes for its tokens to be within `max_tokens`.

    Tokens are what `count` returns, such as the `count_tokens` of a client, which is exact and sends a
    request. Without it they are estimated for `model`, tools included: leave a margin then, since an
    estimate may be a tenth too low (`estimate_tokens` tells how far off it is for a model).

    The first instructions stay, and so do the user's last message and the last step of the model. Nothing is
    removed from the conversation itself.
    """

    def __init__(
        self,
        *,
        exchanges: int | None = None,
        max_tokens: int | None = None,
        count: CountTokens | None = None,
        model: str | HasModel | None = None,
    ) -> None:
        """`model` is the name of a model, or a client. Raises `ConfigurationError` where neither limit is
        given, and for `count` or `model` without `max_tokens`.
        """
        if exchanges is None and max_tokens is None:
            raise ConfigurationError("Trimming(...) needs exchanges=20, or max_tokens=100_000")
        if max_tokens is None and (count is not None or model is not None):
            raise ConfigurationError(
                "Trimming(...) takes count=client.count_tokens or model=client with max_tokens=100_000 only"
            )
        self._exchanges = None if exchanges is None else checked_count(exchanges, "Trimming", least=1)
        self._max_tokens = None if max_tokens is None else checked_count(max_tokens, "Trimming", least=1)
        self._count = count
        self._model = model_name(model)

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of the turn of the shorter request."""
        from contextlib import aclosing

        messages = await self._trimmed(request)
        sent = request if messages is request.messages else replace(request, messages=messages)
        async with aclosing(next(sent)) as events:
            async for event in events:
                yield event

    async def _trimmed(self, request: ChatRequest) -> Messages:
        history = History.of(request.messages)
        until = 0
        if self._exchanges is not None and len(history.starts) > self._exchanges:
            until = history.starts[-self._exchanges]
        if self._max_tokens is not None:
            fits = _Fits(self._max_tokens, request, self._count, self._model)
            if not await fits(history.without(until) if until else request.messages):
                until = await _first_that_fits(history, until, fits)
        return history.without(until) if until else request.messages


@dataclass(frozen=True, slots=True)
class _Fits:
    """Whether a shorter conversation is within the limit, by a count or by an estimate.

    The usage of earlier turns is not looked at: it may be that of a request which was shortened too.
    """

    max_tokens: int
    request: ChatRequest
    count: CountTokens | None
    model: str | None

    async def __call__(self, messages: Messages) -> bool:
        if self.count is None:
            estimate = estimate_tokens(messages, self.request.tools, self.model, anchored=False)
            return estimate.tokens <= self.max_tokens
        counted = self.count(messages)
        if inspect.isawaitable(counted):
            counted = await counted
        return counted <= self.max_tokens


async def _first_that_fits(history: History, until: int, fits: _Fits) -> int:
    """Return the least cut that is within the limit, or the largest one. It is searched by halves."""
    cuts = [cut for cut in history.cuts() if cut > until]
    low, high = 0, len(cuts) - 1
    while low < high:
        middle = (low + high) // 2
        if await fits(history.without(cuts[middle])):
            high = middle
        else:
            low = middle + 1
    return cuts[low] if cuts else until
