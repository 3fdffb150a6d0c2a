"""`GrpcTransport`: requests to the Gemini API over gRPC, by grpcio."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote
from weakref import WeakKeyDictionary, finalize

from chat_core import ConfigurationError
from chat_core.transport import Event, EventStream, HttpTransport, Request, Response, Transport
from chat_core.transport.event_loops import EventLoop, running_loop
from chat_core.transport.http_request import check_headers, server_of
from chat_core.transport.tls import public_trust
from chat_core.types.short_repr import Shown, Values

from chat_gemini.grpc.channels import Channels, RunningCall, connect
from chat_gemini.grpc.methods import Call, as_call, as_json, methods
from chat_gemini.grpc.status import body_of, is_local, local_failure, status_of

if TYPE_CHECKING:
    import grpc
    from google.protobuf.message import Message
    from grpc.aio import AioRpcError, Channel

_JSON = {"content-type": "application/json"}
_OF_HTTP = frozenset(("accept", "accept-encoding", "connection", "content-type", "host", "user-agent"))


class GrpcTransport(Shown):
    """Requests for content, embeddings and token counts go over gRPC, all others over HTTP.

    On asyncio only. Needs `pip install 'chat-gemini[grpc]'`. One connection per event loop and server
    carries all calls; it is closed by `aclose()` or when the loop ends. `http` carries what goes over HTTP,
    by default a new `HttpTransport`. `credentials` are grpc's own, for a client certificate for example; by
    default a server is trusted that `HttpTransport` would trust. A message of more than `max_bytes` is
    refused with `InvalidResponse`. What Google's gRPC messages have no field for is refused with
    `ConfigurationError` before anything is sent. Raises `ConfigurationError` where grpcio is not installed.
    """

    def __init__(
        self,
        *,
        http: Transport | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        methods()  # here, not in the middle of a request: loading them takes a second
        self._http = http or HttpTransport()
        self._credentials = credentials
        self._max_bytes = max_bytes
        self._by_loop: WeakKeyDictionary[EventLoop, Channels] = WeakKeyDictionary()
        finalize(self, _close_dropped, self._by_loop).atexit = False

    def _shown(self) -> Values:
        yield "http", self._http

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response, whatever its status."""
        call = as_call(request.url, request.body)
        if call is None:
            return await self._http.send(request)
        async with self._started(request, call) as stream:
            return Response(stream.status, stream.headers, await stream.read())

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives. Leaving before its end cancels the call.

        Raises `TimedOut` where no connection is established in time.
        """
        call = as_call(request.url, request.body)
        if call is None:
            async with self._http.stream(request) as over_http:
                yield over_http
        else:
            async with self._started(request, call) as over_grpc:
                yield over_grpc

    @asynccontextmanager
    async def _started(self, request: Request, call: Call) -> AsyncGenerator[GrpcStream]:
        metadata = _metadata(request, call)
        server = server_of(request.url)
        channel = await self._channel(server)
        await connect(channel, request.timeouts.connect)
        running = RunningCall(channel, call, metadata)
        try:
            yield await GrpcStream.begun(running, server)
        finally:
            running.cancel()

    async def aclose(self) -> None:
        """Close the connections of the running event loop. The transport can be used again afterwards."""
        channels = self._by_loop.pop(running_loop(), None)
        try:
            if channels is not None:
                await channels.aclose()
        finally:
            await self._http.aclose()

    async def _channel(self, server: str) -> Channel:
        loop = running_loop()
        channels = self._by_loop.get(loop)
        if channels is None:
            _check_asyncio()
            self._by_loop[loop] = channels = Channels()
            await loop.close_at_end(channels)
        return channels.to(server, self._trusted, self._max_bytes)

    def _trusted(self) -> grpc.ChannelCredentials:
        """Return the credentials given, or those that trust what HTTP trusts, such as `SSL_CERT_FILE`."""
        if self._credentials is None:
            import grpc

            trusted = public_trust().get_ca_certs(binary_form=True)
            pem = "".join(map(ssl.DER_cert_to_PEM_cert, trusted)).encode()
            self._credentials = grpc.ssl_channel_credentials(pem or None)
        return self._credentials


class GrpcStream:
    """The response to one call, as `chat_core.transport.EventStream` describes it."""

    def __init__(
        self, running: RunningCall, server: str, first: Message | None, refusal: AioRpcError | None = None
    ) -> None:
        self._running = running
        self._server = server
        self._first = first
        self._refusal = refusal
        self.status: int = 200 if refusal is None else status_of(refusal)
        self.headers: Mapping[str, str] = _JSON

    @staticmethod
    async def begun(running: RunningCall, server: str) -> GrpcStream:
        """Return the response when its first message is here: in gRPC a status comes last."""
        from grpc.aio import AioRpcError

        try:
            stream = GrpcStream(running, server, await running.read())
        except AioRpcError as error:
            if is_local(error):
                raise local_failure(error, server, began=False) from None
            stream = GrpcStream(running, server, None, error)
        stream.headers = _JSON | await running.headers()
        return stream

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self._refusal is None

    async def read(self) -> bytes:
        """Return the error, or the messages: one as an object, several as a list."""
        if self._refusal is not None:
            return body_of(self._refusal)
        messages = [event.data async for burst in self.bursts() for event in burst]
        return (messages[0] if len(messages) == 1 else f"[{','.join(messages)}]").encode()

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        """Yield each message as an event, and the error with which the server ends them, as over HTTP.

        Raises `ConnectionFailed` where the connection is lost.
        """
        from grpc.aio import AioRpcError

        message = self._first
        try:
            while message is not None:
                yield (Event("message", json.dumps(as_json(message), ensure_ascii=False)),)
                message = await self._running.read()
        except AioRpcError as error:
            if is_local(error):
                raise local_failure(error, self._server, began=True) from None
            yield (Event("message", body_of(error).decode()),)


def _metadata(request: Request, call: Call) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request as a call's metadata.

    Raises `ConfigurationError` for headers that gRPC has no room for.
    """
    check_headers(request)
    sent = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _OF_HTTP}
    for name in sent:
        if name.startswith("grpc-") or name.endswith("-bin"):
            raise ConfigurationError(
                f"header {name!r} cannot be sent over gRPC: names with grpc- and -bin have a meaning"
            )
    return (*sent.items(), ("x-goog-request-params", f"model={quote(call.model, safe='/')}"))


def _check_asyncio() -> None:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ConfigurationError("GrpcTransport runs on asyncio only: use HttpTransport on trio") from None


def _close_dropped(by_loop: WeakKeyDictionary[EventLoop, Channels]) -> None:
    """Close the connections of a transport that was garbage-collected."""
    for loop, channels in list(by_loop.items()):
        loop.drop(channels)
