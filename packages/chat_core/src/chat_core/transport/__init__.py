"""The seam between providers and the network: what a provider asks for, and what a transport answers.

Third parties write transports. A transport returns any status rather than raising; it raises `ConnectionFailed` when no answer
comes, `TimedOut("connect", seconds)` when no connection does, and `InvalidResponse` when the bytes are no HTTP or no event stream.
`stream` holds no cancel scope, and so no task group, across its yield. `chat_core.transport.sse.events_of` makes events of bytes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The four time limits of one model request, in seconds; None is no limit.

    `connect`: until a connection stands. `first_event`: from the request to the first content, or to the whole answer where
    it is not streamed. `idle`: between two content events; pings do not count. `total`: all of it.
    """

    connect: float | None = 10.0
    first_event: float | None = 300.0
    idle: float | None = 120.0
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. `headers` carry the secrets, so no repr shows them. Transports heed `timeouts.connect` alone."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    timeouts: Timeouts = Timeouts()


@dataclass(frozen=True, slots=True)
class Response:
    """One whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Event(NamedTuple):
    """One event of a stream. `type` is the SSE event name ("message" by default), or "body" for a plain JSON document, then in
    `data`: the whole answer, where the server does not stream, or an error that some put among their events."""

    type: str
    data: str


class EventStream(Protocol):
    """An answer whose body arrives in pieces: iterate it for events, or read() it whole, once.

    One that can tell which events arrived together may have `bursts() -> AsyncGenerator[Sequence[Event]]` too; it is then read by
    that.
    """

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Header names are lower case."""
        ...

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        ...

    async def read(self) -> bytes:
        """The whole body, for answers that are no event stream."""
        ...

    def __aiter__(self) -> AsyncGenerator[Event]:
        """The events, until the bytes end. A cut connection ends in `ConnectionFailed`."""
        ...


class Transport(Protocol):
    """What carries requests. One transport serves many requests at once, and one event loop after another."""

    async def send(self, request: Request, /) -> Response:
        """Send, and read the whole answer, whatever its status."""
        ...

    def stream(self, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        """Send, and hand over the answer as it arrives. Leaving the context frees the connection at once."""
        ...

    async def aclose(self) -> None:
        """Close what is open on the running event loop. The transport can be used again afterwards."""
        ...
