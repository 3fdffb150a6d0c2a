"""The seam between providers and the network: what a transport is given, and what it returns.

Third parties write transports. A transport returns every status and raises none; it raises `ConnectionFailed`
when no response comes or the connection is cut, `TimedOut("connect", seconds)` when no connection is
established in time, and `InvalidResponse` when the bytes are neither HTTP nor an event stream. `stream` holds
no cancel scope, and so no task group, across its yield.

A transport that opens WebSockets too is a `DuplexTransport`: its `connect` returns a `Socket`.

`bursts_from_bytes` makes events of the bytes of a body, `bursts_from_events` serves a source of single
events, and `events_from_bursts` is its opposite.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from chat_core.types.errors import ConfigurationError
from chat_core.types.lazy_names import lazy_names
from chat_core.types.misuse import kind_of
from chat_core.types.short_repr import ShortRepr
from chat_core.types.slot_setters import slot_setters

if TYPE_CHECKING:
    from chat_core.transport.aiohttp import AioHttpTransport
    from chat_core.transport.bursts import bursts_from_events, events_from_bursts
    from chat_core.transport.default import set_default_transport
    from chat_core.transport.fetch import FetchTransport
    from chat_core.transport.http import HttpTransport
    from chat_core.transport.sse import bursts_from_bytes

__all__ = [
    "AioHttpTransport",
    "DuplexTransport",
    "Event",
    "EventStream",
    "FetchTransport",
    "HandshakeRefused",
    "HttpTransport",
    "Request",
    "Response",
    "Socket",
    "Timeouts",
    "Transport",
    "bursts_from_bytes",
    "bursts_from_events",
    "events_from_bursts",
    "set_default_transport",
]


@dataclass(frozen=True, slots=True, repr=False)
class Timeouts(ShortRepr):
    """The four time limits of one model request, in seconds; None is no limit.

    `connect`: until a connection is established. `first_event`: from the request to the first event, or to
    the whole response where it is not streamed. `idle`: between two events; pings and keep-alives are no
    events. `total`: all of it. Raises `ConfigurationError` for what is no number, or a negative one.
    """

    connect: float | None = 10.0
    first_event: float | None = 300.0
    idle: float | None = 120.0
    total: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "first_event", "idle", "total"):
            seconds: object = getattr(self, name)
            if seconds is None:
                continue
            if isinstance(seconds, bool) or not isinstance(seconds, int | float):
                raise ConfigurationError(
                    f"the time limit {name} is a number of seconds, not {kind_of(seconds)}"
                )
            if not seconds >= 0:
                raise ConfigurationError(f"the time limit {name}={seconds} is at least 0; None is no limit")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `headers` carry the secrets, so no repr shows them. A transport enforces `timeouts.connect` alone.
    `reads_as` is the content type that a streamed response is read as, for servers that send a vaguer one.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    timeouts: Timeouts = Timeouts()
    reads_as: str | None = None

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeouts: Timeouts = Timeouts(),
        reads_as: str | None = None,
    ) -> None:
        _set_method(self, method)
        _set_url(self, url)
        _set_headers(self, {} if headers is None else headers)
        _set_body(self, body)
        _set_timeouts(self, timeouts)
        _set_reads_as(self, reads_as)


_set_method, _set_url, _set_headers, _set_body, _set_timeouts, _set_reads_as = slot_setters(Request)


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Event(NamedTuple):
    """One event of a stream.

    `type` is the SSE event name ("message" by default), or "body" for a plain JSON document, which is then
    the `data`: the whole response, where the server does not stream, or an error that some servers put among
    their events.
    """

    type: str
    data: str


class EventStream(Protocol):
    """A response whose body arrives in pieces: iterate `bursts()` for its events, or `read()` it whole,
    once.
    """

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, their names in lower case."""
        ...

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        ...

    async def read(self) -> bytes:
        """Return the whole body, for responses that are no event stream."""
        ...

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        """Yield the events until the bytes end, those together that arrived together. A burst may be empty,
        after a comment for example. Raises `ConnectionFailed` where the connection is cut. Iterated once.
        """
        ...


class Transport(Protocol):
    """What carries requests. One transport serves many requests at once, and one event loop after another."""

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response, whatever its status."""
        ...

    def stream(self, request: Request, /) -> AbstractAsyncContextManager[EventStream]:
        """Send the request and give the response as it arrives.

        Leaving the context frees the connection at once.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open on the running event loop. The transport can be used again afterwards."""
        ...


class Socket(Protocol):
    """A WebSocket: messages both ways, texts and bytes.

    One task may receive while others send. Pings of the server are answered while somebody receives; none are
    sent, so that a server that is slow to answer them loses no session.
    """

    @property
    def close_code(self) -> int | None:
        """The code that the other side closed with; None while it is open, and where no code came."""
        ...

    @property
    def close_reason(self) -> str:
        """What the other side gave as the reason to close, or an empty text."""
        ...

    async def send(self, message: str | bytes, /) -> None:
        """Send one message: a text, or bytes as a binary message.

        Raises `ConnectionFailed` where the connection has ended; nobody knows then whether it arrived.
        """
        ...

    async def receive(self) -> str | bytes:
        """Return the next message: a `str` where it came as text, `bytes` where it came as binary.

        Raises `ConnectionFailed` at any end of the connection, a close with code 1000 or 1001 included, and
        `InvalidResponse` for a message that is too large. Cancelling it loses no message.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection. The other side's reply is not waited for."""
        ...


class HandshakeRefused(Exception):
    """A server answered the handshake of a WebSocket with another status than 101: `response` is its answer.

    Clients make the provider's error of it, as of any response that is not 2xx.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(f"the server answered the handshake with status {response.status}")
        self.response = response


@runtime_checkable
class DuplexTransport(Transport, Protocol):
    """A transport that opens WebSockets too."""

    async def connect(self, request: Request, /) -> Socket:
        """Open a WebSocket at the request's URL (http means ws, https means wss), with its headers.

        Raises `HandshakeRefused` for any status but 101, and `ConnectionFailed` or `TimedOut` where no
        connection comes about.
        """
        ...


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.transport.aiohttp": "AioHttpTransport",
            "chat_core.transport.bursts": "bursts_from_events events_from_bursts",
            "chat_core.transport.default": "set_default_transport",
            "chat_core.transport.fetch": "FetchTransport",
            "chat_core.transport.http": "HttpTransport",
            "chat_core.transport.sse": "bursts_from_bytes",
        },
    )
