"""Streamed turns: what each event gives, and what a stream that goes wrong raises."""

from __future__ import annotations

import json

import pytest
from chat_cohere.stream import CohereStreamDecoder
from chat_core import (
    ChatResponse,
    Event,
    InvalidResponse,
    Messages,
    Origin,
    Pending,
    ProviderError,
    Reasoning,
    ReasoningChunk,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.wire import CallIds

HERE = Origin("cohere", "https://host", "m")


def decoder() -> CohereStreamDecoder:
    return CohereStreamDecoder(origin=HERE, ids=CallIds(Messages()))


def event(type: str, index: int | None = None, **message: object) -> Event:
    frame: dict[str, object] = {"type": type, "delta": {"message": message}}
    return Event(type, json.dumps(frame if index is None else {**frame, "index": index}))


def content(index: int, **content: str) -> Event:
    return event("content-delta", index, content=content)


def call_start(index: int, id: str, name: str) -> Event:
    return event("tool-call-start", index, tool_calls={"id": id, "function": {"name": name, "arguments": ""}})


def call_delta(index: int, arguments: str) -> Event:
    return event("tool-call-delta", index, tool_calls={"function": {"arguments": arguments}})


def end(reason: str = "COMPLETE", **delta: object) -> Event:
    usage = {"tokens": {"input_tokens": 7.0, "output_tokens": 2}, "cached_tokens": 4}
    delta = {"finish_reason": reason, "usage": usage, **delta}
    return Event("message-end", json.dumps({"type": "message-end", "delta": delta}))


START = Event("message-start", json.dumps({"type": "message-start", "id": "r-1"}))


def play(*events: Event) -> tuple[list[TurnEvent], ChatResponse]:
    machine = decoder()
    chunks = [chunk for one in events for chunk in machine.feed(one)]
    done = machine.finish()
    assert broken_laws([*chunks, done]) == []
    return chunks, done.response


def test_text_reasoning_and_usage() -> None:
    chunks, response = play(
        START,
        event("content-start", 0, content={"type": "thinking", "thinking": ""}),
        content(0, thinking="Hm"),
        event("content-end", 0),
        event("content-start", 1, content={"type": "text", "text": ""}),
        content(1, text="Hel"),
        content(1, text="lo"),
        event("content-end", 1),
        end(),
    )
    assert chunks == [ReasoningChunk("Hm"), TextChunk("Hel"), TextChunk("lo")]
    assert (response.reasoning, response.text, response.id) == ("Hm", "Hello", "r-1")
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "COMPLETE")
    assert (response.usage.input_tokens, response.usage.cache_read_tokens) == (7, 4)
    thought = response.message.parts[0]
    assert isinstance(thought, Reasoning)
    assert thought.native is not None


def test_a_plan_is_an_aside_before_its_calls() -> None:
    chunks, response = play(
        START,
        event("tool-plan-delta", tool_plan="I will "),
        event("tool-plan-delta", tool_plan="add."),
        call_start(0, "c1", "add"),
        call_delta(0, '{"a": '),
        call_delta(0, "1}"),
        event("tool-call-end", 0),
        call_start(1, "c2", "now"),
        event("tool-call-end", 1),
        end("TOOL_CALL"),
    )
    assert chunks[:2] == [TextChunk("I will ", aside=True), TextChunk("add.", aside=True)]
    assert chunks[2:5] == [
        ToolCallChunk("c1", "add", ""),
        ToolCallChunk("c1", "add", '{"a": '),
        ToolCallChunk("c1", "add", "1}"),
    ]
    assert response.message.parts[0] == Text("I will add.", aside=True)
    assert [(call.id, call.arguments, call.status) for call in response.tool_calls] == [
        ("c1", {"a": 1}, Pending()),
        ("c2", {}, Pending()),
    ]
    assert response.finish_reason == "tool_calls"


