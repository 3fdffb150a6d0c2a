"""A Chat Completions server on loopback that costs less than any client: every answer is made before the
first request.

The first part of the path names the answer (`/paced/v1/chat/completions`), so no request body is parsed.
"""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence

from benchmarks.answers import ANSWER, PIECES, SHORT_PIECES, VECTORS

MODEL = "bench-1"
USAGE = {"prompt_tokens": 12, "completion_tokens": 600, "total_tokens": 612}
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

PACE = {"paced": 0.001, "concurrent": 0.010}
"""Seconds between the events of a stream that does not come in one burst."""


async def main() -> None:
    """Serve until killed. The port is the only line printed."""
    whole, streams = whole_answers(), streamed_answers()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(whole, streams), "127.0.0.1", 0, backlog=1024
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

    def take_request(self) -> tuple[str, bytes] | None:
        """The name of the answer asked for, and the request's body; None while it is incomplete."""
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
        return head.split(b"/", 2)[1].decode(), body

    def answer(self, name: str, body: bytes) -> None:
        if name == "embeddings" and b'"base64"' in body:
            name = "embeddings.base64"
        if name in PACE:
            self.pacing = asyncio.create_task(self.pace(self.streams[name], PACE[name]))
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
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    completion = {
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1790000000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    return {
        "request": plain(completion),
        "history": plain(completion),
        "embeddings": plain(embeddings([vector.tolist() for vector in VECTORS])),
        "embeddings.base64": plain(embeddings([b64encode(vector).decode() for vector in VECTORS])),
    }


def streamed_answers() -> dict[str, list[bytes]]:
    long, short = stream(PIECES), stream(SHORT_PIECES)
    return {"stream": long, "paced": long, "concurrent": short}


def embeddings(vectors: Sequence[object]) -> dict[str, object]:
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {
        "object": "list",
        "data": data,
        "model": MODEL,
        "usage": {"prompt_tokens": 512, "total_tokens": 512},
    }


def stream(texts: Sequence[str]) -> list[bytes]:
    """The writes of one streamed answer: the response's head, then every event in an HTTP chunk of its
    own.
    """
    return [
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: "
        b"chunked\r\n\r\n",
        http_chunk(event([choice({"role": "assistant", "content": "", "refusal": None})])),
        *(http_chunk(event([choice({"content": text})])) for text in texts),
        http_chunk(event([choice({}, finish_reason="stop")])),
        http_chunk(event([], usage=USAGE)),
        http_chunk("data: [DONE]\n\n"),
        b"0\r\n\r\n",
    ]


def choice(delta: Mapping[str, object], finish_reason: str | None = None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def event(choices: Sequence[object], usage: object = None) -> str:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
        "choices": choices,
        "usage": usage,
    }
    return f"data: {compact(chunk)}\n\n"


def http_chunk(text: str) -> bytes:
    data = text.encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


def plain(body: object) -> bytes:
    data = compact(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(data),
        data,
    )


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    asyncio.run(main())
