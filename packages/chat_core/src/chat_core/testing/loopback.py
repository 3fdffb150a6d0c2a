"""A model server on this machine's loopback: Chat Completions over a real socket, answered from a script."""

from __future__ import annotations

import base64
import json
import math
import random
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import parse_qsl

from chat_core.types.json_values import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call. `arguments` as a str is sent as it is, JSON or not. Without an `id` the server makes one."""

    name: str
    arguments: Mapping[str, JsonValue] | str = field(default_factory=dict[str, JsonValue])
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn of the model, sent whole or streamed as the request asks.

    `finish_reason` is by default "tool_calls" with calls and "stop" without. A streamed turn has `chunk` characters in
    each event. The server waits `pause` seconds before each event, and hangs up after `cut_after` of them: the first
    holds only the role, the last is `[DONE]`. A turn sent whole is one event.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    reasoning: str = ""
    refusal: str = ""
    finish_reason: str | None = None
    prompt_tokens: int = 10
    completion_tokens: int = 5
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    chunk: int = 8
    pause: float = 0.0
    cut_after: int | None = None

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise ValueError(f"Reply(chunk=...) is a number of characters, at least 1, not {self.chunk}")


@dataclass(frozen=True, slots=True)
class Failure:
    """An error instead of a turn: an HTTP status and OpenAI's error body. `retry_after` is in seconds."""

    status: int
    message: str
    code: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Exactly these bytes instead of a turn. With `chunk` they go out in HTTP chunks of that size, each an event for
    `pause` and `cut_after`; without, in one piece with a Content-Length."""

    body: bytes
    content_type: str = "text/event-stream"
    status: int = 200
    chunk: int | None = None
    pause: float = 0.0
    cut_after: int | None = None

    def __post_init__(self) -> None:
        if self.chunk is not None and self.chunk < 1:
            raise ValueError(f"Raw(chunk=...) is a number of bytes, at least 1, not {self.chunk}")


Answer: TypeAlias = Reply | Failure | Raw
Script: TypeAlias = Sequence[Answer] | Callable[[JsonObject], Answer]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came. Header names are lower case; `body` is empty where none came."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: JsonObject


class LoopbackServer:
    """Serve `POST .../chat/completions` from `script`: answers given out in order, or a function of the request's body.

        with LoopbackServer([Reply("Hello!")]) as server:
            client = ChatCompletionsBuilder().with_base_url(server.url).with_model("any").build()
            ...
        assert server.requests[0].body["model"] == "any"

    `POST .../responses`, `POST .../messages`, their token counts, `POST .../images/generations` and `.../edits`, and
    `POST .../models/name:method`, as Google names them, are answered from the script too, with `Raw` or `Failure`. So is
    `GET .../responses/id?stream=true`, whose body is then `{"response_id": "id", "stream": "true"}`.

    The function is called in a thread of the server, for one request at a time. `POST .../embeddings` and
    `GET .../models` need no script: vectors are made of a text's words, so texts that share words lie near each other.
    """

    def __init__(self, script: Script = (), *, model: str = "loopback") -> None:
        self.requests: list[Received] = []
        self._answers = script if callable(script) else _InOrder(script)
        self._model = model
        self._turn = threading.Lock()
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, with the `/v1` that clients expect in it."""
        if self._listener is None:
            raise RuntimeError(
                "the server has no address yet; use it as `with LoopbackServer(...) as server:`"
            )
        return f"http://127.0.0.1:{self._listener.port}/v1"

    def __enter__(self) -> Self:
        if self._listener is not None:
            raise RuntimeError("this server is already running; make a second LoopbackServer")
        self._listener = listener = _Listener(self._received)
        self._thread = threading.Thread(
            target=listener.serve_forever, args=(0.02,), name="loopback", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is not None and self._thread is not None:
            self._listener.close()
            self._thread.join()
        self._listener = self._thread = None

    def _received(self, method: str, path: str, headers: Mapping[str, str], content: bytes) -> _Response:
        """Note a request and answer it."""
        try:
            body: JsonValue = json.loads(content or b"{}")
        except ValueError:
            body = None
        with self._turn:
            received = Received(method, path, headers, body if isinstance(body, dict) else {})
            self.requests.append(received)
            number = len(self.requests)
            if not isinstance(body, dict):
                answer: _Response = _failed(Failure(400, "the request body is not a JSON object"))
            else:
                answer = self._route(received, number)
        answer.headers.setdefault("x-request-id", f"req-{number}")
        return answer

    def _route(self, received: Received, number: int) -> _Response:
        match received.method, received.path.partition("?")[0].split("/"):
            case "POST", [*_, "chat", "completions"]:
                return self._completion(received.body, number)
            case "POST", [*_, "responses"] | [*_, "messages"] | [*_, "messages", "count_tokens"] | [
                *_,
                "responses",
                "input_tokens",
            ]:
                return self._scripted(received.body)
            case "POST", [*_, "images", "generations" | "edits"]:
                return self._scripted(received.body)
            case "GET", [*_, "responses", response_id]:
                asked: JsonObject = dict(parse_qsl(received.path.partition("?")[2]))
                return self._scripted({"response_id": response_id, **asked})
            case "POST", [*_, "embeddings"]:
                return _embeddings(received.body)
            case "GET", [*_, "models"]:
                return _models(self._model)
            case "POST", [*_, method] if ":" in method:
                return self._scripted(received.body)
            case _:
                return _failed(
                    Failure(404, f"no such endpoint: {received.method} {received.path}", code="unknown_url")
                )

    def _completion(self, body: JsonObject, number: int) -> _Response:
        if not isinstance(body.get("model"), str):
            return _failed(Failure(400, "you must provide a model parameter"))
        if not body.get("messages") or not isinstance(body["messages"], list):
            return _failed(Failure(400, "you must provide a messages parameter that is a list and not empty"))
        match self._next(body):
            case _Response() as answer:
                return answer
            case Reply() as answer:
                head: JsonObject = {"id": f"chatcmpl-{number}", "created": _CREATED, "model": body["model"]}
                if body.get("stream") is not True:
                    response = _json(200, {**head, "object": "chat.completion", **_whole(answer, number)})
                    return _Response(
                        200, response.headers, response.pieces, False, answer.pause, answer.cut_after
                    )
                options = body.get("stream_options")
                asked = isinstance(options, dict) and options.get("include_usage") is True
                chunks = _streamed(
                    {**head, "object": "chat.completion.chunk"}, answer, number, with_usage=asked
                )
                pieces = [b"data: %b\n\n" % _dump(chunk) for chunk in chunks] + [b"data: [DONE]\n\n"]
                headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
                return _Response(200, headers, pieces, True, answer.pause, answer.cut_after)

    def _scripted(self, body: JsonObject) -> _Response:
        """A request of another wire. The script knows how to answer it, this server does not."""
        answer = self._next(body)
        return (
            _unscripted("only Raw and Failure answer on this wire") if isinstance(answer, Reply) else answer
        )

    def _next(self, body: JsonObject) -> Reply | _Response:
        """The script's answer; one that is no turn as it is sent."""
        try:
            answer = self._answers(body)
        except _RanOut as exc:
            return _unscripted(str(exc))
        except (
            Exception
        ) as exc:  # the script is the test's: what is wrong with it should show where the answer is read
            return _unscripted(f"the script raised {type(exc).__name__}: {exc}")
        match answer:
            case Failure():
                return _failed(answer)
            case Raw(body=raw, content_type=content_type, status=status, chunk=chunk):
                headers = {"content-type": content_type}
                pieces = (
                    [raw] if chunk is None else [raw[at : at + chunk] for at in range(0, len(raw), chunk)]
                )
                return _Response(status, headers, pieces, chunk is not None, answer.pause, answer.cut_after)
            case Reply():
                return answer


_CREATED = 1_767_225_600  # the same at every run, so that a printed answer is


class _RanOut(Exception):
    pass


class _InOrder:
    """A script of answers as a function: the next one at each call."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = tuple(answers)
        self._given = 0

    def __call__(self, body: JsonObject) -> Answer:
        self._given += 1
        if self._given > len(self._answers):
            raise _RanOut(
                f"the script has run out: request {self._given} of {len(self._answers)} that it answers"
            )
        return self._answers[self._given - 1]


@dataclass(frozen=True, slots=True)
class _Response:
    """What goes out: `pieces` in HTTP chunks or, with their length known, one after the other."""

    status: int
    headers: dict[str, str]
    pieces: Sequence[bytes]
    chunked: bool = False
    pause: float = 0.0
    cut_after: int | None = None


def _whole(reply: Reply, number: int) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": _content(reply), "refusal": reply.refusal or None}
    if reply.reasoning:
        message["reasoning"] = reply.reasoning
    if reply.calls:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
            for call_id, call, arguments in _calls(reply, number)
        ]
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _finish_reason(reply),
    }
    return {"choices": [choice], "usage": _usage(reply)}


def _streamed(head: JsonObject, reply: Reply, number: int, *, with_usage: bool) -> Iterator[JsonObject]:
    usage_to_come: JsonObject = {"usage": None} if with_usage else {}

    def chunk(delta: JsonObject, finish_reason: str | None = None) -> JsonObject:
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**head, "choices": [choice], **usage_to_come}

    yield chunk({"role": "assistant", "content": None if _content(reply) is None else "", "refusal": None})
    for name, text in ("reasoning", reply.reasoning), ("content", reply.text), ("refusal", reply.refusal):
        for part in _parts(text, reply.chunk):
            yield chunk({name: part})
    for index, (call_id, call, arguments) in enumerate(_calls(reply, number)):
        opened: JsonObject = {"name": call.name, "arguments": ""}
        yield chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": opened}]})
        for part in _parts(arguments, reply.chunk):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    yield chunk({}, _finish_reason(reply))
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(reply)}


def _content(reply: Reply) -> str | None:
    return None if not reply.text and (reply.calls or reply.refusal) else reply.text


def _calls(reply: Reply, number: int) -> Iterator[tuple[str, Call, str]]:
    """The id, call and arguments as text of each call; made ids differ from one request to the next."""
    for position, call in enumerate(reply.calls, start=1):
        arguments = (
            call.arguments if isinstance(call.arguments, str) else _dump(dict(call.arguments)).decode()
        )
        yield call.id or f"call_{number}_{position}", call, arguments


def _finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.calls else "stop")


def _usage(reply: Reply) -> JsonObject:
    return {
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "total_tokens": reply.prompt_tokens + reply.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
    }


def _parts(text: str, size: int) -> Iterable[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def _models(name: str) -> _Response:
    model: JsonObject = {"id": name, "object": "model", "created": _CREATED, "owned_by": "loopback"}
    return _json(200, {"object": "list", "data": [model]})


def _embeddings(body: JsonObject) -> _Response:
    texts = _texts(body.get("input"))
    dimensions = body.get("dimensions") or 8
    if not isinstance(body.get("model"), str):
        return _failed(Failure(400, "you must provide a model parameter"))
    if not texts:
        return _failed(
            Failure(400, "input is a text, a list of texts, or such as lists of tokens, and not empty")
        )
    if not isinstance(dimensions, int) or dimensions < 1:
        return _failed(Failure(400, f"dimensions is a whole number of at least 1, not {dimensions!r}"))
    data: list[JsonValue] = []
    for index, text in enumerate(texts):
        packed = struct.pack(f"<{dimensions}f", *_vector(text, dimensions))
        as_text = base64.b64encode(packed).decode()
        as_floats: list[JsonValue] = [*struct.unpack(f"<{dimensions}f", packed)]
        embedding = as_text if body.get("encoding_format") == "base64" else as_floats
        data.append({"object": "embedding", "index": index, "embedding": embedding})
    tokens = sum(len(_words(text)) for text in texts)
    usage: JsonObject = {"prompt_tokens": tokens, "total_tokens": tokens}
    return _json(200, {"object": "list", "data": data, "model": body["model"], "usage": usage})


def _texts(given: JsonValue) -> list[str] | None:
    """The texts to embed; lists of tokens read as texts whose words they are. None where it is something else."""
    match given:
        case str() if given:
            return [given]
        case [int(), *_]:
            return [" ".join(str(token) for token in given)]
        case [_, *_]:
            texts = [_texts(one) for one in given]
            return [text for one in texts if one for text in one] if all(texts) else None
        case _:
            return None


def _vector(text: str, dimensions: int) -> list[float]:
    """Of length 1: the sum of one direction for each word, which only the word decides."""
    sums = [0.0] * dimensions
    for word in _words(text):
        direction = random.Random(word)
        sums = [total + direction.gauss(0.0, 1.0) for total in sums]
    length = math.hypot(*sums) or 1.0
    return [total / length for total in sums]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower()) or [text]


def _failed(failure: Failure) -> _Response:
    kind = "server_error" if failure.status >= 500 else "invalid_request_error"
    error: JsonObject = {"message": failure.message, "type": kind, "param": None, "code": failure.code}
    response = _json(failure.status, {"error": error})
    if failure.retry_after is not None:
        response.headers["retry-after"] = f"{failure.retry_after:g}"
    return response


def _unscripted(message: str) -> _Response:
    """A mistake in the script, which no second try mends."""
    response = _failed(Failure(500, message, code="script"))
    response.headers["x-should-retry"] = "false"
    return response


def _json(status: int, value: JsonValue) -> _Response:
    return _Response(status, {"content-type": "application/json"}, [_dump(value)])


def _dump(value: JsonValue) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


_Answering: TypeAlias = Callable[[str, str, Mapping[str, str], bytes], _Response]


class _Listener(ThreadingTCPServer):
    """A thread for each connection, all of which end with the server."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, answering: _Answering) -> None:
        self.leaving = threading.Event()
        self._open: set[socket.socket] = set()
        self._changing = threading.Lock()
        super().__init__(
            ("127.0.0.1", 0), lambda request, address, _: _Connection(answering, request, address, self)
        )
        self.port: int = self.socket.getsockname()[1]

    def close(self) -> None:
        """Take no more connections, hang up on those there are, and wait for their threads."""
        self.leaving.set()
        self.shutdown()
        with self._changing:
            for connection in self._open:
                with suppress(OSError):  # the client has hung up already
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        with self._changing:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with self._changing:
            self._open -= {request}
        super().shutdown_request(request)


class _Connection(BaseHTTPRequestHandler):
    """HTTP/1.1 with one client, until it or the server leaves."""

    protocol_version = "HTTP/1.1"
    server_version = "loopback"
    sys_version = ""
    disable_nagle_algorithm = True

    def __init__(
        self, answering: _Answering, request: socket.socket, address: object, server: _Listener
    ) -> None:
        self._answering = answering
        self._leaving = server.leaving
        super().__init__(request, address, server)

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client hung up, which is its right
            super().handle()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            self.send_error(411, "the request needs a Content-Length")
            return
        content = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self._answering(self.command, self.path, headers, content))

    def _send(self, response: _Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.chunked:
            self.send_header("transfer-encoding", "chunked")
        else:
            self.send_header("content-length", str(sum(map(len, response.pieces))))
        self.end_headers()
        for sent, piece in enumerate(response.pieces):
            if sent == response.cut_after or self._leaving.wait(response.pause):
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if response.chunked else piece)
        if response.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses, in the envelope too; the rest of such a request is not read."""
        response = _failed(Failure(code, message or explain or "the request cannot be read"))
        response.headers["connection"] = "close"
        self._send(response)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is the test's."""
