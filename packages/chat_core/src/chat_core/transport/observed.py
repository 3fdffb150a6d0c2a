"""A transport around a transport that reports the status and the headers of each response."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias

from chat_core.transport import EventStream, Request, Response, Transport

Observe: TypeAlias = Callable[[int, Mapping[str, str]], object]
"""Takes the status and the headers of a response. What it raises comes through."""


class ObservedTransport:
    """Sends over another transport: `ObservedTransport(HttpTransport(), limiter.observe)`."""

    def __init__(self, inner: Transport, observe: Observe) -> None:
        self._inner = inner
        self._observe = observe

    async def send(self, request: Request, /) -> Response:
        """Return the response, whole. Raises what the transport within raises."""
        response = await self._inner.send(request)
        self._observe(response.status, response.headers)
        return response

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Yield the response as events. Raises what the transport within raises."""
        async with self._inner.stream(request) as response:
            self._observe(response.status, response.headers)
            yield response

    async def aclose(self) -> None:
        """Close the transport within."""
        await self._inner.aclose()
