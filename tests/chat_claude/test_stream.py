"""The stream decoder: values in odd places and shapes, errors without a name, ends without an explanation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_claude.stream import ClaudeStreamDecoder
from chat_core import (
    Done,
    Event,
    Failed,
    InvalidResponse,
    Messages,
    Origin,
    Pending,
    ProviderError,
    RateLimited,
    StreamTruncated,
    TextChunk,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.wire import CallIds

ORIGIN = Origin("claude", "https://api.anthropic.com", "claude-opus-5-5")
START = {"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": []}}
STOP = {"type": "message_stop"}


def began(block: dict[str, Any], index: Any = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(change: dict[str, Any], index: Any = 0) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": change}


def ended(index: Any = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def end(stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": stop, **more}, "usage": {"output_tokens": 5}}


TEXT = {"type": "text", "text": ""}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "wipe", "input": {}}


def play(*frames: dict[str, Any] | str) -> list[TurnEvent]:
    decoder = ClaudeStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()), prefix=str)
    events: list[TurnEvent] = []
    for frame in frames:
        events += decoder.feed(Event("message", frame if isinstance(frame, str) else json.dumps(frame)))
    return [*events, decoder.finish()]


def response(*frames: dict[str, Any] | str) -> Any:
    events = play(*frames)
    assert broken_laws(events) == []
    assert isinstance(events[-1], Done)
    return events[-1].response


@pytest.mark.parametrize(
    ("piece", "text"),
    [(6, "It costs $6."), ({"name": "Bern"}, 'It costs ${"name": "Bern"}.'), (None, "It costs $.")],
)
def test_text_of_another_json_type_is_not_lost(piece: Any, text: str) -> None:
    deltas = [delta({"type": "text_delta", "text": value}) for value in ("It costs $", piece, ".")]

    assert response(START, began(TEXT), *deltas, ended(), end(), STOP).text == text
    whole = began({"type": "text", "text": piece})
    assert response(START, whole, ended(), end(), STOP).text == text.removeprefix("It costs $").removesuffix(
        "."
    )


def test_arguments_that_come_as_an_object_are_read() -> None:
    got = response(
        START,
        began(CALL),
        delta({"type": "input_json_delta", "partial_json": {"path": "a"}}),
        ended(),
        end("tool_use"),
        STOP,
    )
    assert got.tool_calls[0].arguments == {"path": "a"}


def test_a_character_that_is_cut_between_two_events_is_whole() -> None:
    first = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi \\ud83d"}}'
    second = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\ude00!"}}'

    assert (
        response(START, began(TEXT), first, '{"type":"ping"}', second, ended(), end(), STOP).text == "hi 😀!"
    )


def test_an_index_as_text_or_always_the_same_is_read() -> None:
    one = [began(TEXT, "0"), delta({"type": "text_delta", "text": "a"}, "0"), ended("0")]
    two = [began(TEXT), delta({"type": "text_delta", "text": "b"}), ended()]

    assert response(START, *one, *two, end(), STOP).text == "ab"


@pytest.mark.parametrize(
    ("frame", "quoted"),
    [
        (delta({"type": "text_delta", "text": "x"}), "a text_delta for block 0, a tool_use"),
        (delta({"type": "thinking_delta", "thinking": "x"}), "a thinking_delta for block 0, a tool_use"),
        (began(TEXT), "starts again"),
        ({"type": "message_start", "message": {"id": "msg_2"}}, "another message begins"),
        ({"type": "message", "content": [], "stop_reason": "end_turn"}, "a whole message in the middle"),
    ],
)
def test_what_would_mix_two_blocks_or_messages_is_an_error(frame: dict[str, Any], quoted: str) -> None:
    with pytest.raises(InvalidResponse, match=quoted):
        play(START, began(CALL), frame, ended(), end("tool_use"), STOP)


def test_a_delta_after_the_end_of_its_block_is_an_error() -> None:
    with pytest.raises(InvalidResponse, match="has stopped"):
        play(START, began(TEXT), ended(), delta({"type": "text_delta", "text": "x"}), STOP)


def test_a_call_that_a_server_repeats_is_one_call() -> None:
    frames = [began(CALL), delta({"type": "input_json_delta", "partial_json": '{"path": "a"}'}), ended()]

    for again in (frames, [began(CALL), ended()]):
        got = response(START, *frames, *again, end("tool_use"), STOP)
        assert [call.arguments for call in got.tool_calls] == [{"path": "a"}]


@pytest.mark.parametrize("stop", ["max_tokens", "length", "MAX_TOKENS", "something_new", None, "null"])
def test_a_call_without_arguments_does_not_run_unless_the_turn_ended_well(stop: str | None) -> None:
    [call] = response(START, began(CALL), ended(), end(stop), STOP).tool_calls
    assert isinstance(call.status, Failed)

    [call] = response(START, began(CALL), ended(), end("tool_use"), STOP).tool_calls
    assert call.status == Pending()
    [call] = response(START, began(CALL), end("tool_use"), STOP).tool_calls
    assert isinstance(call.status, Failed)


@pytest.mark.parametrize("word", ["length", "max_output_tokens", "model_context_window_exceeded"])
def test_every_word_for_the_token_limit_is_length(word: str) -> None:
    assert response(START, began(TEXT), ended(), end(word), STOP).finish_reason == "length"


@pytest.mark.parametrize(
    "arguments", ['{"a": 1e999}', '{"a": NaN}', "[" * 300 + "]" * 300, '{"a": "\\ud83d"}', "[1]"]
)
def test_arguments_that_json_cannot_store_fail_the_call(arguments: str) -> None:
    frames = [began(CALL), delta({"type": "input_json_delta", "partial_json": arguments}), ended()]

    [call] = response(START, *frames, end("tool_use"), STOP).tool_calls
    assert isinstance(call.status, Failed)
    assert Messages.from_json(Messages.from_user("Hi").to_json())


@pytest.mark.parametrize(
    "frame",
    [
        {"code": "DataInspectionFailed", "message": "Too sensitive."},
        {"detail": "Too sensitive."},
        {"status": 500, "msg": "Too sensitive."},
        {"type": "overloaded_error", "message": "Too sensitive."},
        {"error": "Too sensitive."},
    ],
)
def test_an_error_without_its_envelope_is_one_at_any_place(frame: dict[str, Any]) -> None:
    for frames in ([frame], [START, began(TEXT), delta({"type": "text_delta", "text": "So"}), frame]):
        with pytest.raises(ProviderError, match=r"Too sensitive\."):
            play(*frames, "[DONE]")


def test_a_status_as_text_decides_the_class_of_an_error() -> None:
    with pytest.raises(RateLimited) as caught:
        play(START, {"error": {"message": "Slow down.", "code": "429"}})
    assert caught.value.retryable


def test_a_new_kind_of_event_is_no_error() -> None:
    new = {"type": "something_new", "message": {"text": "hello"}, "code": 7}

    got = response(START, new, began(TEXT), delta({"type": "text_delta", "text": "So"}), ended(), end(), STOP)
    assert got.text == "So"
    assert got.raw["unknown_events"] == [new]


def test_a_cut_stream_quotes_its_last_frame() -> None:
    with pytest.raises(StreamTruncated, match=r"message_stop; the last event was .*it ends here"):
        play(START, began(TEXT), delta({"type": "text_delta", "text": "it ends here"}))


@pytest.mark.parametrize(
    ("last", "notice"),
    [
        (end("something_new"), "'something_new'"),
        (end("refusal"), "without an explanation"),
        (end("refusal", stop_details={"category": "cyber"}), "category cyber"),
    ],
)
def test_an_end_that_nothing_explains_is_noticed(last: dict[str, Any], notice: str) -> None:
    got = response(START, last, STOP)
    assert [found.about for found in got.notices] == ["finish_reason"]
    assert notice in got.notices[0].message


def test_an_explanation_is_yielded_once_however_often_it_comes() -> None:
    last = end("refusal", stop_details={"explanation": "Not this."})

    events = play(START, last, last, STOP)
    assert [getattr(event, "text", None) for event in events[:-1]] == ["Not this."]
    assert isinstance(events[-1], Done)
    assert events[-1].response.refusal == "Not this."
    assert TextChunk("Not this.") not in events


def test_content_that_comes_with_the_start_of_the_message_counts_where_no_block_follows() -> None:
    start = {"type": "message_start", "message": {"id": "msg_1", "content": [{"type": "text", "text": "Hi"}]}}

    assert response(start, end(), STOP).text == "Hi"
    assert (
        response(start, began(TEXT), delta({"type": "text_delta", "text": "Hi"}), ended(), end(), STOP).text
        == "Hi"
    )


def test_usage_is_read_wherever_it_stands() -> None:
    last = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "usage": {"output_tokens": 7}}}

    assert response(START, last, STOP).usage.output_tokens == 7


THINKING = {"type": "thinking", "thinking": ""}


@pytest.mark.parametrize("index", [0, "0", 1, True, None, 0.0, [0], {}])
@pytest.mark.parametrize(
    "change",
    [
        {"type": "text_delta", "text": "a"},
        {"type": "text_delta", "text": ""},
        {"type": "text_delta", "text": 7},
        {"type": "text_delta"},
        {"type": "input_json_delta", "partial_json": "{}"},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": {"a": 1}},
        {"type": "thinking_delta", "thinking": "a"},
        {"type": ["text_delta"], "text": "a"},
        {"text": "a"},
        "text",
        None,
    ],
)
@pytest.mark.parametrize("block", [TEXT, CALL, THINKING])
def test_a_delta_means_the_same_whatever_the_event_is_called(block: Any, change: Any, index: Any) -> None:
    def read(kind: str, *, is_stopped: bool) -> object:
        decoder = ClaudeStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()), prefix=str)
        for frame in (began(block), *([ended()] if is_stopped else [])):
            decoder.feed(Event(frame["type"], json.dumps(frame)))
        try:
            events = decoder.feed(Event(kind, json.dumps(delta(change, index))))
        except InvalidResponse as error:
            return str(error)
        return list(events)

    for is_stopped in (False, True):
        named = read("content_block_delta", is_stopped=is_stopped)
        assert named == read("message", is_stopped=is_stopped)


def test_deltas_that_differ_in_their_text_and_in_padding_are_not_parsed(parsed: list[str]) -> None:
    """Anthropic puts spaces between the last brackets."""

    def padded(index: int, kind: str, field: str, texts: list[str]) -> list[str]:
        frames = [json.dumps(delta({"type": kind, field: text}, index)) for text in texts]
        return [frame[:-1] + " " * (at % 4) + "}" for at, frame in enumerate(frames)]

    words = [f"{number} " for number in range(10)]
    found = response(
        START,
        began({"type": "thinking", "thinking": ""}, 0),
        *padded(0, "thinking_delta", "thinking", words),
        delta({"type": "signature_delta", "signature": "c2ln"}, 0),
        ended(0),
        began(TEXT, 1),
        *padded(1, "text_delta", "text", words),
        delta({"type": "citations_delta", "citation": {"type": "x"}}, 1),
        *padded(1, "text_delta", "text", words),
        ended(1),
        began(CALL, 2),
        *padded(2, "input_json_delta", "partial_json", ['{"a', '": ', "1", ', "', "b", '": 2', "}"]),
        ended(2),
        end("tool_use"),
        STOP,
    )
    assert found.reasoning == "".join(words)
    assert found.text == "".join(words) * 2
    assert found.tool_calls[0].arguments == {"a": 1, "b": 2}
    assert len(parsed) < 18  # of 49


def test_a_delta_like_those_before_it_for_a_block_that_has_stopped_is_an_error() -> None:
    deltas = [delta({"type": "text_delta", "text": "x"}) for _ in range(4)]
    with pytest.raises(InvalidResponse, match="has stopped"):
        play(START, began(TEXT), *deltas, ended(), deltas[0])
