"""Servers to talk to: the official SDK's over HTTP and as a process, and scripted ones."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chat_core import Request, Response
from chat_core.transport import EventStream, bursts_from_bytes

HERE = Path(__file__).parent
OFFICIAL = HERE / "official_server.py"
SCRIPTED = HERE / "scripted_process.py"


class OfficialHttp:
    """The official server over HTTP, in a thread. `stop` hangs up on whoever is connected."""

    def __init__(self, port: int = 0) -> None:
        import official_server
        import uvicorn

        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self._listener = listener

        def make_app() -> Any:  # in the thread: its locks belong to the loop there
            return official_server.make_server().streamable_http_app()

        config = uvicorn.Config(
            make_app, factory=True, log_level="critical", ws="none", timeout_graceful_shutdown=0
        )
        started = threading.Event()

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                started.set()

        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        assert started.wait(20)

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)
        self._listener.close()


class ScriptedHttp:
    """A transport whose server is a function of a message: it returns messages, or a whole response.

    `messages` are what was sent, `requests` the requests that it came in.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], Any]) -> None:
        self.answer = answer
        self.requests: list[Request] = []
        self.messages: list[dict[str, Any]] = []
        self.closed = 0

    @property
    def methods(self) -> list[str]:
        return [message.get("method", "an answer") for message in self.messages]

    async def send(self, request: Request, /) -> Response:
        return self._answered(request)

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        yield _Stream(self._answered(request))

    async def aclose(self) -> None:
        self.closed += 1

    def _answered(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method == "DELETE":
            return Response(200, {}, b"")
        message = json.loads(request.body)
        self.messages.append(message)
        given = self.answer(message)
        match given:
            case Response():
                return given
            case None:
                return Response(202, {}, b"")
            case list():
                lines = [item if isinstance(item, str) else json.dumps(item) for item in given]
                body = "".join(f"event: message\ndata: {line}\n\n" for line in lines)
                return Response(200, {"content-type": "text/event-stream"}, body.encode())
            case _:
                return Response(200, {"content-type": "application/json"}, json.dumps(given).encode())


class _Stream:
    def __init__(self, response: Response) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.body
        self.ok = response.ok

    async def read(self) -> bytes:
        return self.body

    def bursts(self) -> AsyncGenerator[Any]:
        async def chunks() -> AsyncGenerator[bytes]:
            yield self.body

        content_type = self.headers.get("content-type", "application/json")
        return bursts_from_bytes(chunks(), content_type=content_type, max_bytes=10_000_000)


def result(message: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message["id"], "result": dict(value)}


def error(message: Mapping[str, Any], code: int, text: str, data: Any = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": text, "data": data}}


DISCOVERED = {
    "supportedVersions": ["2026-07-28"],
    "capabilities": {"tools": {}},
    "resultType": "complete",
    "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "scripted", "version": "7"}},
}


def modern(
    tools: list[dict[str, Any]], call: Callable[[dict[str, Any]], Any] | None = None, **page: Any
) -> Callable[[dict[str, Any]], Any]:
    """A server of 2026-07-28 with these tools."""

    def answer(message: dict[str, Any]) -> Any:
        match message["method"]:
            case "server/discover":
                return result(message, DISCOVERED)
            case "tools/list":
                return result(message, {"tools": tools, **page})
            case "tools/call":
                assert call is not None
                return call(message)
            case _:
                return None

    return answer


def one_tool(name: str = "look", **more: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"item": {"type": "string"}}, "required": ["item"]}
    return {"name": name, "description": "Look.", "inputSchema": schema, **more}


def python(script: Path, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(script), *arguments)
