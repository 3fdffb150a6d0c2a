"""Tapes of Gemini's wire played over gRPC: a server on loopback for each request, which plays the tape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import anyio
import grpc
from chat_core import ConnectionFailed
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.transport import EventStream, Request, Response
from chat_gemini.grpc import GrpcTransport
from chat_gemini.grpc.methods import Method, methods
from google.protobuf.json_format import MessageToDict, ParseDict

_CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


class OverGrpc:
    """Sends each request by a `GrpcTransport` to a server that plays the tape for it."""

    def __init__(self, tape: WatchedTransport) -> None:
        self._tape = tape

    async def send(self, request: Request, /) -> Response:
        """Send the request, and return the whole response."""
        async with self._served(request) as (transport, moved):
            return await transport.send(moved)

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request, and give the response as it arrives."""
        async with self._served(request) as (transport, moved), transport.stream(moved) as stream:
            yield stream

    async def aclose(self) -> None:
        """Nothing is kept."""
        await self._tape.aclose()

    @asynccontextmanager
    async def _served(self, request: Request) -> AsyncGenerator[tuple[GrpcTransport, Request]]:
        server = grpc.aio.server()
        service = _Service(self._tape, request, server)
        server.add_generic_rpc_handlers((service,))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        url = urlunsplit(urlsplit(request.url)._replace(scheme="http", netloc=f"127.0.0.1:{port}"))
        async with AsyncExitStack() as stack:
            stack.push_async_callback(service.stop)
            transport = GrpcTransport()
            stack.push_async_callback(transport.aclose)
            yield transport, replace(request, url=url)


class _Service(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types here
    """Plays a tape for one request."""

    def __init__(self, tape: WatchedTransport, request: Request, server: Any) -> None:
        self._tape, self._request, self._server = tape, request, server
        self._stopping: asyncio.Future[None] | None = None

    async def stop(self) -> None:
        """Stop the server, where no lost connection has done so."""
        await (self._stopping or self._server.stop(None))

    def service(self, handler_call_details: Any) -> Any:
        """Return what answers a method."""
        for method in methods().values():
            if handler_call_details.method == method.path:
                return self._handler(method)
        return None

    def _handler(self, method: Method) -> Any:
        async def stream(message: Any, context: Any) -> AsyncGenerator[Any]:
            try:
                async with aclosing(self._answers(method, message, context)) as answers:
                    async for answer in answers:
                        yield answer
            except ConnectionFailed:
                self._stopping = asyncio.ensure_future(self._server.stop(0))
                await anyio.sleep_forever()

        async def whole(message: Any, context: Any) -> Any:
            async for answer in stream(message, context):
                return answer
            return method.response()

        read, write = method.request.FromString, method.response.SerializeToString
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(stream, read, write)
        return grpc.unary_unary_rpc_method_handler(whole, read, write)

    async def _answers(self, method: Method, message: Any, context: Any) -> AsyncGenerator[Any]:
        headers = {name: str(value) for name, value in context.invocation_metadata()}
        body = json.dumps(MessageToDict(message), ensure_ascii=False).encode()
        played = replace(self._request, headers=headers, body=body)
        async with self._tape.stream(played) as response:
            if not response.ok:
                code = _CODES.get(response.status, grpc.StatusCode.INTERNAL)
                await context.abort(code, _text_of(await response.read()))
            async with aclosing(response.bursts()) as bursts:
                async for burst in bursts:
                    for event in burst:
                        if (answer := await _message(method, event.data, context)) is None:
                            return
                        yield answer


async def _message(method: Method, data: str, context: Any) -> Any:
    """Return an event as a message, or end the call with the error that it is; None for half a message,
    which never arrives over gRPC.
    """
    try:
        found = json.loads(data)
    except ValueError:
        return None
    if "error" in found:
        await context.abort(grpc.StatusCode.INTERNAL, str(found["error"].get("message")))
    return ParseDict(found, method.response(), ignore_unknown_fields=True)


def _text_of(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")
