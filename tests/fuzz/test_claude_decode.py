"""Streams of the Messages wire that are damaged: the expected turn or an error that quotes the frame, and
nothing in between.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from budget import budget
from chat_claude.decode import decode
from chat_claude.stream import ClaudeStreamDecoder
from chat_core import (
    ChatError,
    ChatResponse,
    Event,
    InvalidResponse,
    Messages,
    Origin,
    Pending,
    ProviderError,
    StreamTruncated,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.wire import CallIds
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

ORIGIN = Origin("claude", "https://api.anthropic.com", "claude-opus-5-5")
Frames = list[dict[str, Any]]

texts = st.sampled_from(["Hello", " ", "\n\n", "é🦙", "{}", "[DONE]", '"', "\\ud83d", "data: x", "a" * 200])
inputs = st.sampled_from([{}, {"a": 1}, {"path": "/"}, {"a": {"b": [1, "}"]}}, {"t": "é"}])


@st.composite
def contents(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The content of a whole message."""
    blocks: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 4))):
        match draw(st.sampled_from(["text", "thinking", "tool_use", "server", "redacted"])):
            case "text":
                blocks.append({"type": "text", "text": draw(texts)})
            case "thinking":
                blocks.append({"type": "thinking", "thinking": draw(texts), "signature": "c2ln"})
            case "tool_use":
                given_input = draw(inputs)
                blocks.append(
                    {"type": "tool_use", "id": f"toolu_{number}", "name": "add", "input": given_input}
                )
            case "redacted":
                blocks.append({"type": "redacted_thinking", "data": "eHk="})
            case _:
                call = {"type": "server_tool_use", "id": f"srvtoolu_{number}", "name": "web_search"}
                found = {"type": "web_search_tool_result", "tool_use_id": f"srvtoolu_{number}", "content": []}
                blocks += [call | {"input": draw(inputs)}, found]
    return blocks


def message_of(content: Sequence[dict[str, Any]], stop: str) -> dict[str, Any]:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
    usage = {"input_tokens": 10, "output_tokens": 5}
    return head | {"content": list(content), "stop_reason": stop, "usage": usage}


def frames_of(message: dict[str, Any], size: int) -> Frames:
    """The events of a message, its texts in pieces of this size."""
    start = message | {"content": [], "stop_reason": None}
    frames: Frames = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(message["content"]):
        began, deltas = _pieces(block, size)
        frames.append({"type": "content_block_start", "index": index, "content_block": began})
        frames += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        frames.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": message["stop_reason"]}
    end = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5}}
    return [*frames, end, {"type": "message_stop"}]


def _pieces(block: dict[str, Any], size: int) -> tuple[dict[str, Any], Frames]:
    def cut(text: str) -> list[str]:
        return [text[at : at + size] for at in range(0, len(text), size)]

    match block:
        case {"type": "text", "text": text}:
            return block | {"text": ""}, [{"type": "text_delta", "text": piece} for piece in cut(text)]
        case {"type": "thinking", "thinking": text, "signature": signature}:
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in cut(text)]
            return block | {"thinking": "", "signature": ""}, [
                *deltas,
                {"type": "signature_delta", "signature": signature},
            ]
        case {"type": "tool_use" | "server_tool_use", "input": given_input}:
            text = json.dumps(given_input) if given_input else ""
            return block | {"input": {}}, [
                {"type": "input_json_delta", "partial_json": piece} for piece in ["", *cut(text)]
            ]
        case _:
            return block, []


@st.composite
def messages(draw: st.DrawFn) -> tuple[dict[str, Any], Frames]:
    content = draw(contents())
    called = any(block["type"] == "tool_use" for block in content)
    stop = (
        "tool_use" if called else draw(st.sampled_from(["end_turn", "max_tokens", "refusal", "pause_turn"]))
    )
    message = message_of(content, stop)
    return message, frames_of(message, draw(st.sampled_from([1, 3, 1000])))


