"""A transport that responds from a queue and records requests: for tests of everything above the network."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from chat_core.testing.socket import FakeSocket
from chat_core.transport import Event, EventStream, HandshakeRefused, Request, Response, Socket
from chat_core.transport.sse import bursts_from_bytes
from chat_core.types.errors import ChatError
from chat_core.types.json_values import JsonObject, JsonValue, as_object
from chat_core.types.short_repr import Shown, Values

_MAX_BYTES = 1 << 30


class FakeTransport(Shown):
    """Queue answers with `answer` and `fail`; each request takes the next one.

    `requests` and `bodies` are what was sent.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._answers: list[Response | ChatError] = []
        self._sockets: list[FakeSocket] = []

    def _shown(self) -> Values:
        yield "requests", len(self.requests)
        yield "answers_left", len(self._answers)

    @property
    def bodies(self) -> list[JsonObject]:
        """The JSON bodies of the requests, in order."""
        return [
            as_object(cast("JsonValue", json.loads(request.body)))
            for request in self.requests
            if request.body and not _is_form(request)
        ]

    @property
    def last_body(self) -> JsonObject:
        """The JSON body of the last request."""
        return self.bodies[-1]

    def answer(
        self,
        body: bytes | str | Mapping[str, object] | Iterable[Mapping[str, object] | str],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> FakeTransport:
        """Queue an answer: bytes or text as they are, one object as JSON, several as server-sent events
        (strings as they are).
        """
        kind, data = _written(body)
        self._answers.append(Response(status, {"content-type": kind} | dict(headers or {}), data))
        return self

    def fail(self, error: ChatError) -> FakeTransport:
        """Queue a failure: the next request raises it."""
        self._answers.append(error)
        return self

    def accept(self, *sockets: FakeSocket) -> FakeTransport:
        """Queue WebSockets: each `connect` takes the next one."""
        self._sockets += sockets
        return self

    async def connect(self, request: Request, /) -> Socket:
        """Return the next WebSocket. Raises `HandshakeRefused` with the next answer where there is none."""
        if not self._sockets:
            raise HandshakeRefused(self._next(request))
        self.requests.append(request)
        return self._sockets.pop(0)

    async def send(self, request: Request, /) -> Response:
        """Return the next answer, whole."""
        return self._next(request)

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Yield the next answer, as events."""
        yield _FakeStream(self._next(request), request.reads_as)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _next(self, request: Request) -> Response:
        self.requests.append(request)
        if not self._answers:
            raise AssertionError(
                f"request {len(self.requests)} has no answer: queue one with FakeTransport.answer(...)"
            )
        answer = self._answers.pop(0)
        if isinstance(answer, ChatError):
            raise answer
        return answer


@dataclass(frozen=True, slots=True)
class _FakeStream:
    response: Response
    reads_as: str | None

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers

    @property
    def ok(self) -> bool:
        return self.response.ok

    async def read(self) -> bytes:
        return self.response.body

    def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        content_type = self.reads_as or self.headers["content-type"]
        return bursts_from_bytes(self._chunks(), content_type=content_type, max_bytes=_MAX_BYTES)

    async def _chunks(self) -> AsyncGenerator[bytes]:
        yield self.response.body


def _is_form(request: Request) -> bool:
    return any(value.startswith("multipart/") for value in request.headers.values())


def _written(
    body: bytes | str | Mapping[str, object] | Iterable[Mapping[str, object] | str],
) -> tuple[str, bytes]:
    match body:
        case bytes():
            return "text/event-stream" if body.lstrip().startswith(
                (b"data:", b"event:", b":")
            ) else "application/json", body
        case str():
            return _written(body.encode())
        case Mapping():
            return "application/json", json.dumps(body, ensure_ascii=False).encode()
        case _:
            events = (
                event if isinstance(event, str) else json.dumps(event, ensure_ascii=False) for event in body
            )
            return "text/event-stream", "".join(f"data: {event}\n\n" for event in events).encode()
