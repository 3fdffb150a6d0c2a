"""A gRPC server of Gemini's methods on loopback, which answers what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import anyio
import grpc
from chat_gemini.grpc.methods import Method, methods
from google.protobuf.json_format import MessageToDict, ParseDict


@dataclass
class Status:
    """An end with an error."""

    code: grpc.StatusCode
    text: str
    metadata: tuple[tuple[str, str | bytes], ...] = ()


class Cut:
    """An end without a status: the server breaks the connection."""


class Stall:
    """No more for as long as the client stays."""


class Asked(NamedTuple):
    """What came in one call."""

    path: str
    body: dict[str, Any]
    metadata: dict[str, str | bytes]


@dataclass
class Answering:
    """The server's side: what it sends, and what it saw."""

    answers: Sequence[object]
    requests: list[Asked] = field(default_factory=list)
    left: anyio.Event = field(default_factory=anyio.Event)
    address: str = ""
    server: Any = None
    stopping: asyncio.Future[None] | None = None

    def service(self, details: Any) -> Any:
        for method in methods().values():
            if details.method == method.path:
                return self._handler(method)
        return None

    def _handler(self, method: Method) -> Any:
        async def stream(request: Any, context: Any) -> AsyncGenerator[Any]:
            metadata = dict(context.invocation_metadata())
            self.requests.append(Asked(method.path, MessageToDict(request), metadata))
            await context.send_initial_metadata((("x-request-id", "req-1"),))
            for answer in self.answers:
                match answer:
                    case Status(code, text, trailing):
                        context.set_trailing_metadata(trailing)
                        await context.abort(code, text)
                    case Cut():
                        self.stopping = asyncio.ensure_future(self.server.stop(0))
                        await anyio.sleep_forever()
                    case Stall():
                        try:
                            await anyio.sleep_forever()
                        finally:
                            self.left.set()
                    case bytes():
                        yield method.response.FromString(answer)
                    case _:
                        yield ParseDict(answer, method.response(), ignore_unknown_fields=True)

        async def whole(request: Any, context: Any) -> Any:
            async for answer in stream(request, context):
                return answer
            raise AssertionError("an answer is missing")

        read, write = method.request.FromString, method.response.SerializeToString
        if method.streams:
            return grpc.unary_stream_rpc_method_handler(stream, read, write)
        return grpc.unary_unary_rpc_method_handler(whole, read, write)


@asynccontextmanager
async def answering(*answers: object, credentials: Any = None) -> AsyncGenerator[Answering]:
    """A server whose every call is answered with these, in this order: JSON of messages, or an end."""
    told = Answering(answers)
    server = grpc.aio.server()
    told.server = server
    server.add_generic_rpc_handlers((told,))
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    told.address = f"{'http' if credentials is None else 'https'}://127.0.0.1:{port}"
    try:
        yield told
    finally:
        await (told.stopping or server.stop(None))