def test_citations_belong_to_the_text_that_they_name() -> None:
    source = {"type": "document", "id": "doc:0", "document": {"title": "facts", "text": "By Matz."}}
    cited = {"start": 0, "end": 4, "text": "Matz", "sources": [source], "content_index": 1}
    _, response = play(
        content(0, thinking="Hm"),
        content(1, text="Matz made it."),
        event("citation-start", 0, citations=cited),
        event("citation-end", 0),
        event("citation-start", 1, citations={**cited, "content_index": 0, "type": "THINKING_CONTENT"}),
        end(),
    )
    text = response.message.parts[1]
    assert isinstance(text, Text)
    (citation,) = text.citations
    assert (citation.title, citation.quote, citation.start, citation.end) == ("facts", "By Matz.", 0, 4)
    assert text.native is not None
    assert text.native.data == {"citations": [cited]}


@pytest.mark.parametrize(("reason", "status"), [("ERROR", 500), ("TIMEOUT", 504)])
def test_a_generation_that_fails_is_an_error(reason: str, status: int) -> None:
    machine = decoder()
    list(machine.feed(content(0, text="half")))
    with pytest.raises(ProviderError, match="overheated") as caught:
        machine.feed(end(reason, error="overheated"))
    assert caught.value.retryable
    assert caught.value.code == reason


def test_a_turn_that_is_cut_at_the_limit_runs_no_call() -> None:
    _, response = play(
        call_start(0, "c", "add"), call_delta(0, "{}"), event("tool-call-end", 0), end("MAX_TOKENS")
    )
    assert response.finish_reason == "length"
    assert response.tool_calls[0].failed


def test_a_call_without_arguments_is_whole_with_its_end_only() -> None:
    _, response = play(call_start(0, "c", "add"), end("TOOL_CALL"))
    assert response.tool_calls[0].failed
    _, response = play(
        call_start(0, "c", "add"), call_delta(0, "null"), event("tool-call-end", 0), end("TOOL_CALL")
    )
    assert (response.tool_calls[0].arguments, response.tool_calls[0].status) == ({}, Pending())


def test_unknown_events_are_kept() -> None:
    _, response = play(
        event("somethingNew"), Event("debug", '{"type": "debug"}'), content(0, text="a"), end()
    )
    assert response.raw is not None
    assert [item["type"] for item in response.raw["unknown_events"]] == ["somethingNew"]  # type: ignore[index,union-attr,call-overload]


def test_a_stream_without_its_end_is_truncated_with_what_came() -> None:
    machine = decoder()
    for one in (content(0, text="half"), call_start(0, "c", "add"), call_delta(0, "{}")):
        list(machine.feed(one))
    with pytest.raises(StreamTruncated) as caught:
        machine.finish()
    assert caught.value.partial.text == "half"
    assert caught.value.partial.tool_calls[0].failed


@pytest.mark.parametrize(
    "events",
    [
        [call_start(0, "c", "a"), call_start(0, "c", "a")],
        [call_delta(0, "{}")],
        [call_start(0, "c", "a"), event("tool-call-end", 0), call_delta(0, "{}")],
        [content(0, text="a"), content(0, thinking="b")],
        [event("content-delta", content={"text": "a"})],
        [content(0, text="a"), end(), content(0, text="b")],
        [Event("message", "not json")],
    ],
)
def test_what_cannot_be_put_together_is_an_error(events: list[Event]) -> None:
    machine = decoder()
    *before, last = events
    for one in before:
        list(machine.feed(one))
    with pytest.raises(InvalidResponse):
        machine.feed(last)


def test_a_whole_response_in_the_place_of_a_stream_is_read() -> None:
    body = {
        "id": "r",
        "finish_reason": "COMPLETE",
        "message": {"content": [{"type": "text", "text": "Hello"}]},
    }
    chunks, response = play(Event("body", json.dumps(body)))
    assert chunks == [TextChunk("Hello")]
    assert response.id == "r"


@pytest.mark.parametrize("type", ["body", "message"])
def test_an_error_among_the_events_is_raised(type: str) -> None:
    with pytest.raises(ProviderError, match="too many tokens"):
        decoder().feed(Event(type, '{"id": "x", "message": "too many tokens"}'))


def test_an_index_of_any_size_costs_nothing() -> None:
    _, response = play(content(10**12, text="a"), end())
    assert response.text == "a"
