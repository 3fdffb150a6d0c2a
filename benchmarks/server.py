"""A server on loopback that costs less than any client: every answer is made before the first request.

The first part of the path names the scenario and the rest the wire (`/paced/v1/chat/completions`), so no
request body is parsed.
"""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import wires
from benchmarks.answers import (
    ANSWER,
    CALLS,
    PIECES,
    REPORT,
    SHORT_PIECES,
    TINY_ANSWER,
    TINY_PIECES,
    VECTORS,
)

CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
WIRES = {
    b"/chat/completions": "chat",
    b"/responses": "responses",
    b"/messages": "claude",
    b"enerateContent": "gemini",
    b"/api/chat": "ollama",
    b"/embeddings": "embeddings",
}
PACE = {"paced": 0.001, "first": 0.002, "concurrent": 0.010, "many": 0.050}
"""Seconds between the events of a stream that does not come in one burst."""


async def main() -> None:
    """Serve until killed. The port is the only line printed."""
    whole, streams = whole_answers(), streamed_answers()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(whole, streams), "127.0.0.1", 0, backlog=4096
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Connection(asyncio.Protocol):
    """One kept-alive connection, answering one request after the other."""

    def __init__(self, whole: Mapping[str, bytes], streams: Mapping[str, Sequence[bytes]]) -> None:
        self.whole = whole
        self.streams = streams
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while request := self.take_request():
            self.answer(*request)

    def take_request(self) -> tuple[str, str, bytes] | None:
        """The scenario and the wire, and the request's body; None while it is incomplete."""
        head_end = self.received.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        head = bytes(self.received[:head_end])
        length = CONTENT_LENGTH.search(head)
        end = head_end + 4 + (int(length[1]) if length else 0)
        if len(self.received) < end:
            return None
        body = bytes(self.received[head_end + 4 : end])
        del self.received[:end]
        path = head.split(b" ", 2)[1]
        wire = next(wire for part, wire in WIRES.items() if part in path)
        return path.split(b"/", 2)[1].decode(), wire, body

    def answer(self, scenario: str, wire: str, body: bytes) -> None:
        name = f"{scenario}.{wire}"
        if wire == "embeddings":
            name = "base64" if b'"base64"' in body else "floats"
        if scenario in PACE:
            self.pacing = asyncio.create_task(self.pace(self.streams[name], PACE[scenario]))
        elif name in self.streams:
            self.transport.write(b"".join(self.streams[name]))
        else:
            self.transport.write(self.whole[name])

    async def pace(self, pieces: Sequence[bytes], seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        start = clock()
        for i, piece in enumerate(pieces):
            await asyncio.sleep(start + i * seconds - clock())
            self.transport.write(piece)


def whole_answers() -> dict[str, bytes]:
    found = {
        "floats": plain(embeddings([vector.tolist() for vector in VECTORS])),
        "base64": plain(embeddings([b64encode(vector).decode() for vector in VECTORS])),
    }
    for wire in wires.WIRES:
        texts = {"request": ANSWER, "history": ANSWER, "at_once": TINY_ANSWER}
        for scenario, text in (texts | {"typed": compact(REPORT)}).items():
            found[f"{scenario}.{wire}"] = plain(wires.answer(wire, text))
    return found


def streamed_answers() -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for wire in wires.WIRES:
        long, short = stream(wire, PIECES), stream(wire, SHORT_PIECES)
        found |= {f"{scenario}.{wire}": long for scenario in ("stream", "paced")}
        found |= {f"{scenario}.{wire}": short for scenario in ("concurrent", "many")}
        found[f"short.{wire}"] = found[f"first.{wire}"] = stream(wire, TINY_PIECES)
        found[f"tools.{wire}"] = stream(wire, (), CALLS)
    return found


def embeddings(vectors: Sequence[object]) -> dict[str, object]:
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 512, "total_tokens": 512}
    return {"object": "list", "data": data, "model": "bench-1", "usage": usage}


def stream(wire: str, texts: Sequence[str], calls: wires.Calls = ()) -> list[bytes]:
    """The writes of one streamed answer: the response's head, then each event in an HTTP chunk of its own."""
    kind = "application/x-ndjson" if wire == "ollama" else "text/event-stream; charset=utf-8"
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    sent = [http_chunk(event(wire, each)) for each in wires.events(wire, texts, calls)]
    return [head, *sent, b"0\r\n\r\n"]


def event(wire: str, data: Any) -> str:
    text = data if isinstance(data, str) else compact(data)
    match wire:
        case "chat":
            return f"data: {text}\n\n"
        case "gemini":
            return f"data: {text}\r\n\r\n"
        case "ollama":
            return f"{text}\n"
        case _:
            return f"event: {data['type']}\ndata: {text}\n\n"


def http_chunk(text: str) -> bytes:
    data = text.encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


def plain(body: object) -> bytes:
    data = compact(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(data) + data


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    asyncio.run(main())
