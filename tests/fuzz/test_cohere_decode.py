"""Streams of Cohere's that are damaged: the turn that they tell, or an error; and no more time than their
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from budget import budget
from chat_cohere.decode import decode
from chat_cohere.stream import CohereStreamDecoder
from chat_core import Event, Messages, Origin, ProviderError
from chat_core.wire import CallIds
from damaged import ERRORS, check, damaged, play, same
from hypothesis import given
from hypothesis import strategies as st

HERE = Origin("cohere", "https://host", "m")

texts = st.sampled_from(["Hello", " ", "\n\n", "é🦙", "{}", '"', "\\ud83d", "a" * 200])
arguments = st.sampled_from(["{}", '{"a": 1}', '{"path": "/"}', '{"a": {"b": [1, "}"]}}', "", "null"])
contents = st.lists(
    st.one_of(
        texts.map(lambda text: {"type": "text", "text": text}),
        texts.map(lambda text: {"type": "thinking", "thinking": text}),
    ),
    max_size=3,
)


def decoder() -> CohereStreamDecoder:
    return CohereStreamDecoder(origin=HERE, ids=CallIds(Messages()))


def event(type: str, index: int | None, **message: object) -> Event:
    frame: dict[str, object] = {"type": type, "delta": {"message": message}}
    return Event(type, json.dumps(frame if index is None else {**frame, "index": index}))


def events_of(message: dict, reason: str, size: int) -> list[Event]:
    """The events of a message, its texts in pieces of this size."""

    def cut(text: str) -> list[str]:
        return [text[at : at + size] for at in range(0, len(text), size)]

    events = [Event("message-start", '{"type": "message-start", "id": "r"}')]
    events += [event("tool-plan-delta", None, tool_plan=piece) for piece in cut(message.get("tool_plan", ""))]
    for index, block in enumerate(message.get("content", [])):
        kind = block["type"]
        events.append(event("content-start", index, content={"type": kind, kind: ""}))
        events += [event("content-delta", index, content={kind: piece}) for piece in cut(block[kind])]
        events.append(event("content-end", index))
    for index, call in enumerate(message.get("tool_calls", [])):
        function = {"name": call["function"]["name"], "arguments": ""}
        events.append(event("tool-call-start", index, tool_calls={"id": call["id"], "function": function}))
        events += [
            event("tool-call-delta", index, tool_calls={"function": {"arguments": piece}})
            for piece in cut(call["function"]["arguments"])
        ]
        events.append(event("tool-call-end", index))
    return [
        *events,
        Event("message-end", json.dumps({"type": "message-end", "delta": {"finish_reason": reason}})),
    ]


@st.composite
def turns(draw: st.DrawFn) -> tuple[dict, str, list[Event]]:
    message: dict = {"content": draw(contents)}
    calls = [
        {"id": f"c{number}", "type": "function", "function": {"name": "add", "arguments": draw(arguments)}}
        for number in range(draw(st.integers(0, 2)))
    ]
    if calls:
        message |= {"tool_plan": draw(texts), "tool_calls": calls}
    reason = "TOOL_CALL" if calls else draw(st.sampled_from(["COMPLETE", "MAX_TOKENS"]))
    return message, reason, events_of(message, reason, draw(st.sampled_from([1, 3, 1000])))


@budget(100)
@given(turns())
def test_whole_and_streamed_are_the_same_turn(made: tuple[dict, str, list[Event]]) -> None:
    message, reason, events = made
    streamed, _ = play(decoder(), events)
    body = {"id": "r", "finish_reason": reason, "message": message}
    whole = decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()))
    assert same(streamed, whole)


@budget(100)
@given(turns(), st.data())
def test_a_damaged_stream_is_the_turn_that_it_tells_or_an_error(
    made: tuple[dict, str, list[Event]], data: st.DataObject
) -> None:
    events = made[2]
    expected, _ = play(decoder(), events)
    check(decoder, damaged(events, data), expected)


@budget(40)
@given(turns(), st.sampled_from(ERRORS), st.data())
def test_an_error_among_the_events_is_raised_in_any_shape(
    made: tuple[dict, str, list[Event]], error: dict, data: st.DataObject
) -> None:
    events = made[2]
    events.insert(data.draw(st.integers(0, len(events) - 1)), Event("message", json.dumps(error)))
    with pytest.raises(ProviderError, match="it broke"):
        play(decoder(), events)


def test_long_arguments_in_small_pieces_cost_linear_time(check_linear: Any) -> None:
    def prepare(size: int) -> Callable[[], object]:
        text = json.dumps({"text": "x" * size})
        call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": text}}
        events = events_of({"tool_calls": [call]}, "TOOL_CALL", 8)
        return lambda: play(decoder(), events)

    check_linear(prepare, 20_000, 200_000)
