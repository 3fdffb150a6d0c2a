"""Tapes of the Responses wire played over a WebSocket: the transport's own side of it, without a network."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any, cast

from chat_core import ConnectionFailed, Event, Request, Response
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.transport.socket_pool import SocketPool
from chat_responses import WebSocketTransport


def over_websocket(tape: WatchedTransport) -> WebSocketTransport:
    """Return a transport whose sockets play a tape, one response for each turn."""
    transport = WebSocketTransport(http=tape)
    transport._pool = cast("SocketPool", PlayedPool(tape))
    return transport


class PlayedPool:
    """Opens a socket for each turn. A response that is not 2xx refuses its handshake."""

    def __init__(self, tape: WatchedTransport) -> None:
        self._tape = tape

    async def take(self, request: Request, remembers: str) -> PlayedSocket | Response:
        """Return a socket, or the response to its handshake."""
        stack = AsyncExitStack()
        stream = await stack.enter_async_context(self._tape.stream(request))
        if not stream.ok:
            async with stack:
                return Response(stream.status, stream.headers, await stream.read())
        events = await stack.enter_async_context(aclosing(_events(stream)))
        return PlayedSocket(self._tape, stack, events)

    async def give_back(self, request: Request, socket: PlayedSocket) -> None:
        """Close the socket: the next turn has a tape of its own."""
        await socket.aclose()

    async def aclose(self) -> None:
        """Nothing is kept."""
        await self._tape.aclose()


class PlayedSocket:
    """The messages of one turn."""

    buffered = False

    def __init__(self, tape: WatchedTransport, stack: AsyncExitStack, events: AsyncGenerator[Event]) -> None:
        self.memory: set[str] = set()
        self._tape, self._stack, self._events = tape, stack, events

    async def send(self, message: str) -> None:
        """Note what is sent in the place of the body."""
        self._tape.requests[-1] = replace(self._tape.requests[-1], body=message.encode())

    async def receive(self) -> str:
        """Return the next message."""
        async for event in self._events:
            return _message(event)
        raise ConnectionFailed("the server closed the connection")

    async def aclose(self) -> None:
        """Leave the tape."""
        await self._stack.aclose()


async def _events(stream: Any) -> AsyncGenerator[Event]:
    async with aclosing(stream.bursts()) as bursts:
        async for burst in bursts:
            for event in burst:
                yield event


def _message(event: Event) -> str:
    """Return an event as a message; a whole response as the one that ends its turn."""
    if event.type != "body":
        return event.data
    try:
        whole = json.loads(event.data)
    except ValueError:
        return event.data
    if not isinstance(whole, dict) or "output" not in whole:
        return event.data
    return json.dumps({"type": f"response.{whole.get('status')}", "response": whole}, ensure_ascii=False)
