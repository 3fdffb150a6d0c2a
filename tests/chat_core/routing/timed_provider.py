"""Providers that take their time, and tell what became of each request."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from chat_core import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Done,
    Message,
    Origin,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCall,
    Turn,
    TurnEvent,
    Usage,
)


@dataclass
class Timed:
    """A provider that answers `delay` seconds after a request, or fails; `cut_after` events a stream of its
    ends without its last one.
    """

    model: str
    delay: float = 0.0
    fails: ChatError | None = None
    cut_after: int | None = None
    calls: Sequence[ToolCall] = ()
    gap: float = 0.0
    began: list[float] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    open: int = 0

    @property
    def origin(self) -> Origin:
        return Origin("timed", "", self.model)

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        async with aclosing(self._events(request)) as events:
            done: Any = [event async for event in events][-1]
        response: ChatResponse = done.response
        return response

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        async with aclosing(self._events(request)) as events:
            async for event in events:
                yield event

    async def aclose(self) -> None:
        self.ended.append("closed")

    async def _events(self, request: ChatRequest) -> AsyncGenerator[TurnEvent]:
        self.began.append(anyio.current_time())
        self.open += 1
        end = "left"
        try:
            await anyio.sleep(self.delay)
            if self.fails is not None:
                end = "failed"
                raise self.fails
            pieces = [f"{self.model} {number}. " for number in range(3)]
            for number, piece in enumerate(pieces):
                if number == self.cut_after:
                    end = "cut"
                    raise StreamTruncated("cut", partial=self._response(pieces[:number], ()))
                yield TextChunk(piece)
                await anyio.sleep(self.gap)
            answered = any(message.role == "model" for message in request.messages)
            end = "done"
            yield Done(self._response(pieces, () if answered else self.calls))
        finally:
            self.open -= 1
            self.ended.append(end)

    def _response(self, pieces: Sequence[str], calls: Sequence[ToolCall]) -> ChatResponse:
        turn = Turn("tool_calls" if calls else "stop", None, Usage(10, 5), self.model)
        parts = [Text("".join(pieces)), *(replace(call) for call in calls)]
        return ChatResponse(Message("model", parts, turn=turn))
