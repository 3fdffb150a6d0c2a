"""Every ready middleware, and the clients that the tests of all of them stand on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    ContextWindowExceeded,
    Message,
    Messages,
    StreamTruncated,
    Text,
    TextChunk,
    TurnEvent,
)
from chat_core.middleware import (
    Cache,
    Compaction,
    ConversationLog,
    CostTracker,
    DefaultInstructions,
    Limits,
    MemoryStore,
    NextTurn,
    Price,
    PriceTable,
    ProviderWrapper,
    RateLimiter,
    RedactingProvider,
    SimulatedStreaming,
    Trimming,
    wrap,
)
from chat_core.testing import ScriptedProvider
from opentelemetry.sdk.trace import TracerProvider

SENT_AT_MOST = 4  # messages that a `Watched` client reads


class Watched(ScriptedProvider):
    """Tells when it sends each event, and refuses conversations that are too long."""

    def __init__(self, lines: list[Any], log: list[str]) -> None:
        super().__init__(lines)
        self.log = log

    async def complete(self, given: Any, /) -> ChatResponse:
        if len(given.messages) > SENT_AT_MOST:
            raise ContextWindowExceeded("too long", status=400)
        return await super().complete(given)

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        async with aclosing(super().stream(given)) as events:
            async for event in events:
                self.log.append("sent")
                yield event


class Waiting(Watched):
    """Sends one piece of each turn at once; the rest never comes, unless the script has it cut."""

    open = 0
    cut = False
    in_complete: anyio.Event | None = None

    @contextmanager
    def _opened(self, given: Any) -> Iterator[None]:
        if len(given.messages) > SENT_AT_MOST:
            raise ContextWindowExceeded("too long", status=400)
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    async def complete(self, given: Any, /) -> ChatResponse:
        with self._opened(given):
            assert self.in_complete is not None
            self.in_complete.set()
            await anyio.sleep_forever()
        raise AssertionError

    async def stream(self, given: Any, /) -> AsyncGenerator[TurnEvent]:
        with self._opened(given):
            yield TextChunk("one ")
            if self.cut:
                raise StreamTruncated("cut", partial=ChatResponse(Message("model", [Text("one ")])))
            await anyio.sleep_forever()


def noted(log: list[str], name: str) -> Any:
    """Middleware of turns that tells when it begins and ends."""

    async def around(request: ChatRequest, next: NextTurn) -> AsyncGenerator[TurnEvent]:
        log.append(f"{name} in")
        async with aclosing(next(request)) as events:
            async for event in events:
                yield event
        log.append(f"{name} out")

    return around


class Noted(ProviderWrapper[Any]):
    """A client around a client that tells when it begins and ends."""

    log: list[str]
    name: str

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        self.log.append(f"{self.name} in")
        response: ChatResponse = await self.inner.complete(request)
        self.log.append(f"{self.name} out")
        return response

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        self.log.append(f"{self.name} in")
        async with aclosing(self.inner.stream(request)) as events:
            async for event in events:
                yield event
        self.log.append(f"{self.name} out")


def noted_client(log: list[str], name: str) -> Callable[[Any], Any]:
    def around(client: Any) -> Any:
        found = Noted(client)
        found.log, found.name = log, name
        return found

    return around


@dataclass(frozen=True)
class Ready:
    """A middleware: something for `with_middleware`, a client around a client, or the telemetry."""

    name: str
    turns: Callable[[], Any] | None = None
    client: Callable[[Any], Any] | None = None
    shortens: bool = False

    def builder(self, client: Any, log: list[str] | None = None) -> Any:
        """A chat over the client with this middleware, between others that note in `log`."""
        if self.client is not None:
            inner, outer = (
                ([noted_client(log, "inner")], [noted_client(log, "outer")]) if log is not None else ([], [])
            )
            return ChatBuilder().with_model(wrap(client, *outer, self.client, *inner))
        builder: Any = ChatBuilder().with_model(client)
        if log is not None:
            builder = builder.with_middleware(noted(log, "outer"))
        if self.turns is None:
            builder = builder.with_telemetry(tracer_provider=TracerProvider(shutdown_on_exit=False))
        else:
            builder = builder.with_middleware(self.turns())
        return builder if log is None else builder.with_middleware(noted(log, "inner"))

    def conversation(self) -> Messages:
        """A question; for what shortens, at the end of a conversation that is longer than can be sent."""
        messages = Messages()
        for number in range(3 if self.shortens else 0):
            messages.add_user(f"q{number}").append(Message("model", [Text(f"a{number}")]))
        return messages.add_user("Hello")

    def __str__(self) -> str:
        return self.name


PRICES = PriceTable({"scripted": Price(1, 2)})
READY = [
    Ready("log", lambda: ConversationLog(contents=True)),
    Ready("cost", lambda: CostTracker(PRICES)),
    Ready("limits", lambda: Limits(requests=5, tokens=1000, tool_calls=5)),
    Ready("instructions", lambda: DefaultInstructions("Be brief.")),
    Ready("trimming", lambda: Trimming(exchanges=1), shortens=True),
    Ready("compaction", Compaction, shortens=True),
    Ready("telemetry"),
    Ready("cache", client=lambda inner: Cache(MemoryStore()).around(inner)),
    Ready("rate", client=lambda inner: RateLimiter(requests_per_minute=6e6, max_concurrent=1).around(inner)),
    Ready("redaction", client=RedactingProvider),
    Ready("simulated", client=SimulatedStreaming),
]
