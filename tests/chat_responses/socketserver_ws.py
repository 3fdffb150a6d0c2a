"""A server of the Responses wire over WebSockets, in threads, that does what a test tells it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve


@dataclass
class Connection:
    """One connection that a client opened: the frames that came over it."""

    server: SocketServer
    socket: ServerConnection
    headers: dict[str, str]
    path: str
    frames: list[dict[str, Any]] = field(default_factory=list)

    def send(self, *frames: object) -> None:
        for frame in frames:
            self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def kill(self) -> None:
        """Hang up without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)


Answering = Callable[[Connection, dict[str, Any]], None]


class SocketServer:
    """Answers each frame with `answering(connection, frame)`; a handshake with `refusal` where there is
    one.
    """

    def __init__(self, answering: Answering, refusal: tuple[int, bytes] | None = None) -> None:
        self._answering = answering
        self._refusal = refusal
        self.connections: list[Connection] = []
        self.refused = 0
        self.lock = threading.Lock()
        self.url = ""

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [frame for connection in self.connections for frame in connection.frames]

    def handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        headers = {name.lower(): value for name, value in socket.request.headers.raw_items()}
        connection = Connection(self, socket, headers, socket.request.path)
        with self.lock:
            self.connections.append(connection)
        try:
            for text in socket:
                frame = json.loads(text)
                connection.frames.append(frame)
                self._answering(connection, frame)
        except ConnectionClosed:
            pass

    def refuse(self, socket: ServerConnection, request: Request) -> Response | None:
        if self._refusal is None:
            return None
        self.refused += 1
        status, body = self._refusal
        response = socket.respond(HTTPStatus(status), "")
        headers = response.headers
        del headers["content-length"]
        headers["content-length"] = str(len(body))
        headers["x-request-id"] = "req_1"
        return Response(status, response.reason_phrase, headers, body)


@contextmanager
def socket_server(answering: Answering, refusal: tuple[int, bytes] | None = None) -> Iterator[SocketServer]:
    made = SocketServer(answering, refusal)
    with serve(
        made.handle, "127.0.0.1", 0, process_request=made.refuse, compression=None, close_timeout=0.1
    ) as server:
        made.url = f"http://127.0.0.1:{server.socket.getsockname()[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def turn(id: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a turn with these items."""
    head = {"id": id, "model": "m", "status": "in_progress", "output": []}
    events = [event("created", response=head), event("in_progress", response=head)]
    for index, item in enumerate(items):
        events.append(
            event("output_item.added", output_index=index, item={**item, "content": [], "arguments": ""})
        )
        if item["type"] == "message":
            pieces: Sequence[str] = item["content"][0]["text"]
            events += [
                event("output_text.delta", output_index=index, content_index=0, delta=piece)
                for piece in pieces
            ]
        else:
            events.append(event("function_call_arguments.delta", output_index=index, delta=item["arguments"]))
        events.append(event("output_item.done", output_index=index, item=item))
    return [*events, event("completed", response={**head, "status": "completed", "output": list(items)})]


def said(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "type": "message",
        "id": f"msg_{text}",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }


def called(number: int) -> dict[str, Any]:
    arguments = json.dumps({"number": number})
    return {
        "type": "function_call",
        "id": f"fc_{number}",
        "call_id": f"call_{number}",
        "name": "note",
        "arguments": arguments,
    }
