"""What middleware costs, and that a chat without it pays nothing: `python -m benchmarks.middleware`.

The model answers at once and in this process, so that only the engine is measured. The ways take turns; the
least time of each counts, since other work on the machine only adds to it.
"""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from chat_core import (
    AnyChat,
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Done,
    Message,
    Text,
    TextChunk,
    Turn,
    TurnEvent,
)
from chat_core.middleware import Limits, NextTurn, ProviderWrapper, wrap

ROUNDS, REQUESTS, EVENTS = 40, 100, 600
REPLY = [TextChunk("word ") for _ in range(EVENTS)]


class AtOnce:
    """A model that answers without waiting."""

    model = "at once"

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        return ChatResponse(Message("model", [Text("Hi")], turn=Turn("stop")))

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        for event in REPLY:
            yield event
        yield Done(await self.complete(request))

    async def aclose(self) -> None: ...


async def passes_on(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
    async with aclosing(next(request)) as events:
        async for event in events:
            yield event


BARE = ChatBuilder().with_model(AtOnce())
WAYS: dict[str, AnyChat] = {
    "no middleware": BARE.build(),
    "one that passes on": BARE.with_middleware(passes_on).build(),
    "three that pass on": BARE.with_middleware(passes_on, passes_on, passes_on).build(),
    "Limits": BARE.with_middleware(Limits(requests=1000)).build(),
    "a ProviderWrapper": ChatBuilder().with_model(wrap(AtOnce(), ProviderWrapper)).build(),
}


async def requests(chat: AnyChat) -> None:
    for _ in range(REQUESTS):
        await chat.complete("Hello")  # type: ignore[call-overload]  # none of these pauses


async def events(chat: AnyChat) -> None:
    async with chat.stream("Hello") as stream:  # type: ignore[call-overload]  # none of these pauses
        async for _ in stream:
            pass


async def cpu(work: Callable[[AnyChat], Awaitable[None]], chat: AnyChat, units: int) -> float:
    began = time.process_time()
    await work(chat)
    return (time.process_time() - began) / units * 1e6


async def main() -> None:
    least = {name: [float("inf"), float("inf")] for name in WAYS}
    for _ in range(ROUNDS):
        for name, chat in WAYS.items():
            least[name][0] = min(least[name][0], await cpu(requests, chat, REQUESTS))
            least[name][1] = min(least[name][1], await cpu(events, chat, EVENTS))
    print(f"Python {sys.version.split()[0]}. Least CPU of {ROUNDS} turns.\n")
    print("| middleware | a request | an event |\n|---|---:|---:|")
    for name, (request, event) in least.items():
        print(f"| {name} | {request:.1f} µs | {event:.2f} µs |")


if __name__ == "__main__":
    asyncio.run(main())
