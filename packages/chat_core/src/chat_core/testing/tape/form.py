"""The form of a tape: JSON lines, in the order in which things happened.

    {"tape": 1}
    {"request": {"method": "POST", "url": "https://host/v1/...", "headers": {...}, "json": {...}}}
    {"response": {"status": 200, "headers": {...}}}
    {"after": 0.21, "events": [["message", "{\"text\": ..."], ...]}
    {"after": 0.02, "error": ["ConnectionFailed", "the server hung up"]}

A body is `json`, `text` or `base64`, whichever holds it exactly. A response that was read whole has its body
in its line. A stream has a line for each burst of events that arrived together, with the seconds since the
line before. `error` is there where the exchange ended in one, `{"left": true}` where the reader left a
stream before its end. The first line may have what a client makes of the tape, as `expected`. Unknown names
are passed over.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chat_core.transport import Event, Request, Response
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text

VERSION = 1


@dataclass(frozen=True, slots=True)
class Burst:
    """Events that arrived together, `after` so many seconds."""

    after: float
    events: tuple[Event, ...]


@dataclass(slots=True)
class Exchange:
    """A request and what came back: a whole response, or a response without body and bursts of events.

    `error` is the class name and the message of the error that ended it. `left` marks a stream that the
    reader did not read to its end.
    """

    request: Request
    response: Response | None = None
    after: float = 0.0
    bursts: list[Burst] | None = None
    error: tuple[str, str] | None = None
    error_after: float = 0.0
    left: bool = False


@dataclass(slots=True)
class Tape:
    """Exchanges, in order. `expected` is what the conformance suites hold a client's result against."""

    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    expected: JsonObject = field(default_factory=dict[str, JsonValue])

    @classmethod
    def load(cls, path: Path | str) -> Tape:
        """Read a tape. Raises `ConfigurationError`, with the line, for what is none."""
        path = Path(path)
        tape = cls()
        try:
            lines = path.read_text(encoding="utf-8").split("\n")
        except OSError as exc:
            raise ConfigurationError(f"there is no tape {path}: record it first ({exc})") from exc
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                parsed: JsonValue = json.loads(line)
                tape._read(as_object(parsed), number)
            except (ValueError, LookupError, TypeError) as exc:
                raise ConfigurationError(f"{path}:{number} is no line of a tape: {exc}") from exc
        return tape

    def save(self, path: Path | str) -> None:
        """Write the tape, in place of what was there."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        head: JsonObject = {"tape": VERSION}
        if self.expected:
            head["expected"] = self.expected
        lines = [_line(head), *(line for each in self.exchanges for line in lines_of(each))]
        Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _read(self, line: JsonObject, number: int) -> None:
        if number == 1:
            if line.get("tape") != VERSION:
                raise ValueError(f'it begins with {{"tape": {VERSION}}}')
            self.expected = as_object(line.get("expected"))
            return
        if "request" in line:
            self.exchanges.append(Exchange(_request(as_object(line["request"]))))
            return
        exchange = self.exchanges[-1]
        after = line.get("after", 0.0)
        seconds = float(after) if isinstance(after, int | float) else 0.0
        match line:
            case {"response": dict(response)}:
                exchange.response, exchange.after = _response(response), seconds
                if not response.keys() & {"json", "text", "base64"}:
                    exchange.bursts = []
            case {"events": list(events)} if exchange.bursts is not None:
                exchange.bursts.append(Burst(seconds, tuple(_event(event) for event in events)))
            case {"error": [str(name), str(message)]}:
                exchange.error, exchange.error_after = (name, message), seconds
            case {"left": True}:
                exchange.left = True
            case _:
                raise ValueError(f"it has {', '.join(line) or 'nothing'}")


def lines_of(exchange: Exchange) -> Iterator[str]:
    """Yield the lines of an exchange."""
    request = exchange.request
    head: JsonObject = {"method": request.method, "url": request.url, "headers": dict(request.headers)}
    yield _line({"request": {**head, **_body(request.body)}})
    if exchange.response is not None:
        response = exchange.response
        answered: JsonObject = {"status": response.status, "headers": dict(response.headers)}
        body = _body(response.body) or {"text": ""} if exchange.bursts is None else {}
        yield _line({"after": round(exchange.after, 3), "response": {**answered, **body}})
    for burst in exchange.bursts or ():
        events: list[JsonValue] = [[event.type, event.data] for event in burst.events]
        yield _line({"after": round(burst.after, 3), "events": events})
    if exchange.error is not None:
        yield _line({"after": round(exchange.error_after, 3), "error": [*exchange.error]})
    elif exchange.left:
        yield _line({"left": True})


def _line(value: JsonObject) -> str:
    return json.dumps(value, ensure_ascii=False)


def _body(data: bytes) -> JsonObject:
    """Return a body in the most readable form that holds it exactly."""
    if not data:
        return {}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return {"text": text}
    return {"json": value} if written_json(value) == data else {"text": text}


def written_json(value: JsonValue) -> bytes:
    """Return the bytes of a body that a tape has as `json`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _bytes(line: JsonObject) -> bytes:
    match line:
        case {"json": value}:
            return written_json(value)
        case {"text": str(text)}:
            return text.encode()
        case {"base64": str(data)}:
            return base64.b64decode(data, validate=True)
        case _:
            return b""


def _headers(value: JsonValue) -> Mapping[str, str]:
    return {name: as_text(each) for name, each in as_object(value).items()}


def _request(line: JsonObject) -> Request:
    return Request(as_text(line["method"]), as_text(line["url"]), _headers(line.get("headers")), _bytes(line))


def _response(line: JsonObject) -> Response:
    status = line["status"]
    if not isinstance(status, int):
        raise ValueError(f"a status is a number, not {status!r}")
    return Response(status, _headers(line.get("headers")), _bytes(line))


def _event(value: JsonValue) -> Event:
    match as_list(value):
        case [str(kind), str(data)]:
            return Event(kind, data)
        case _:
            raise ValueError("an event is its type and its data")


def sse_block(event: Event) -> bytes:
    """Return an event as the bytes that a transport reads it from."""
    if event.type == "body":
        return event.data.encode() + b"\n\n"
    name = "" if event.type == "message" else f"event: {event.type}\n"
    data = "".join(f"data: {line}\n" for line in event.data.split("\n"))
    return f"{name}{data}\n".encode()


def joined_blocks(events: Iterable[Event]) -> bytes:
    """Return several events as one piece of bytes."""
    return b"".join(map(sse_block, events))
