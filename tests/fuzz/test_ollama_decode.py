"""Lines of a native turn, dropped, repeated, reordered, changed: the expected turn, or an error that quotes
the line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
from budget import budget
from chat_core import (
    ChatError,
    Done,
    Event,
    InvalidResponse,
    Messages,
    Origin,
    ProviderError,
    StreamTruncated,
)
from chat_core.testing import broken_laws
from chat_core.types.call_status import Pending
from chat_core.wire import CallIds
from chat_ollama.native.stream import OllamaStreamDecoder
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

HERE = Origin("ollama", "http://127.0.0.1:11434/v1", "m")


def line(**message: Any) -> dict[str, Any]:
    return {"model": "m", "message": {"role": "assistant", "content": "", **message}, "done": False}


CALL = {"id": "c1", "function": {"index": 0, "name": "add", "arguments": {"a": 1, "b": [2]}}}
LAST = {**line(), "done": True, "done_reason": "stop", "eval_count": 7, "prompt_eval_count": 3}
TURNS: Sequence[Sequence[dict[str, Any]]] = (
    (line(content="Grüß"), line(content=" dich"), line(content="!\u2028"), LAST),
    (line(thinking="Hm"), line(thinking=", so"), line(content="6"), line(content=" 🏔"), LAST),
    (
        line(thinking="I add."),
        line(tool_calls=[CALL]),
        line(tool_calls=[{"function": CALL["function"]}]),
        LAST,
    ),
    (line(content="a"), line(tool_calls=[CALL, {**CALL, "id": "c2"}]), {**LAST, "done_reason": "length"}),
)
ERRORS: Sequence[dict[str, Any]] = (
    {"error": "out of memory"},
    {"error": {"message": "slow down", "code": "429"}},
    {"error": "slow down", "status_code": 429},
    {"message": "quota exceeded", "code": "DataInspectionFailed"},
    {"detail": "not found"},
    {"code": 500, "msg": "internal"},
    {"object": "error", "message": "broken"},
    {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},
)
VALUES: Any = st.sampled_from(
    [
        None,
        "",
        "x",
        6,
        6.5,
        True,
        [],
        {},
        ["x"],
        [{"type": "text", "text": "t"}],
        {"name": "Bern"},
        [None],
        "null",
    ]
)
PLACES: Sequence[Sequence[str]] = (
    ("message", "content"),
    ("message", "thinking"),
    ("message", "tool_calls"),
    ("message", "images"),
    ("message",),
    ("model",),
    ("done",),
    ("done_reason",),
    ("eval_count",),
    ("something_new",),
    ("logprobs",),
)


def mutated(draw: st.DrawFn, turn: list[Any]) -> None:
    """Change a turn in one way."""
    at = draw(st.integers(0, len(turn) - 1))
    match draw(st.sampled_from(["drop", "repeat", "swap", "change", "insert", "move"])):
        case "drop" if len(turn) > 1:
            del turn[at]
        case "repeat":
            turn.insert(at, deepcopy(turn[at]))
        case "swap":
            other = draw(st.integers(0, len(turn) - 1))
            turn[at], turn[other] = turn[other], turn[at]
        case "change":
            *way, name = draw(st.sampled_from(PLACES))
            target = turn[at]
            for step in way:
                target = target[step] if isinstance(target.get(step), dict) else target
            target[name] = deepcopy(draw(VALUES))
        case "insert":
            turn.insert(
                at, draw(st.sampled_from([{"keepalive": True}, {}, {"status": "loading"}, {"done": False}]))
            )
        case _:  # without its envelope
            message = turn[at].get("message")
            if isinstance(message, dict) and message.get("tool_calls") == [CALL]:
                message["tool_calls"] = CALL["function"]


@st.composite
def changed_turns(draw: st.DrawFn) -> list[Any]:
    turn = deepcopy(list(draw(st.sampled_from(TURNS))))
    for _ in range(draw(st.integers(0, 3))):
        mutated(draw, turn)
    return turn


def text_in(value: Any) -> str:
    """The text of a field, as a reader of the line would see it."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) or "text" in (item or {}) for item in value):
        return "".join(item if isinstance(item, str) else item["text"] for item in value)
    return json.dumps(value, ensure_ascii=False)


