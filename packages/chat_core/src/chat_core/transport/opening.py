"""The limit for opening a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import anyio
from anyio import CancelScope

from chat_core.types.errors import TimedOut

if TYPE_CHECKING:
    from anyio.abc import AsyncResource

_TICKS = 20


class ConnectLimit:
    """Limits what its `with` block does to `seconds`, until `end()`. Raises `TimedOut`.

    On asyncio the limit is counted in twenty ticks, each begun after the one before: a loop that is busy for
    longer than a tick, with thousands of streams, delays the limit as it delays the connection. So no
    connection fails because it was not its turn; one that nobody answers fails after `seconds` on a loop that
    has time.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._left = _TICKS
        self._scope = CancelScope()
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        if self._seconds is not None:
            loop = _asyncio_loop()
            if loop is None:
                self._scope.deadline = anyio.current_time() + self._seconds
            else:
                self._timer = loop.call_later(self._seconds / _TICKS, self._tick, loop, self._seconds)
        self._scope.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
        self._scope.__exit__(exc_type, exc, traceback)
        if self._scope.cancelled_caught:
            raise TimedOut("connect", self._seconds or 0.0)

    def end(self) -> None:
        """End the limit: the connection is open."""
        self._scope.deadline = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._left -= 1
        if self._left:
            self._timer = loop.call_later(seconds / _TICKS, self._tick, loop, seconds)
        else:
            self._timer = None
            self._scope.cancel()


class Opening:
    """A connection as httpcore opens it: httpx limits each step, but neither all of them nor the wait for a
    proxy's reply.

    A connection that was cancelled in its TLS handshake is closed here, since httpcore forgets it.
    """

    def __init__(self, connect: float | None) -> None:
        self.limit: ConnectLimit = ConnectLimit(connect)
        self._stream: AsyncResource | None = None

    async def trace(self, step: str, info: Mapping[str, object]) -> None:
        """Follow the steps that httpcore reports."""
        if step == "connection.connect_tcp.complete":
            self._stream = cast("AsyncResource", info["return_value"])
        elif step == "http11.send_request_headers.started" and not _is_connect(info["request"]):
            self.limit.end()
            self._stream = None

    async def close(self) -> None:
        """Close the connection, unless the request was sent on it."""
        if self._stream is not None:
            with CancelScope(shield=True):
                await self._stream.aclose()


def _is_connect(request: object) -> bool:
    """Return whether httpcore's request asks a proxy for a tunnel."""
    return getattr(request, "method", b"") == b"CONNECT"


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # trio runs
        return None
