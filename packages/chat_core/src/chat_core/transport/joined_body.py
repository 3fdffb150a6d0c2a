"""The body of a response over httpcore, with the chunks that arrived together joined.

Each event of a stream is an HTTP chunk of its own on most servers, and each chunk passes through five layers
of httpcore and httpx. Of those that one read has brought, the first one takes the others along.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from operator import attrgetter
from types import ModuleType
from typing import Protocol, cast

import httpcore

_PARTS = ("_receive_response_body", "_receive_event", "_h11_state")  # of httpcore's HTTP/1.1 connection
_NAMES = ("Data", "EndOfMessage", "PAUSED", "RemoteProtocolError")  # of h11, which it reads with
_receive_event = cast("Callable[[object], Callable[..., Awaitable[object]]]", attrgetter("_receive_event"))
_h11_state = cast("Callable[[object], _Machine]", attrgetter("_h11_state"))
_extensions = cast("Callable[[httpcore.Request], Mapping[str, object]]", attrgetter("extensions"))


class _Machine(Protocol):
    def next_event(self) -> object: ...


class _Data(Protocol):
    data: bytes


def join_chunks(connection: httpcore.AsyncConnectionInterface) -> None:
    """Have a connection that is open give chunks joined. One of another make is left as it is."""
    inner = getattr(connection, "_connection", None)
    if inner is None or "_receive_response_body" in vars(inner) or not _has_all(inner, _PARTS):
        return
    machine, receive = _h11_state(inner), _receive_event(inner)
    library = sys.modules.get(type(machine).__module__.partition(".")[0])
    if library is None or not _has_all(library, _NAMES):
        return
    h11 = library

    def body(request: httpcore.Request) -> AsyncGenerator[bytes]:
        timeouts = cast("Mapping[str, float | None]", _extensions(request).get("timeout", {}))
        timeout = timeouts.get("read")
        return _body(machine, lambda: receive(timeout=timeout), h11)

    setattr(inner, _PARTS[0], body)


def _has_all(owner: object, names: tuple[str, ...]) -> bool:
    return all(hasattr(owner, name) for name in names)


async def _body(
    machine: _Machine, receive: Callable[[], Awaitable[object]], h11: ModuleType
) -> AsyncGenerator[bytes]:
    """Yield the body. What `machine` cannot read is raised after the chunks before it, as httpcore does."""
    of_data, of_end = cast("type[object]", h11.Data), cast("type[object]", h11.EndOfMessage)
    ended = False
    while not ended:
        event = await receive()
        chunks: list[bytes] = []
        while isinstance(event, of_data):
            chunks.append(bytes(cast("_Data", event).data))
            try:
                event = machine.next_event()
            except h11.RemoteProtocolError as exc:
                yield b"".join(chunks)
                raise httpcore.RemoteProtocolError(exc) from exc
        if chunks:
            yield b"".join(chunks)
        ended = event is h11.PAUSED or isinstance(event, of_end)
