"""Damaged streams of the Responses wire: the turn comes out, or an error that quotes the frame; nothing is
lost or run twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from budget import budget
from chat_core import (
    ChatError,
    ChatResponse,
    Done,
    Event,
    InvalidResponse,
    Messages,
    Origin,
    Pending,
    ProviderError,
    RateLimited,
    StreamTruncated,
    TurnEvent,
)
from chat_core.wire import CallIds
from chat_responses.decode import decode, decode_count, decode_models
from chat_responses.stream import ResponsesStreamDecoder
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = Origin("openai", "https://api.openai.com/v1", "gpt-5.6")
ARGUMENTS = {"city": "Bern", "days": 12}
WRITTEN = json.dumps(ARGUMENTS)
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "I look it up."}],
    "encrypted_content": "gAAA",
}
SAID = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Grüße aus 🏔!", "annotations": []}],
}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "weather",
    "arguments": WRITTEN,
    "status": "completed",
}
HEAD = {"id": "resp_1", "object": "response", "model": "m", "output": []}
USAGE = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
OUTPUT = [THOUGHT, SAID, CALL]


def stream(*, numbered: bool, final: bool, ends: bool) -> list[dict[str, Any]]:
    """Return a turn's events: with numbers or without, with its output at the end or without, with ends of
    items or without.
    """
    frames: list[tuple[str, dict[str, Any]]] = [
        ("created", {"response": {**HEAD, "status": "in_progress"}}),
        ("output_item.added", {"output_index": 0, "item": {**THOUGHT, "summary": []}}),
        ("reasoning_summary_text.delta", {"output_index": 0, "summary_index": 0, "delta": "I look "}),
        ("reasoning_summary_text.delta", {"output_index": 0, "summary_index": 0, "delta": "it up."}),
        ("output_item.done", {"output_index": 0, "item": THOUGHT}),
        ("output_item.added", {"output_index": 1, "item": {**SAID, "content": []}}),
        ("output_text.delta", {"output_index": 1, "content_index": 0, "delta": "Grüße"}),
        ("output_text.delta", {"output_index": 1, "content_index": 0, "delta": " aus 🏔"}),
        ("output_text.delta", {"output_index": 1, "content_index": 0, "delta": "!"}),
        ("output_text.done", {"output_index": 1, "content_index": 0, "text": "Grüße aus 🏔!"}),
        ("output_item.done", {"output_index": 1, "item": SAID}),
        ("output_item.added", {"output_index": 2, "item": {**CALL, "arguments": ""}}),
        *[
            ("function_call_arguments.delta", {"output_index": 2, "delta": piece})
            for piece in pieces(WRITTEN)
        ],
        ("function_call_arguments.done", {"output_index": 2, "arguments": WRITTEN}),
        ("output_item.done", {"output_index": 2, "item": CALL}),
        (
            "completed",
            {"response": {**HEAD, "status": "completed", "usage": USAGE, "output": OUTPUT * final}},
        ),
    ]
    kept = [each for each in frames if ends or not each[0].endswith(".done")]
    numbers: list[dict[str, Any]] = [{"sequence_number": at} if numbered else {} for at in range(len(kept))]
    return [
        {"type": f"response.{kind}", **number, **fields}
        for (kind, fields), number in zip(kept, numbers, strict=True)
    ]


def pieces(text: str, size: int = 4) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def play(frames: list[Any]) -> tuple[list[TurnEvent], ChatResponse]:
    decoder = ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))
    seen: list[TurnEvent] = []
    for frame in frames:
        seen += decoder.feed(Event("message", frame if isinstance(frame, str) else json.dumps(frame)))
    done = decoder.finish()
    assert isinstance(done, Done)
    return seen, done.response


def runs(response: ChatResponse) -> list[Any]:
    """Return the arguments of the calls that would run."""
    return [call.arguments for call in response.tool_calls if isinstance(call.status, Pending)]


KINDS = [
    {"numbered": numbered, "final": final, "ends": ends}
    for numbered in (True, False)
    for final in (True, False)
    for ends in (True, False)
    if final or ends
]
streams = st.sampled_from(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_kind_of_stream_is_the_same_turn(kind: Any) -> None:
    _, response = play(stream(**kind))
    assert (response.text, response.reasoning, runs(response)) == (
        "Grüße aus 🏔!",
        "I look it up.",
        [ARGUMENTS],
    )


@budget(300)
@given(streams, st.data())
def test_events_that_are_dropped_repeated_or_moved_lose_no_character_and_run_no_call_twice(
    kind: Any, data: st.DataObject
) -> None:
    frames = stream(**kind)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(frames) - 1))
        match data.draw(st.sampled_from(["drop", "repeat", "move", "ping", "unknown"])):
            case "drop":
                del frames[at]
            case "repeat" if kind["numbered"] or frames[at]["type"].endswith(".done"):
                frames.insert(data.draw(st.integers(at, len(frames))), frames[at])
            case "move":
                frames.insert(data.draw(st.integers(0, len(frames) - 1)), frames.pop(at))
            case "ping":
                frames.insert(at, {"type": "keepalive"})
            case _:
                frames.insert(at, {"type": "response.time_travel.delta", "output_index": 1, "delta": "x"})
    if not any(frame["type"] == "response.completed" for frame in frames):
        with pytest.raises(StreamTruncated) as cut:
            play(frames)
        assert not runs(cut.value.partial)
        return
    _, response = play(frames)
    assert runs(response) in ([], [ARGUMENTS])
    end = next(frame for frame in frames if frame["type"] == "response.completed")
    if end["response"]["output"]:  # the final output counts, whatever came before it
        assert (response.text, runs(response)) == ("Grüße aus 🏔!", [ARGUMENTS])


@budget(200)
@given(streams, st.data())
def test_a_stream_that_is_cut_never_ends_and_runs_nothing(kind: Any, data: st.DataObject) -> None:
    frames = stream(**kind)
    kept: list[Any] = frames[: data.draw(st.integers(0, len(frames) - 1))]
    rest = json.dumps(frames[len(kept)])
    kept.append(rest[: data.draw(st.integers(1, len(rest) - 1))])
    with pytest.raises(StreamTruncated) as cut:
        play(kept)
    assert "Grüße aus 🏔!".startswith(cut.value.partial.text)
    assert not runs(cut.value.partial)


ANYTHING: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["completed", "function_call", "output_text", "{}", "0", "message"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, inner in below for place in places(inner, (*at, key)))]


def changed(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = deepcopy(value)
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = new
    return copy


@budget(400)
@given(streams, st.data(), ANYTHING)
def test_a_value_of_another_type_anywhere_is_read_or_is_an_error_of_ours(
    kind: Any, data: st.DataObject, new: Any
) -> None:
    frames: list[Any] = stream(**kind)
    at = data.draw(st.integers(0, len(frames) - 1))
    frames[at] = changed(frames[at], data.draw(st.sampled_from(places(frames[at]))), new)
    try:
        _, response = play(frames)
    except ChatError:
        return
    assert len(runs(response)) <= 2
    check_stored(response.message)


@budget(400)
@given(st.data(), ANYTHING)
def test_a_whole_response_with_any_value_anywhere_is_read_or_is_an_error_of_ours(
    data: st.DataObject, new: Any
) -> None:
    body = {**HEAD, "status": "completed", "usage": USAGE, "output": OUTPUT}
    body = changed(body, data.draw(st.sampled_from(places(body))), new)
    for read in (decode_count, decode_models, _decode):
        with suppress(ChatError):
            read(json.dumps(body).encode())


def _decode(body: bytes) -> None:
    check_stored(decode(body, origin=ORIGIN, ids=CallIds(Messages())).message)


ERRORS: list[Callable[[str], Any]] = [
    lambda words: {"type": "error", "code": "rate_limit_exceeded", "message": words},
    lambda words: {"type": "error", "error": {"code": "rate_limit_exceeded", "message": words}},
    lambda words: {"type": "error", "status": "429", "message": words},
    lambda words: {"error": {"code": 429, "message": words}},
    lambda words: {"error": {"status": "RESOURCE_EXHAUSTED", "message": words}},
    lambda words: {"code": "429", "message": words},
    lambda words: {
        "type": "response.failed",
        "response": {**HEAD, "status": "failed", "error": {"code": "rate_limit_exceeded", "message": words}},
    },
    lambda words: {"status_code": 429, "detail": words},
]


@budget(200)
@given(streams, st.data(), st.sampled_from(ERRORS))
def test_an_error_anywhere_before_the_end_is_raised_in_eight_shapes(
    kind: Any, data: st.DataObject, error: Callable[[str], Any]
) -> None:
    frames: list[Any] = stream(**kind)
    frames.insert(data.draw(st.integers(0, len(frames) - 1)), error("too many requests today"))
    with pytest.raises(RateLimited, match="too many requests today") as caught:
        play(frames)
    assert isinstance(caught.value, ProviderError)


@budget(100)
@given(streams, st.data(), st.sampled_from(["<html>Bad Gateway</html>", "nonsense", '"text"', "5", "[]"]))
def test_what_is_no_frame_is_quoted(kind: Any, data: st.DataObject, junk: str) -> None:
    frames: list[Any] = stream(**kind)
    frames.insert(data.draw(st.integers(0, len(frames) - 1)), junk)
    with pytest.raises(InvalidResponse) as caught:
        play(frames)
    assert junk[:20] in str(caught.value)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_cost_is_linear(kind: Any, check_linear: Any) -> None:
    def prepare(times: int) -> Callable[[], object]:
        frames = stream(**kind)
        at = next(at for at, frame in enumerate(frames) if frame["type"].endswith("text.delta"))
        text = [json.dumps({**frames[at], "sequence_number": number}) for number in range(times)]
        return lambda: play([frames[0], *text, frames[-1]])

    check_linear(prepare, 1000, 8000)