def until_done(turn: list[Any]) -> Iterator[dict[str, Any]]:
    for frame in turn:
        yield frame
        if frame.get("done") is True:
            return


def decoded(turn: list[Any], decoder: OllamaStreamDecoder) -> Done:
    events: list[Any] = []
    for frame in turn:
        events += decoder.feed(Event("message", json.dumps(frame, ensure_ascii=False)))
        if decoder.finished:
            break
    done = decoder.finish()
    assert broken_laws([*events, done]) == []
    return done


@budget(400)
@given(changed_turns())
def test_a_changed_turn_is_read_whole_or_is_an_error(turn: list[Any]) -> None:
    decoder = OllamaStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    try:
        response = decoded(turn, decoder).response
    except ChatError as error:
        assert isinstance(error, ProviderError | StreamTruncated)  # noqa: PT017
        partial = error.partial if isinstance(error, StreamTruncated) else None
        assert not partial or not any(isinstance(call.status, Pending) for call in partial.tool_calls)
        return
    check_stored(response.message)
    frames = list(until_done(turn))
    messages = [frame["message"] for frame in frames if isinstance(frame.get("message"), dict)]
    assert response.text == "".join(text_in(message.get("content")) for message in messages)
    assert response.reasoning == "".join(text_in(message.get("thinking")) for message in messages)
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == len(ids)
    for call in response.tool_calls:
        sent = {} if call.name == "Bern" else CALL["function"]["arguments"]  # of VALUES, a call without any
        assert not isinstance(call.status, Pending) or call.arguments == sent
    assert sum(call.id == "c1" for call in response.tool_calls) <= 1


@pytest.mark.parametrize("error", ERRORS, ids=json.dumps)
@pytest.mark.parametrize("at", range(3))
def test_an_error_in_any_shape_is_an_error_wherever_it_comes(error: dict[str, Any], at: int) -> None:
    turn = [*TURNS[0][:at], error, *TURNS[0][at:]]
    with pytest.raises(ProviderError) as failed:
        decoded(turn, OllamaStreamDecoder(origin=HERE, ids=CallIds(Messages())))
    assert failed.value.body == error


@budget(200)
@given(st.sampled_from(TURNS), st.data())
def test_a_line_that_is_no_object_is_quoted(turn: Sequence[dict[str, Any]], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(turn) - 1))
    odd = data.draw(st.sampled_from(["oops", "<html>", "5", '"text"', '{"a": 1} more', "nul"]))
    decoder = OllamaStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for frame in turn[:at]:
        decoder.feed(Event("message", json.dumps(frame)))
    with pytest.raises((InvalidResponse, StreamTruncated)) as failed:
        decoded_text(decoder, odd)
    assert odd in str(failed.value)


def decoded_text(decoder: OllamaStreamDecoder, data: str) -> Done:
    decoder.feed(Event("message", data))
    return decoder.finish()


@pytest.mark.parametrize(
    "make", [lambda: line(content="word "), lambda: line(thinking="word "), lambda: line(tool_calls=[CALL])]
)
def test_a_turn_costs_in_proportion_to_its_lines(make: Any, check_linear: Any) -> None:
    data = json.dumps(make())

    def prepare(lines: int) -> Callable[[], object]:
        return lambda: read_lines([data] * lines)

    check_linear(prepare, 1000, 8000)


def read_lines(lines: Sequence[str]) -> Done:
    decoder = OllamaStreamDecoder(origin=HERE, ids=CallIds(Messages()))
    for data in lines:
        decoder.feed(Event("message", data))
    return decoded_text(decoder, json.dumps(LAST))