def play(frames: Sequence[dict[str, Any] | str]) -> tuple[ChatResponse, list[TurnEvent]]:
    decoder = ClaudeStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()), prefix=lambda: "")
    seen: list[TurnEvent] = []
    for frame in frames:
        data = frame if isinstance(frame, str) else json.dumps(frame)
        kind = "message" if isinstance(frame, str) else str(frame.get("type", "message"))
        seen += decoder.feed(Event(kind, data))
        if decoder.finished:
            break
    return decoder.finish().response, seen


def text_in(frames: Sequence[Any]) -> str:
    """All text in the frames up to the terminal sign, read without the decoder."""
    found = []
    for frame in frames:
        if frame == {"type": "message_stop"}:
            break
        if isinstance(frame, dict) and frame.get("type") == "content_block_delta":
            found.append(str(frame["delta"].get("text", "")))
    return "".join(found)


def arguments_in(events: Sequence[TurnEvent], id: str) -> str:
    chunks = [event for event in events if isinstance(event, ToolCallChunk) and event.id == id]
    return "".join(chunk.arguments for chunk in chunks)


def check(frames: Sequence[Any], expected: ChatResponse) -> ChatResponse | None:
    """Play damaged frames; what has to hold of a turn that comes out, or of the error."""
    try:
        response, events = play(frames)
    except StreamTruncated as error:
        assert all(call.failed for call in error.partial.tool_calls)  # noqa: PT017  most damage is no error
        return None
    except (InvalidResponse, ProviderError):
        return None
    assert "".join(event.text for event in events if isinstance(event, TextChunk)) == text_in(frames)
    assert sorted(response.text) == sorted(text_in(frames))
    ids = [call.id for call in response.tool_calls]
    assert len(set(ids)) == len(ids) <= len(expected.tool_calls)
    for call in response.tool_calls:
        if isinstance(call.status, Pending):
            assert call.arguments == json.loads(arguments_in(events, call.id) or "{}")
    return response


@budget(100)
@given(messages())
def test_whole_and_streamed_are_the_same_turn(made: tuple[dict[str, Any], Frames]) -> None:
    message, frames = made
    streamed, _ = play(frames)
    whole = decode(json.dumps(message).encode(), origin=ORIGIN, ids=CallIds(Messages()), prefix=lambda: "")

    assert (
        streamed.text
        == whole.text
        == "".join(block["text"] for block in message["content"] if block["type"] == "text")
    )
    assert [part.type for part in streamed.message.parts] == [part.type for part in whole.message.parts]
    assert [(call.id, call.arguments, call.status) for call in streamed.tool_calls] == [
        (call.id, call.arguments, call.status) for call in whole.tool_calls
    ]
    assert streamed.message.turn == whole.message.turn


@budget(200)
@given(messages(), st.data())
def test_a_damaged_stream_is_the_turn_that_it_tells_or_an_error(
    made: tuple[dict[str, Any], Frames], data: st.DataObject
) -> None:
    _, frames = made
    expected, _ = play(frames)
    frames = copy.deepcopy(frames)
    at = data.draw(st.integers(0, len(frames) - 1))
    damage = data.draw(
        st.sampled_from(["drop", "repeat", "swap", "move", "word", "type", "unknown", "break"])
    )
    damaged: list[Any] = [*frames]
    match damage:
        case "drop":
            del damaged[at]
        case "repeat":
            damaged.insert(at, frames[at])
        case "swap" if at:
            damaged[at - 1], damaged[at] = frames[at], frames[at - 1]
        case "move":
            damaged.insert(data.draw(st.integers(0, len(frames) - 1)), damaged.pop(at))
        case "word":
            damaged[at] = {key: value for key, value in frames[at].items() if key != "index"} | {"index": 77}
        case "type":
            damaged[at] = frames[at] | {"type": "something_new"}
        case "unknown":
            damaged.insert(at, {"type": "something_new", "message": "hello"})
        case _:
            damaged[at] = json.dumps(frames[at])[: data.draw(st.integers(1, 40))]
    response = check(damaged, expected)
    if damage == "unknown":
        assert response is not None
        assert (response.text, len(response.tool_calls)) == (expected.text, len(expected.tool_calls))


