"""What the tapes of all wires have in common: replies of the scripted server, and what they come out as."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_core.testing import Call, Reply
from chat_core.testing.loopback.wire import TurnRequest, Wire
from chat_core.testing.tape.form import Burst, Exchange, Tape, written_json
from chat_core.transport import Event, Request, Response

Frame = Mapping[str, Any] | tuple[str, Mapping[str, Any] | str] | str
TEXT = "It rains in Zürich. ☂ Take an umbrella."
BERN = {"city": "Bern"}

REPLIES: dict[str, Reply] = {
    "text": Reply(TEXT, prompt_tokens=20, completion_tokens=9, chunk=6),
    "length": Reply("It rai", finish_reason="length"),
    "content_filter": Reply("It", finish_reason="content_filter"),
    "refusal": Reply(refusal="I cannot help with that."),
    "unknown_reason": Reply("Hm.", finish_reason="zebra"),
    "usage": Reply("Dry.", prompt_tokens=20, completion_tokens=9, cached_tokens=12, reasoning_tokens=4),
    "tool_call": Reply("I look.", calls=(Call("weather", BERN, id="call_one"),), chunk=5),
    "parallel_calls": Reply(
        calls=(
            Call("weather", BERN, id="call_one"),
            Call("weather", {"city": "Rome"}, id="call_two"),
            Call("weather", {"city": "Oslo"}, id="call_three"),
        )
    ),
    "broken_arguments": Reply(calls=(Call("weather", '{"city": Bern}', id="call_one"),)),
    "cut_arguments": Reply(calls=(Call("weather", BERN, id="call_one"),), finish_reason="length"),
    "call_without_arguments": Reply(calls=(Call("weather", "", id="call_one"),)),
    "reasoning": Reply("It rains.", reasoning="The sky is grey, and so it rains."),
    "structured": Reply('{"city": "Bern", "degrees": 21}', chunk=7),
    "blank": Reply("  \n"),
}
ONE_CALL = [{"id": "call_one", "name": "weather", "arguments": BERN}]
EXPECTED: dict[str, dict[str, Any]] = {
    "text": {"text": TEXT, "finish_reason": "stop", "usage": {"input_tokens": 20, "output_tokens": 9}},
    "length": {"text": "It rai", "finish_reason": "length"},
    "content_filter": {"text": "It", "finish_reason": "content_filter"},
    "refusal": {"refusal": "I cannot help with that.", "text": "", "finish_reason": "refusal"},
    "unknown_reason": {"text": "Hm.", "finish_reason": "other", "raw_finish_reason": "zebra"},
    "usage": {
        "text": "Dry.",
        "usage": {"input_tokens": 20, "output_tokens": 9, "cache_read_tokens": 12, "reasoning_tokens": 4},
    },
    "tool_call": {"text": "I look.", "calls": ONE_CALL, "finish_reason": "tool_calls"},
    "parallel_calls": {
        "calls": [
            {"id": "call_one", "name": "weather", "arguments": BERN},
            {"id": "call_two", "name": "weather", "arguments": {"city": "Rome"}},
            {"id": "call_three", "name": "weather", "arguments": {"city": "Oslo"}},
        ],
        "finish_reason": "tool_calls",
    },
    "broken_arguments": {"calls": [{"name": "weather", "arguments": {}, "failed": True}]},
    "cut_arguments": {"finish_reason": "length"},
    "call_without_arguments": {"calls": [{"name": "weather", "arguments": {}}]},
    "reasoning": {"text": "It rains.", "reasoning": "The sky is grey, and so it rains."},
    "structured": {"text": '{"city": "Bern", "degrees": 21}'},
    "blank": {"text": "  \n"},
    "calls_without_ids": {
        "calls": [{"name": "weather", "arguments": BERN}, {"name": "weather", "arguments": {"city": "Rome"}}]
    },
    "repeated_call": {"calls": [{"name": "weather", "arguments": BERN}]},
    "interleaved_calls": {
        "calls": [
            {"name": "weather", "arguments": BERN},
            {"name": "weather", "arguments": {"city": "Rome"}},
        ]
    },
    "unknown_event": {"text": "Dry.", "finish_reason": "stop"},
    "unknown_content": {"text": "Dry."},
    "error_event": {"error": {"message": "the model fell over"}},
    "error_body": {"error": {"message": "the model fell over"}},
    "rate_limited": {
        "error": {"type": "RateLimited", "status": 429, "message": "slow down", "retry_after": 3}
    },
}


@dataclass
class Recorded:
    """A scenario of a wire: a whole body, frames of a stream, other exchanges, and what is expected."""

    whole: Any = None
    frames: Iterable[Frame] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    expected: dict[str, Any] | None = None


@dataclass
class TapesOf:
    """The tapes of a wire: where it is served, its writer where the scripted server has one, and more."""

    path: str
    wire: Wire | None = None
    stream_path: str | None = None
    more: Mapping[str, Recorded] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    expected: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    stream_type: str = "text/event-stream"
    reads_body: Callable[[bytes], Iterable[Event]] | None = None

    def tapes(self) -> dict[str, Tape]:
        """Return the tapes by their scenarios."""
        recorded = {**self._replied(), **self.more}
        return {name: self._tape(name, each) for name, each in recorded.items() if name not in self.without}

    def _replied(self) -> dict[str, Recorded]:
        if self.wire is None:
            return {}
        return {
            name: Recorded(self._whole(reply), [(e.type, e.data) for e in self._events(reply)])
            for name, reply in REPLIES.items()
        }

    def _whole(self, reply: Reply) -> Any:
        assert self.wire is not None
        return self.wire.whole(reply, TurnRequest(1, "m", {}, False))

    def _events(self, reply: Reply) -> list[Event]:
        assert self.wire is not None
        request = TurnRequest(1, "m", {"stream_options": {"include_usage": True}}, True)
        frames = b"".join(self.wire.frames(reply, request))
        return list((self.reads_body or events_of_sse)(frames))

    def _tape(self, name: str, recorded: Recorded) -> Tape:
        exchanges = list(recorded.exchanges)
        headers = {"content-type": "application/json", **recorded.headers}
        if recorded.whole is not None:
            body = recorded.whole if isinstance(recorded.whole, bytes) else written_json(recorded.whole)
            exchanges.append(Exchange(request(self.path), Response(recorded.status, headers, body)))
        if recorded.frames is not None:
            bursts = [Burst(0.0, (event_of(frame),)) for frame in recorded.frames]
            response = Response(recorded.status, {"content-type": self.stream_type}, b"")
            exchanges.append(Exchange(request(self.stream_path or self.path), response, bursts=bursts))
        base = EXPECTED.get(name, {}) if recorded.expected is None else recorded.expected
        return Tape(exchanges, {**base, **self.expected.get(name, {})})


def request(path: str, method: str = "POST") -> Request:
    """Return a request as a tape has it: what it carried is not compared."""
    return Request(method, f"https://server.invalid{path}")


def exchange(path: str, body: Any, method: str = "POST", content_type: str = "application/json") -> Exchange:
    """Return an exchange that was read whole."""
    data = body if isinstance(body, bytes) else written_json(body)
    return Exchange(request(path, method), Response(200, {"content-type": content_type}, data))


def event_of(frame: Frame) -> Event:
    """Return the event of a frame."""
    match frame:
        case (str(kind), data):
            return Event(kind, data if isinstance(data, str) else json.dumps(data, ensure_ascii=False))
        case str():
            return Event("message", frame)
        case _:
            return Event("message", json.dumps(frame, ensure_ascii=False))


def events_of_sse(data: bytes) -> Iterable[Event]:
    """Return the events of server-sent events."""
    for block in data.decode().replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line]
        kind = next((value for name, _, value in lines if name == "event"), "message")
        text = "\n".join(value for name, _, value in lines if name == "data")
        if lines:
            yield Event(kind, text)


def events_of_lines(data: bytes) -> Iterable[Event]:
    """Return the events of lines of JSON."""
    return (Event("message", line) for line in data.decode().splitlines() if line)
