"""A server of Chat Completions over a real socket, on the loop of the test, that stops within a stream."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import SocketAttribute, SocketStream

Frames = Sequence[dict[str, Any] | str]


@dataclass
class HeldServer:
    """Answers the n-th request with the frames that `script` returns for it.

    Of the first answer only `hold_at` frames go out: then `held` is set, and the server waits until the
    client has closed the connection, which sets `closed`.
    """

    script: Callable[[dict[str, Any]], Frames]
    hold_at: int | None = None
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    held: anyio.Event = field(default_factory=anyio.Event)
    closed: anyio.Event = field(default_factory=anyio.Event)

    async def serve(self, socket: SocketStream) -> None:
        async with socket:
            with suppress(anyio.BrokenResourceError):  # the client has left
                await self._answer_all(socket)

    async def _answer_all(self, socket: SocketStream) -> None:
        while (body := await _request(socket)) is not None:
            self.bodies.append(body)
            await socket.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
            await socket.send(b"transfer-encoding: chunked\r\n\r\n")
            frames = list(self.script(body))
            is_held = self.hold_at is not None and len(self.bodies) == 1
            for frame in frames[: self.hold_at] if is_held else frames:
                await _send(socket, frame)
            if is_held:
                self.held.set()
                assert await _end(socket)
                self.closed.set()
                return
            await socket.send(b"0\r\n\r\n")


@asynccontextmanager
async def held_server(
    script: Callable[[dict[str, Any]], Frames], hold_at: int | None = None
) -> AsyncGenerator[HeldServer]:
    server = HeldServer(script, hold_at)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/v1"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.serve)
        yield server
        tasks.cancel_scope.cancel()


async def _request(socket: SocketStream) -> dict[str, Any] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            data += await socket.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    while len(body) < length:
        body += await socket.receive()
    return dict(json.loads(body))


async def _send(socket: SocketStream, frame: dict[str, Any] | str) -> None:
    data = f"data: {frame if isinstance(frame, str) else json.dumps(frame)}\n\n".encode()
    await socket.send(b"%x\r\n%s\r\n" % (len(data), data))


async def _end(socket: SocketStream) -> bool:
    try:
        await socket.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return True
    return False


def text_frames(text: str) -> list[dict[str, Any] | str]:
    """Return the frames of a turn of text, a word in each."""
    words = [text[at : at + 6] for at in range(0, len(text), 6)]
    return [_delta(content=word) for word in words] + [_end_of("stop"), "[DONE]"]


def call_frames(text: str, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any] | str]:
    """Return the frames of a turn that calls tools, the arguments in two pieces."""
    frames: list[dict[str, Any] | str] = [_delta(content=text)] if text else []
    for index, (name, arguments) in enumerate(calls):
        written = json.dumps(arguments)
        head = {"index": index, "id": f"call_{name}_{index}", "type": "function"}
        frames.append(_delta(tool_calls=[{**head, "function": {"name": name, "arguments": written[:4]}}]))
        frames.append(_delta(tool_calls=[{"index": index, "function": {"arguments": written[4:]}}]))
    return [*frames, _end_of("tool_calls"), "[DONE]"]


def _delta(**delta: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def _end_of(reason: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": usage}
