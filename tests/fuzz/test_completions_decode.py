"""Damaged streams of the Chat Completions wire: the expected turn, or an error that quotes the frame, and
nothing between.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from budget import budget
from chat_completions import Dialect
from chat_completions.decode import decode
from chat_completions.servers import SERVERS
from chat_completions.stream import CompletionsStreamDecoder
from chat_core import (
    ChatError,
    ChatResponse,
    Event,
    InvalidResponse,
    Messages,
    Origin,
    Pending,
    ProviderError,
    ReasoningChunk,
    StreamTruncated,
    TextChunk,
    TurnEvent,
)
from chat_core.wire import CallIds
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = Origin("anyone", "https://x.example/v1", "m")
DIALECTS = [Dialect(), *map(Dialect.named, sorted(SERVERS))]
Frames = list[Any]
pieces = st.sampled_from(["Hello", " ", "\n\n", "é🦙", "{}", "[DONE]", '"', "data: x", "null", "a" * 200])
arguments = st.sampled_from(["{}", '{"a": 1}', '{"path": "/"}', '{"a": {"b": [1, "}"]}}', '{"t": "é\\"{"}'])


def chunk(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **more}


@st.composite
def turns(draw: st.DrawFn) -> tuple[Frames, str, str, dict[str, Any]]:
    """The frames of a turn, its text, its reasoning, and the arguments of its calls by their ids."""
    frames: Frames = [chunk({"role": "assistant", "content": ""})]
    text, reasoning, calls = "", "", {}
    field = draw(st.sampled_from(["reasoning_content", "reasoning"]))
    for piece in draw(st.lists(pieces, max_size=2)):
        frames.append(chunk({field: piece}))
        reasoning += piece
    for piece in draw(st.lists(pieces, max_size=4)):
        frames.append(chunk({"content": piece}))
        text += piece
    labelled = draw(st.booleans())  # llama.cpp and Fireworks label every fragment
    for number in range(draw(st.integers(0, 3))):
        whole, size = draw(arguments), draw(st.integers(1, 30))
        calls[f"call_{number}"] = json.loads(whole)
        for at in range(0, len(whole), size):
            label = {"id": f"call_{number}", "type": "function"} if labelled or not at else {}
            named = {"name": "add"} if labelled or not at else {}
            function = {**named, "arguments": whole[at : at + size]}
            frames.append(chunk({"tool_calls": [{"index": number, **label, "function": function}]}))
    frames.append(chunk({}, "tool_calls" if calls else "stop"))
    frames.append({"id": "c1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
    return [*frames, "[DONE]"], text, reasoning, calls


def decoder(dialect: Dialect = Dialect()) -> CompletionsStreamDecoder:
    return CompletionsStreamDecoder(origin=ORIGIN, dialect=dialect, ids=CallIds(Messages()))


def play(frames: Frames, dialect: Dialect = Dialect()) -> tuple[list[TurnEvent], ChatResponse]:
    machine, events = decoder(dialect), list[TurnEvent]()
    for frame in frames:
        events += machine.feed(Event("message", frame if isinstance(frame, str) else json.dumps(frame)))
        if machine.finished:
            break
    return events, machine.finish().response


def runnable(response: ChatResponse) -> dict[str, Any]:
    """The arguments of the calls that could run."""
    unfinished = response.finish_reason in ("length", "content_filter", "refusal")
    calls = [call for call in response.tool_calls if isinstance(call.status, Pending)]
    assert len({call.id for call in calls}) == len(calls)
    return {} if unfinished else {call.id: call.arguments for call in calls}


@budget(150)
@given(turns(), st.sampled_from(DIALECTS))
def test_a_whole_stream_is_its_turn_in_every_dialect(
    turn: tuple[Frames, str, str, dict[str, Any]], dialect: Dialect
) -> None:
    frames, text, reasoning, calls = turn
    events, response = play(frames, dialect)

    assert "".join(event.text for event in events if isinstance(event, TextChunk)) == text == response.text
    assert "".join(e.text for e in events if isinstance(e, ReasoningChunk)) == reasoning == response.reasoning
    assert runnable(response) == calls
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 4)


@budget(150)
@given(turns(), st.data())
def test_a_stream_that_is_cut_is_an_error_or_the_turn(
    turn: tuple[Frames, str, str, dict[str, Any]], data: st.DataObject
) -> None:
    frames, text, _, calls = turn
    cut = frames[: data.draw(st.integers(0, len(frames) - 1))]
    if data.draw(st.booleans()) and cut:
        last = cut[-1] if isinstance(cut[-1], str) else json.dumps(cut[-1])
        cut[-1] = last[: data.draw(st.integers(0, len(last) - 1))]
    partial = None
    try:
        _, response = play(cut)
    except StreamTruncated as error:
        response, partial = error.partial, error.partial
    if partial is not None:
        assert text.startswith(response.text)
        assert runnable(response) == {}
    else:
        assert (response.text, runnable(response)) == (text, calls)


def _split(frames: Frames, at: int, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Frames:
    """A frame with content, as two."""
    choices = frames[at].get("choices") if isinstance(frames[at], dict) else None
    is_first = bool(choices) and choices[0].get("index") == 0
    delta = (choices[0].get("delta") if is_first else None) or {}
    for name in ("content", "reasoning_content", "reasoning"):
        if value := delta.get(name):
            half = draw(st.integers(0, len(value)))
            return [*frames[:at], chunk({name: value[:half]}), chunk({name: value[half:]}), *frames[at + 1 :]]
    return frames


UNKNOWN: list[Any] = [
    *(
        {"type": "ping"},
        {"choices": []},
        {"choices": None, "object": ""},
        {"id": "x", "prompt_filter_results": []},
    ),
    *(
        {"choices": [{"index": 0, "delta": None}]},
        {"choices": [{"index": 0}]},
        {"choices": [{"delta": {"new": 1}}]},
    ),
    *({"choices": [{"index": 1, "delta": {"content": "another choice"}}]}, {"status": 200, "code": 0}, {}),
]


@budget(200)
@given(turns(), st.data())
def test_what_servers_do_to_a_stream_without_changing_its_meaning_changes_nothing(
    turn: tuple[Frames, str, str, dict[str, Any]], data: st.DataObject
) -> None:
    frames, text, reasoning, calls = turn
    frames = copy.deepcopy(frames)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(1, len(frames) - 2))
        match data.draw(st.sampled_from(["unknown", "split", "end again", "message"])):
            case "unknown":
                frames.insert(at, data.draw(st.sampled_from(UNKNOWN)))
            case "split":
                frames = _split(frames, at, data.draw)
            case "end again":
                frames.insert(len(frames) - 1, chunk({}, "tool_calls" if calls else "stop"))
            case _ if text or calls or reasoning:  # the whole turn once more, as MiniMax sends it
                whole = [
                    {
                        "id": id,
                        "type": "function",
                        "function": {"name": "add", "arguments": json.dumps(value)},
                    }
                    for id, value in calls.items()
                ]
                message = {"role": "assistant", "content": text, "tool_calls": whole}
                choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
                frames.insert(len(frames) - 1, {"object": "chat.completion", "choices": [choice]})
            case _:
                pass
    _, response = play(frames)

    assert (response.text, response.reasoning, runnable(response)) == (text, reasoning, calls)


ERRORS: list[Any] = [
    *({"error": {"message": "boom", "code": "429"}}, {"error": "boom"}, {"code": "X", "message": "boom"}),
    *(
        {"detail": "boom"},
        {"object": "error", "message": "boom"},
        {"type": "error", "error": {"message": "boom"}},
    ),
    *(
        {"status_code": 500, "message": "boom"},
        {"choices": [{"finish_reason": "error", "error": {"message": "boom"}}]},
    ),
    *({"base_resp": {"status_code": 1000, "status_msg": "boom"}}, "boom", "<html>boom</html>", '["boom"]'),
]


@budget(100)
@given(turns(), st.sampled_from(ERRORS), st.data())
def test_an_error_anywhere_before_the_end_is_raised_with_the_servers_words(
    turn: tuple[Frames, str, str, dict[str, Any]], error: Any, data: st.DataObject
) -> None:
    frames = list(turn[0])
    frames.insert(data.draw(st.integers(0, len(frames) - 1)), error)
    with pytest.raises((ProviderError, InvalidResponse), match="boom"):
        play(frames)


ODD: list[Any] = [
    None,
    0,
    6,
    1.5,
    True,
    "",
    "x",
    [],
    ["x"],
    {},
    {"x": 1},
    [{}],
    [[[]]],
    "null",
    {"text": "y"},
    10**30,
    10**400,
    math.nan,
    [math.inf],
    [[]],
]


def _paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, item in inner for path in [(*at, key), *_paths(item, (*at, key))]]


def _mutate(frame: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """A frame with one field of another type, under another name, or at another place."""
    frame = copy.deepcopy(frame)
    paths = _paths(frame)
    if not paths:
        return frame
    *way, last = draw(st.sampled_from(paths))
    holder = frame
    for key in way:
        holder = holder[key]
    match draw(st.sampled_from(["type", "name", "place", "gone"])):
        case "type":
            holder[last] = draw(st.sampled_from(ODD))
        case "name" if isinstance(holder, dict):
            holder[f"{last}_new"] = holder.pop(last)
        case "place" if isinstance(holder, dict):
            frame[last] = holder.pop(last)
        case "gone" if isinstance(holder, dict):
            del holder[last]
        case _:
            pass
    return frame


@budget(400)
@given(turns(), st.sampled_from(DIALECTS), st.data())
def test_a_damaged_stream_is_a_turn_or_an_error_and_no_call_runs_on_arguments_of_pieces(
    turn: tuple[Frames, str, str, dict[str, Any]], dialect: Dialect, data: st.DataObject
) -> None:
    frames = list(turn[0])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(frames) - 1))
        match data.draw(st.sampled_from(["drop", "repeat", "swap", "mutate", "mutate", "mutate"])):
            case "drop" if len(frames) > 1:
                frames.pop(at)
            case "repeat":
                frames.insert(at, frames[at])
            case "swap":
                other = data.draw(st.integers(0, len(frames) - 1))
                frames[at], frames[other] = frames[other], frames[at]
            case _ if isinstance(frames[at], dict):
                frames[at] = _mutate(frames[at], data.draw)
            case _:
                pass
    try:
        _, response = play(frames, dialect)
    except ChatError:
        return
    check_stored(response.message)
    for call in response.tool_calls:
        if isinstance(call.status, Pending):
            assert isinstance(call.arguments, dict)


@budget(200)
@given(turns(), st.data())
def test_a_damaged_whole_response_is_a_turn_or_an_error(
    turn: tuple[Frames, str, str, dict[str, Any]], data: st.DataObject
) -> None:
    _, text, reasoning, calls = turn
    whole = [
        {"id": id, "type": "function", "function": {"name": "add", "arguments": json.dumps(value)}}
        for id, value in calls.items()
    ]
    message = {"role": "assistant", "content": text, "reasoning_content": reasoning, "tool_calls": whole}
    body: Any = {
        "id": "c",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }
    for _ in range(data.draw(st.integers(0, 2))):
        body = _mutate(body, data.draw)
    written = json.dumps(body).encode()
    try:
        response = decode(written, origin=ORIGIN, dialect=Dialect(), ids=CallIds(Messages()))
    except ChatError:
        return
    check_stored(response.message)


@pytest.mark.parametrize("field", ["content", "reasoning_content", "refusal"])
def test_the_cost_of_a_long_stream_is_linear(field: str, check_linear: Any) -> None:
    def prepare(count: int) -> Callable[[], object]:
        frames = [json.dumps(chunk({field: "abc "}))] * count
        return lambda: play([*frames, chunk({}, "stop")])

    check_linear(prepare, 2_000, 16_000)


def test_fields_of_a_servers_own_in_every_fragment_of_a_call_cost_linear_time(check_linear: Any) -> None:
    def prepare(count: int) -> Callable[[], object]:
        calls = [{"index": 0, "id": "c", "extra": {f"field_{at}": at}} for at in range(count)]
        frames = [chunk({"tool_calls": [{**call, "function": {"arguments": ""}}]}) for call in calls]
        return lambda: play([*frames, chunk({}, "stop")])

    check_linear(prepare, 1_000, 12_000)
