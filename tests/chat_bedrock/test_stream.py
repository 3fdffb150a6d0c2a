"""Streamed turns: what each event gives, and what a stream that goes wrong raises."""

from __future__ import annotations

import json

import pytest
from chat_bedrock.stream import BedrockStreamDecoder
from chat_core import (
    ChatError,
    ChatResponse,
    Done,
    Event,
    FileReady,
    InvalidResponse,
    Messages,
    Opaque,
    Origin,
    Overloaded,
    Pending,
    ProviderError,
    RateLimited,
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

HERE = Origin("bedrock", "https://host", "m")


def decoder() -> BedrockStreamDecoder:
    return BedrockStreamDecoder(origin=HERE, ids=CallIds(Messages()))


def event(type: str, **content: object) -> Event:
    return Event(type, json.dumps({**content, "p": "abcdef"}))


def start(index: int, **kind: object) -> Event:
    return event("contentBlockStart", contentBlockIndex=index, start=kind)


def delta(index: int, **kind: object) -> Event:
    return event("contentBlockDelta", contentBlockIndex=index, delta=kind)


def stop(index: int) -> Event:
    return event("contentBlockStop", contentBlockIndex=index)


def end(reason: str = "end_turn") -> list[Event]:
    return [
        event("messageStop", stopReason=reason),
        event(
            "metadata",
            usage={"inputTokens": 3, "outputTokens": 2, "totalTokens": 5},
            metrics={"latencyMs": 9},
        ),
    ]


def play(*events: Event) -> tuple[list[TurnEvent], ChatResponse]:
    machine = decoder()
    chunks = [chunk for one in events for chunk in machine.feed(one)]
    done = machine.finish()
    assert broken_laws([*chunks, done]) == []
    return chunks, done.response


CALL = start(1, toolUse={"toolUseId": "t1", "name": "add"})


def test_text_and_usage() -> None:
    chunks, response = play(
        event("messageStart", role="assistant"), delta(0, text="Hel"), delta(0, text="lo"), stop(0), *end()
    )
    assert chunks == [TextChunk("Hel"), TextChunk("lo")]
    assert response.text == "Hello"
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "end_turn")
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.total_tokens) == (
        3,
        2,
        5,
    )
    assert response.raw is not None
    assert "p" not in response.raw
    assert response.raw["metrics"] == {"latencyMs": 9}


