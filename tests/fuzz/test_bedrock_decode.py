"""Streams of Converse that are damaged: the turn that they tell, or an error; and no more time than their
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from budget import budget
from chat_bedrock.decode import decode
from chat_bedrock.stream import BedrockStreamDecoder
from chat_core import Event, Messages, Origin, ProviderError
from chat_core.testing import event_stream_bytes
from chat_core.transport.event_stream import EventStreamReader
from chat_core.wire import CallIds
from damaged import ERRORS, check, damaged, play, same
from hypothesis import given
from hypothesis import strategies as st

HERE = Origin("bedrock", "https://host", "m")

texts = st.sampled_from(["Hello", " ", "\n\n", "é🦙", "{}", '"', "\\ud83d", "a" * 200])
inputs = st.sampled_from([{}, {"a": 1}, {"path": "/"}, {"a": {"b": [1, "}"]}}, {"t": "é"}])
blocks = st.one_of(
    texts.map(lambda text: {"text": text}),
    texts.map(lambda text: {"reasoningContent": {"reasoningText": {"text": text, "signature": "c2ln"}}}),
    st.just({"reasoningContent": {"redactedContent": "eHk="}}),
    inputs.map(lambda value: {"toolUse": {"name": "add", "input": value}}),
    inputs.map(
        lambda value: {"toolUse": {"name": "nova_grounding", "input": value, "type": "server_tool_use"}}
    ),
)


def decoder() -> BedrockStreamDecoder:
    return BedrockStreamDecoder(origin=HERE, ids=CallIds(Messages()))


def events_of(content: list[dict], reason: str, size: int) -> list[Event]:
    """The events of a message, its texts in pieces of this size."""
    events: list[tuple[str, dict]] = [("messageStart", {"role": "assistant"})]
    for index, block in enumerate(content):
        at = {"contentBlockIndex": index}
        start, deltas = _pieces(block, size)
        events += [("contentBlockStart", {**at, "start": start})] if start else []
        events += [("contentBlockDelta", {**at, "delta": delta}) for delta in deltas]
        events.append(("contentBlockStop", at))
    usage = {"inputTokens": 1, "outputTokens": 2}
    events += [("messageStop", {"stopReason": reason}), ("metadata", {"usage": usage})]
    return [Event(type, json.dumps({**payload, "p": "abc"})) for type, payload in events]


def _pieces(block: dict, size: int) -> tuple[dict | None, list[dict]]:
    def cut(text: str) -> list[str]:
        return [text[at : at + size] for at in range(0, len(text), size)]

    match block:
        case {"text": text}:
            return None, [{"text": piece} for piece in cut(text)]
        case {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}:
            deltas = [{"reasoningContent": {"text": piece}} for piece in cut(text)]
            return None, [*deltas, {"reasoningContent": {"signature": signature}}]
        case {"toolUse": {"input": value} as call}:
            start = {key: item for key, item in call.items() if key != "input"}
            text = json.dumps(value) if value else ""
            return {"toolUse": start}, [{"toolUse": {"input": piece}} for piece in cut(text)]
        case _:
            return None, [block]


@st.composite
def turns(draw: st.DrawFn) -> tuple[list[dict], str, list[Event]]:
    content = draw(st.lists(blocks, max_size=4))
    for number, block in enumerate(content):
        if "toolUse" in block:
            content[number] = {"toolUse": {"toolUseId": f"t{number}", **block["toolUse"]}}
    called = any("toolUse" in block for block in content)
    reason = (
        "tool_use" if called else draw(st.sampled_from(["end_turn", "max_tokens", "guardrail_intervened"]))
    )
    return content, reason, events_of(content, reason, draw(st.sampled_from([1, 3, 1000])))


@budget(100)
@given(turns())
def test_whole_and_streamed_are_the_same_turn(made: tuple[list[dict], str, list[Event]]) -> None:
    content, reason, events = made
    streamed, _ = play(decoder(), events)
    usage = {"inputTokens": 1, "outputTokens": 2}
    body = {"output": {"message": {"content": content}}, "stopReason": reason, "usage": usage}
    whole = decode(json.dumps(body).encode(), origin=HERE, ids=CallIds(Messages()))
    assert same(streamed, whole)


@budget(100)
@given(turns(), st.data())
def test_a_damaged_stream_is_the_turn_that_it_tells_or_an_error(
    made: tuple[list[dict], str, list[Event]], data: st.DataObject
) -> None:
    events = made[2]
    expected, _ = play(decoder(), events)
    check(decoder, damaged(events, data), expected)


@budget(40)
@given(turns(), st.sampled_from(ERRORS), st.data())
def test_an_error_among_the_events_is_raised_in_any_shape(
    made: tuple[list[dict], str, list[Event]], error: dict, data: st.DataObject
) -> None:
    events = made[2]
    events.insert(data.draw(st.integers(0, len(events) - 1)), Event("message", json.dumps(error)))
    with pytest.raises(ProviderError, match="it broke"):
        play(decoder(), events)


@budget(60)
@given(turns(), st.data())
def test_bytes_that_are_damaged_are_never_another_turn(
    made: tuple[list[dict], str, list[Event]], data: st.DataObject
) -> None:
    events = made[2]
    body = bytearray(event_stream_bytes(events))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= data.draw(st.integers(1, 255))
    reader = EventStreamReader(1 << 20)
    found = reader.feed(bytes(body))
    assert found == events[: len(found)]
    # a length that grew waits for bytes that never come, which ends as a cut stream does
    assert reader.fault is not None or len(found) < len(events)


def test_long_arguments_in_small_pieces_cost_linear_time(check_linear: Any) -> None:
    def prepare(size: int) -> Callable[[], object]:
        content = [{"toolUse": {"toolUseId": "t", "name": "add", "input": {"text": "x" * size}}}]
        events = events_of(content, "tool_use", 8)
        return lambda: play(decoder(), events)

    check_linear(prepare, 20_000, 200_000)
