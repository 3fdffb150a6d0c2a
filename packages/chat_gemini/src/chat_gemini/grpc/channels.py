"""Connections to servers, and calls that run on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

from chat_core import ConnectionFailed, TimedOut
from chat_core.types.version import VERSION

from chat_gemini.grpc.methods import Call

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message
    from grpc.aio import Channel, UnaryStreamCall, UnaryUnaryCall

    AnyCall: TypeAlias = "UnaryStreamCall[bytes, Message] | UnaryUnaryCall[bytes, Message]"

T = TypeVar("T")


class _Method(Protocol):
    def __call__(self, request: bytes, /, *, metadata: tuple[tuple[str, str], ...]) -> AnyCall: ...


class _Start(Protocol):
    """What a channel has for a kind of method; a request without a serializer is the bytes that are sent."""

    def __call__(self, path: str, /, *, response_deserializer: Callable[[bytes], Message]) -> _Method: ...


class Channels:
    """The connections of one event loop, by server."""

    def __init__(self) -> None:
        self._by_server: dict[str, Channel] = {}

    def to(self, server: str, credentials: Callable[[], grpc.ChannelCredentials], max_bytes: int) -> Channel:
        """Return the connection to a server, such as `https://host`, made now where there is none.

        `credentials` is called for https only.
        """
        if (channel := self._by_server.get(server)) is None:
            self._by_server[server] = channel = _opened(server, credentials, max_bytes)
        return channel

    async def aclose(self) -> None:
        """Close all. What runs on them fails with `ConnectionFailed`."""
        while self._by_server:
            await self._by_server.popitem()[1].close()


class RunningCall:
    """A call that runs. Leaving it unread is ended by `cancel`."""

    def __init__(self, channel: Channel, call: Call, metadata: tuple[tuple[str, str], ...]) -> None:
        method = call.method
        start = cast("_Start", channel.unary_stream if method.streams else channel.unary_unary)
        self._running = start(method.path, response_deserializer=method.response.FromString)(
            call.message, metadata=metadata
        )
        self._streams = method.streams
        self._over = False

    async def read(self) -> Message | None:
        """Return the next message, or None after the last one.

        Raises grpc's `AioRpcError` for any other end, and `ConnectionFailed` where the connection was closed
        on this side.
        """
        if self._over:
            return None
        message = await _unless_closed(self._next())
        self._over = message is None or not self._streams
        return message

    async def headers(self) -> dict[str, str]:
        """Return the headers of the response. They are there once a message or a status has come."""
        received = await _unless_closed(self._running.initial_metadata())
        return {key: value for key, value in received or () if isinstance(value, str)}

    def cancel(self) -> None:
        """End the call, if it runs."""
        self._running.cancel()

    async def _next(self) -> Message | None:
        import grpc

        if not self._streams:
            return await cast("UnaryUnaryCall[bytes, Message]", self._running)
        message = await cast("UnaryStreamCall[bytes, Message]", self._running).read()
        return None if message is grpc.aio.EOF else cast("Message", message)


async def connect(channel: Channel, seconds: float | None) -> None:
    """Wait until a connection is established, or has failed: then the call says why.

    Raises `TimedOut` where neither comes in time.
    """
    from grpc import ChannelConnectivity

    state = channel.get_state(try_to_connect=True)
    try:
        async with asyncio.timeout(seconds):
            while state in (ChannelConnectivity.IDLE, ChannelConnectivity.CONNECTING):
                await channel.wait_for_state_change(state)
                state = channel.get_state(try_to_connect=True)
    except TimeoutError:
        assert seconds is not None
        raise TimedOut("connect", seconds) from None


def _opened(server: str, credentials: Callable[[], grpc.ChannelCredentials], max_bytes: int) -> Channel:
    import grpc

    parts = urlsplit(server)
    options = (
        ("grpc.primary_user_agent", f"chat-core/{VERSION}"),
        ("grpc.max_receive_message_length", max_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.use_local_subchannel_pool", 1),  # else an old connection's wait after a failure is shared
    )
    if parts.scheme == "http":
        return grpc.aio.insecure_channel(parts.netloc, options)
    target = parts.netloc if parts.port is not None else f"{parts.netloc}:443"
    return grpc.aio.secure_channel(target, credentials(), options)


async def _unless_closed(waiting: Awaitable[T]) -> T:
    """Await. grpc raises `CancelledError` in whoever waits when the connection is closed: to the event loop
    that would look as if the task had been cancelled.
    """
    try:
        return await waiting
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            raise ConnectionFailed("the transport was closed while a response was read") from None
        raise