def test_cached_tokens_count_as_input() -> None:
    usage = {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokens": 10, "cacheWriteInputTokens": 20}
    _, response = play(
        delta(0, text="a"), event("messageStop", stopReason="end_turn"), event("metadata", usage=usage)
    )
    assert response.usage.input_tokens == 33
    assert (response.usage.cache_read_tokens, response.usage.cache_write_tokens) == (10, 20)


def test_reasoning_keeps_its_signature_and_sealed_reasoning_its_content() -> None:
    chunks, response = play(
        delta(0, reasoningContent={"text": "Hm"}),
        delta(0, reasoningContent={"signature": "c2ln"}),
        stop(0),
        delta(1, reasoningContent={"redactedContent": "c2VhbGVk"}),
        stop(1),
        delta(2, text="So"),
        stop(2),
        *end(),
    )
    assert chunks == [ReasoningChunk("Hm"), TextChunk("So")]
    thought, sealed, text = response.message.parts
    assert isinstance(thought, Reasoning)
    assert isinstance(sealed, Reasoning)
    assert thought.native is not None
    assert sealed.native is not None
    assert (thought.text, thought.native.data) == ("Hm", {"signature": "c2ln"})
    assert (sealed.text, sealed.native.data) == ("", {"redactedContent": "c2VhbGVk"})
    assert text == Text("So")


def test_a_call_in_pieces_is_one_call() -> None:
    chunks, response = play(
        delta(0, text="I add."),
        stop(0),
        CALL,
        delta(1, toolUse={"input": '{"a": '}),
        delta(1, toolUse={"input": "1}"}),
        stop(1),
        *end("tool_use"),
    )
    assert chunks[1:] == [
        ToolCallChunk("t1", "add", ""),
        ToolCallChunk("t1", "add", '{"a": '),
        ToolCallChunk("t1", "add", "1}"),
    ]
    (call,) = response.tool_calls
    assert (call.id, call.name, call.arguments, call.status) == ("t1", "add", {"a": 1}, Pending())
    assert response.finish_reason == "tool_calls"


def test_a_call_without_arguments_is_whole_with_its_end_only() -> None:
    _, response = play(CALL, stop(1), *end("tool_use"))
    assert response.tool_calls[0].status == Pending()
    _, response = play(CALL, *end("tool_use"))
    assert response.tool_calls[0].failed


@pytest.mark.parametrize(
    "reason",
    ["max_tokens", "model_context_window_exceeded", "malformed_tool_use", "guardrail_intervened", "new"],
)
def test_no_call_runs_of_a_turn_that_did_not_end_well(reason: str) -> None:
    _, response = play(CALL, delta(1, toolUse={"input": '{"path": "/"}'}), stop(1), *end(reason))
    assert response.tool_calls[0].failed
    assert response.raw_finish_reason == reason


def test_amazons_own_tools_are_kept_as_their_blocks() -> None:
    _, response = play(
        start(0, toolUse={"toolUseId": "s", "name": "nova_code_interpreter", "type": "server_tool_use"}),
        delta(0, toolUse={"input": '{"snippet": "1"}'}),
        stop(0),
        start(1, toolResult={"toolUseId": "s", "status": "success", "type": "nova_code_interpreter_result"}),
        delta(1, toolResult=[{"json": {"stdOut": "1"}}]),
        stop(1),
        delta(2, text="It is 1."),
        stop(2),
        *end(),
    )
    called, result, _ = response.message.parts
    assert isinstance(called, Opaque)
    assert isinstance(result, Opaque)
    assert called.native.data == {
        "toolUse": {
            "toolUseId": "s",
            "name": "nova_code_interpreter",
            "type": "server_tool_use",
            "input": {"snippet": "1"},
        }
    }
    assert result.native.data["toolResult"]["content"] == [{"json": {"stdOut": "1"}}]  # type: ignore[index,call-overload]
    assert response.tool_calls == []


def test_citations_belong_to_the_text_of_their_block() -> None:
    location = {"web": {"url": "https://host/a", "domain": "host"}}
    _, response = play(delta(0, text="Ruby 4."), delta(0, citation={"location": location}), stop(0), *end())
    (text,) = response.message.parts
    assert isinstance(text, Text)
    assert [(citation.url, citation.title) for citation in text.citations] == [("https://host/a", "host")]
    assert text.native is not None
    assert text.native.data == {
        "citationsContent": {"content": [{"text": "Ruby 4."}], "citations": [{"location": location}]}
    }


def test_an_image_is_a_file() -> None:
    chunks, response = play(
        start(0, image={"format": "png"}), delta(0, image={"source": {"bytes": "aGk="}}), stop(0), *end()
    )
    (ready,) = chunks
    assert isinstance(ready, FileReady)
    assert (response.files[0].data, response.files[0].mimetype) == (b"hi", "image/png")


def test_a_guardrail_that_steps_in_is_a_notice() -> None:
    trace = {"guardrail": {"actionReason": "Guardrail blocked."}}
    _, response = play(
        delta(0, text="Sorry."),
        event("messageStop", stopReason="guardrail_intervened"),
        event("metadata", usage={}, trace=trace),
    )
    assert response.finish_reason == "content_filter"
    assert [notice.about for notice in response.notices] == ["guardrail"]
    assert "Guardrail blocked." in response.notices[0].message


def test_unknown_events_are_kept() -> None:
    _, response = play(event("somethingNew", a=1), delta(0, text="a"), *end())
    assert response.raw is not None
    assert response.raw["unknown_events"] == [{"somethingNew": {"a": 1, "p": "abcdef"}}]


def test_a_turn_is_whole_with_its_stop_although_the_usage_never_comes() -> None:
    machine = decoder()
    for one in (delta(0, text="a"), event("messageStop", stopReason="end_turn")):
        list(machine.feed(one))
    assert machine.complete
    assert not machine.finished
    assert isinstance(machine.finish(), Done)


def test_a_stream_without_its_stop_is_truncated_with_what_came() -> None:
    machine = decoder()
    for one in (delta(0, text="half"), CALL, delta(1, toolUse={"input": "{}"}), stop(1)):
        list(machine.feed(one))
    with pytest.raises(StreamTruncated) as caught:
        machine.finish()
    assert caught.value.partial.text == "half"
    assert caught.value.partial.tool_calls[0].failed


@pytest.mark.parametrize(
    ("type", "kind", "retryable"),
    [
        ("exception:throttlingException", RateLimited, True),
        ("exception:serviceUnavailableException", Overloaded, True),
        ("exception:internalServerException", ProviderError, True),
        ("exception:modelStreamErrorException", ProviderError, True),
        ("exception:validationException", ProviderError, False),
        ("error:InternalFailure", ProviderError, True),
        ("throttlingException", RateLimited, True),
    ],
)
def test_an_exception_amid_the_stream_is_its_error(type: str, kind: type[ChatError], retryable: bool) -> None:
    machine = decoder()
    list(machine.feed(delta(0, text="half")))
    with pytest.raises(kind) as caught:
        machine.feed(event(type, message="no more"))
    assert "no more" in str(caught.value)
    assert caught.value.retryable is retryable
    assert isinstance(caught.value, ProviderError)
    assert caught.value.code is not None
    assert caught.value.code[:1].isupper()


@pytest.mark.parametrize(
    "events",
    [
        [CALL, CALL],
        [delta(1, toolUse={"input": "{}"})],
        [CALL, stop(1), delta(1, toolUse={"input": "{}"})],
        [CALL, delta(1, text="a")],
        [event("contentBlockDelta", delta={"text": "a"})],
        [delta(0, text="a"), *end()[:1], delta(0, text="b")],
        [Event("contentBlockDelta", "not json")],
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
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1},
    }
    chunks, response = play(Event("body", json.dumps(body)))
    assert chunks == [TextChunk("Hello")]
    assert response.usage.input_tokens == 1


def test_an_error_in_the_place_of_a_stream_is_raised() -> None:
    with pytest.raises(ProviderError, match="too long"):
        decoder().feed(Event("body", '{"message": "Input is too long"}'))


def test_events_whose_name_is_their_one_key_are_read_too() -> None:
    chunks, response = play(
        Event("message", '{"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "a"}}}'),
        Event("message", '{"messageStop": {"stopReason": "end_turn"}}'),
        Event("message", '{"metadata": {"usage": {"inputTokens": 1}}}'),
    )
    assert chunks == [TextChunk("a")]
    assert response.usage.input_tokens == 1