ERRORS = [
    {"type": "error", "error": {"type": "overloaded_error", "message": "SAID"}},
    {"error": {"message": "SAID", "code": 529}},
    {"error": "SAID"},
    {"code": "DataInspectionFailed", "message": "SAID"},
    {"detail": "SAID"},
    {"type": "overloaded_error", "message": "SAID"},
    {"object": "error", "message": "SAID", "code": 40303},
    {"errors": [{"message": "SAID"}]},
]


@budget(100)
@given(messages(), st.data())
def test_an_error_in_any_shape_ends_the_stream_with_its_words(
    made: tuple[dict[str, Any], Frames], data: st.DataObject
) -> None:
    _, frames = made
    at = data.draw(st.integers(0, len(frames) - 1))
    error = data.draw(st.sampled_from(ERRORS))

    with pytest.raises(ProviderError, match="SAID"):
        play([*frames[:at], error, *frames[at:]])
    with pytest.raises(ProviderError, match="SAID"):
        decode(json.dumps(error).encode(), origin=ORIGIN, ids=CallIds(Messages()), prefix=str)


@budget(100)
@given(messages(), st.data())
def test_a_cut_at_any_character_is_an_error_that_quotes_the_last_frame(
    made: tuple[dict[str, Any], Frames], data: st.DataObject
) -> None:
    _, frames = made
    at = data.draw(st.integers(0, len(frames) - 1))
    last = json.dumps(frames[at])
    cut = last[: data.draw(st.integers(0, len(last) - 1))]

    with pytest.raises(StreamTruncated) as caught:
        play([*frames[:at], *([cut] if cut else [])])
    if at and not cut:
        assert json.dumps(frames[at - 1])[:40] in str(caught.value)
    assert caught.value.partial.text == text_in(frames[:at])
    assert all(call.failed for call in caught.value.partial.tool_calls)


@budget(150)
@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | texts,
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "index", "delta", "content_block", "message", "usage", "content", "error", "id"]
                ),
                inner,
            )
        ),
    ),
    st.sampled_from(
        ["message_start", "content_block_start", "content_block_delta", "message_delta", "message"]
    ),
)
def test_nothing_but_a_chat_error_leaves_the_decoder(value: Any, kind: str) -> None:
    frame = (value if isinstance(value, dict) else {"delta": value}) | {"type": kind}
    start: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
    for frames in ([frame], [start, frame], [frame, {"type": "message_stop"}]):
        with suppress(ChatError):
            check_stored(play(frames)[0].message)
    body = json.dumps(value).encode()
    with suppress(ChatError):
        check_stored(decode(body, origin=ORIGIN, ids=CallIds(Messages()), prefix=str).message)


@pytest.mark.parametrize(
    ("block", "delta"),
    [
        ({"type": "text", "text": ""}, {"type": "text_delta", "text": "ab"}),
        ({"type": "text", "text": ""}, {"type": "citations_delta", "citation": {"type": "x"}}),
        ({"type": "tool_use", "id": "t", "name": "n"}, {"type": "input_json_delta", "partial_json": " "}),
        ({"type": "compaction", "content": ""}, {"type": "compaction_delta", "content": "ab"}),
        ({"type": "new", "list": []}, {"type": "new_delta", "list": [1]}),
        ({"type": "text", "text": ""}, None),
    ],
)
def test_the_cost_grows_with_the_number_of_events(
    block: dict[str, Any], delta: dict[str, Any] | None, check_linear: Any
) -> None:
    def prepare(count: int) -> Callable[[], object]:
        more = {"type": "content_block_delta", "index": 0, "delta": delta} if delta else {"type": "new_event"}
        start: Frames = [{"type": "content_block_start", "index": 0, "content_block": block}]
        stop: Frames = [{"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
        return lambda: play([*start, *([more] * count), *stop])

    check_linear(prepare, 2_000, 20_000)


def test_new_fields_in_every_message_delta_cost_linear_time(check_linear: Any) -> None:
    def prepare(count: int) -> Callable[[], object]:
        usages = [{"output_tokens": at, f"field_{at}": at} for at in range(count)]
        frames: Frames = [{"type": "message_delta", "delta": {}, "usage": usage} for usage in usages]
        return lambda: play([*frames, {"type": "message_stop"}])

    check_linear(prepare, 1_000, 12_000)
