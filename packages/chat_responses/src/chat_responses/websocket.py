"""`WebSocketTransport`: turns of the Responses wire over WebSockets.

Facts: OpenAI's guide to its WebSocket mode, November 2026. Azure and xAI serve the same.
"""

from __future__ import annotations

import json
from typing import cast

from chat_core import Event, JsonObject, JsonValue, Request, Response, Transport
from chat_core.transport.websocket import Next, SocketTransport, Step
from chat_core.types.json_values import as_list, as_object, as_text

_TERMINAL = (
    "response.completed",
    "response.incomplete",
    "response.failed",
    "response.cancelled",
    "response.done",
)
_PARSED = tuple(
    f'"{word}"' for word in (*_TERMINAL, "error", "response.created")
)  # all other frames are content
_ITEM_DONE = "response.output_item.done"
_NOT_SENT = ("stream", "stream_options", "background")


class WebSocketTransport(SocketTransport):
    """`POST .../responses` goes over a WebSocket, as a `response.create` frame; everything else over HTTP.

    So does what runs in the background.

    Servers close a connection after an hour, so after `max_age` seconds it is replaced between two turns.
    `http` carries what goes over HTTP, by default a new `HttpTransport`. `url` is where the socket is, if not
    at the base URL. `proxy` is the URL of an http or https proxy. A message of more than `max_bytes` is
    refused with `InvalidResponse`. `SocketTransport` describes how connections are used.
    """

    def __init__(
        self,
        *,
        http: Transport | None = None,
        url: str | None = None,
        proxy: str | None = None,
        max_age: float = 55 * 60.0,
        max_bytes: int = 128 * 1024 * 1024,
    ) -> None:
        super().__init__(_open_turn, http=http, url=url, proxy=proxy, max_age=max_age, max_bytes=max_bytes)


class _ResponsesTurn:
    """One turn of the Responses wire over a WebSocket.

    | message | event | next |
    |---|---|---|
    | before anything else: about a response that the connection remembers | none | read |
    | before anything else: `websocket_connection_limit_reached` | the error | resend |
    | `response.created`, and all content | itself | read |
    | `response.completed`, `.incomplete`, `.failed`, `.cancelled`, `.done` | itself | keep |
    | an error outside the stream | itself | keep |
    | an error of the stream, which `response.failed` may follow | itself | close |
    """

    def __init__(self, create: JsonObject) -> None:
        self.message = json.dumps(create, ensure_ascii=False, separators=(",", ":"))
        self.remembers = as_text(create.get("previous_response_id"))
        self._begun = False
        self._items: list[str] = []
        self._last = ""

    def feed(self, message: str, memory: set[str], /) -> Step:
        if not any(word in message for word in _PARSED):
            self._begun = True
            if _ITEM_DONE in message:
                self._items.append(message)
            return Step(Event("message", message), Next.READ)
        frame = _read(message)
        kind = as_text(frame.get("type")) or "message"
        id = as_text(as_object(frame.get("response")).get("id"))
        if not self._begun and (kind == "response.done" or (id and id in memory)):
            return Step(None, Next.READ)  # it belongs to the turn before
        event = Event(kind, message)
        too_old = as_object(frame.get("error")).get("code") == "websocket_connection_limit_reached"
        if not self._begun and too_old:
            self._last = message
            return Step(event, Next.RESEND)
        self._begun = True
        if id:
            memory.add(id)
        if kind == _ITEM_DONE:
            self._items.append(message)
        if kind not in _TERMINAL and kind != "error":
            return Step(event, Next.READ)
        self._last = message
        unfinished = kind == "error" and ("sequence_number" in frame or too_old)
        return Step(event, Next.CLOSE if unfinished else Next.KEEP)

    def response(self) -> Response:
        """Return the response object, with the items that came where its output is empty; or the error."""
        last = _read(self._last)
        if as_text(last.get("type")) not in _TERMINAL:
            return Response(200, {}, self._last.encode())
        whole = as_object(last.get("response"))
        output = as_list(whole.get("output")) or self._output()
        return Response(200, {}, json.dumps({**whole, "output": output}, ensure_ascii=False).encode())

    def _output(self) -> list[JsonValue]:
        items: dict[int, JsonValue] = {}
        for frame in map(_read, self._items):
            if frame.get("type") == _ITEM_DONE:
                index = frame.get("output_index")
                items[index if isinstance(index, int) else len(items)] = frame.get("item")
        return [item for _, item in sorted(items.items())]


def _open_turn(request: Request) -> _ResponsesTurn | None:
    if request.method != "POST" or not request.url.partition("?")[0].endswith("/responses"):
        return None
    body = _read(request.body.decode())
    if body.get("background"):
        return None
    fields = {name: value for name, value in body.items() if name not in _NOT_SENT}
    return _ResponsesTurn({"type": "response.create", **fields})


def _read(data: str) -> JsonObject:
    try:
        return as_object(cast("JsonValue", json.loads(data)))
    except (ValueError, RecursionError):
        return {}  # whoever reads the events raises for what is wrong with it
