"""Frames out of the events of a stream: whole, cut, joined, and ended by `[DONE]`."""

from __future__ import annotations

import json

import pytest
from chat_core import ChatResponse, Event, Failed, InvalidResponse, Message, ToolCall
from chat_core.wire import FrameReader


def event(data: str) -> Event:
    return Event("message", data)


def partial(*parts: ToolCall) -> ChatResponse:
    return ChatResponse(Message("model", list(parts)))


def test_an_object_is_returned_and_done_is_remembered() -> None:
    frames = FrameReader("a frame")

    assert frames.read(event('{"a": 1}')) == {"a": 1}
    assert not frames.done
    assert frames.read(event("[DONE] and what follows")) is None
    assert frames.done


@pytest.mark.parametrize("cut", ["", "{", '{"a', '{"a": 1', '{"a": "x', "[D", '{"a": tr'])
def test_what_a_cut_leaves_yields_nothing_until_more_comes(cut: str) -> None:
    frames = FrameReader("a frame")
    assert frames.read(event(cut)) is None
    assert isinstance(frames.cut, InvalidResponse)
    with pytest.raises(InvalidResponse):
        frames.read(event("{}"))


@pytest.mark.parametrize("data", ["Internal Server Error", "<html>", "{} {}", "[1]", '"text"', "5", "null"])
def test_what_is_no_object_is_an_error_that_quotes_it(data: str) -> None:
    with pytest.raises(InvalidResponse, match="not a frame") as caught:
        FrameReader("a frame").read(event(data))
    assert data[:20] in str(caught.value)


def test_a_stream_that_goes_on_over_another_connection_forgets_its_cut() -> None:
    frames = FrameReader("a frame")
    frames.read(event('{"a'))
    frames.continue_elsewhere()

    assert frames.read(event('{"a": 1}')) == {"a": 1}


def test_a_truncated_stream_quotes_its_last_event_and_runs_no_call() -> None:
    frames = FrameReader("a frame")
    frames.read(event('{"odd": true}'))
    frames.read(event('{"a'))
    error = frames.truncated("its end", partial(ToolCall("t1", "add")))

    assert "the stream ended before its end" in str(error)
    assert '{"a' in str(error)
    assert error.__cause__ is frames.cut
    assert error.partial.message.interrupted
    assert isinstance(error.partial.tool_calls[0].status, Failed)


@pytest.mark.parametrize("text", ["hi 🦙!", "🦙", "a🦙b🦙c", "\\ud83d is text", 'say "🦙"', "\\\\🦙"])
def test_a_character_cut_between_two_events_is_whole(text: str) -> None:
    whole = json.dumps({"text": text})
    for at in range(len(whole)):
        if not whole[at:].startswith("\\udd99"):
            continue
        frames = FrameReader("a frame")
        first, second = frames.read(event(whole[:at] + '"}')), frames.read(event('{"text": "' + whole[at:]))
        assert first is not None
        assert second is not None
        assert f"{first['text']}{second['text']}" == text


def test_frames_come_one_by_one_in_a_list_or_in_lines() -> None:
    read = FrameReader("a frame").read_all

    assert list(read(event('{"a": 1}'))) == [{"a": 1}]
    assert list(read(event('[{"a": 1}, {"b": 2}, 5]'))) == [{"a": 1}, {"b": 2}]
    assert list(read(event('{"a": 1}\n\n{"b": 2}'))) == [{"a": 1}, {"b": 2}]
    with pytest.raises(InvalidResponse):
        read(event('{"a": 1}\nnonsense\n{"b": 2}'))


def test_lines_whose_last_is_cut_yield_the_whole_ones() -> None:
    frames = FrameReader("a frame")

    assert list(frames.read_all(event('{"a": 1}\n{"b'))) == [{"a": 1}]
    assert frames.cut is not None


@pytest.mark.parametrize("depth", [101, 150, 400, 5000])
def test_a_frame_that_is_nested_too_deeply_is_an_error_that_says_so(depth: int) -> None:
    with pytest.raises(InvalidResponse, match="not a frame"):
        FrameReader("a frame").read(event('{"a":' + "[" * depth + "]" * depth + "}"))
