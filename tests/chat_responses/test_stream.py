"""One streamed turn, fed event by event: what it says, what it is at the end, and that no cut of it is an
end.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chat_core import (
    ChatResponse,
    Done,
    Event,
    Failed,
    File,
    FileReady,
    InvalidRequest,
    InvalidResponse,
    Messages,
    Opaque,
    Origin,
    Overloaded,
    ProviderError,
    RateLimited,
    Reasoning,
    ReasoningChunk,
    RefusalChunk,
    StreamTruncated,
    Text,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.types.call_ids import CallIds
from chat_responses.stream import ResponsesStreamDecoder

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
PIXEL = base64.b64encode(b"\x89PNG\r\n....").decode()


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


CREATED = event("created", response={"id": "r1", "model": "m-1", "status": "in_progress", "output": []})


def completed(*output: object, status: str = "completed", **more: object) -> dict[str, Any]:
    kind = {"completed": "completed", "failed": "failed"}.get(status, "incomplete")
    return event(
        kind, response={"id": "r1", "model": "m-1", "status": status, "output": list(output), **more}
    )


def message(text: str, *, id: str = "msg_1", **more: object) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {
        "type": "message",
        "id": id,
        "role": "assistant",
        "status": "completed",
        "content": content,
        **more,
    }


def call(arguments: str = '{"a":1}', *, call_id: str = "call_1", name: str = "add") -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": "fc_1",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }


def delta(text: str | None, index: int = 0, kind: str = "output_text", **more: object) -> dict[str, Any]:
    return event(f"{kind}.delta", output_index=index, content_index=0, item_id="x", delta=text, **more)


def turn() -> ResponsesStreamDecoder:
    return ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))


def fed(*events: object) -> list[TurnEvent]:
    """What the turn says to these events, up to and with its `Done`."""
    decoder = turn()
    said: list[TurnEvent] = []
    for one in events:
        said += decoder.feed(
            one
            if isinstance(one, Event)
            else Event("message", one if isinstance(one, str) else json.dumps(one))
        )
    return [*said, decoder.finish()]


def ended(*events: object) -> ChatResponse:
    said = fed(*events)
    assert broken_laws(said) == []
    assert isinstance(said[-1], Done)
    return said[-1].response


def test_a_text_comes_in_its_deltas_and_ends_with_usage() -> None:
    usage = {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 15,
    }
    *said, done = fed(CREATED, delta("Hel"), delta("lo"), completed(message("Hello"), usage=usage))

    assert said == [TextChunk("Hel"), TextChunk("lo")]
    assert isinstance(done, Done)
    response = done.response
    assert (response.text, response.id, response.model) == ("Hello", "r1", "m-1")
    assert (response.finish_reason, response.raw_finish_reason) == ("stop", "completed")
    used = response.usage
    assert (used.input_tokens, used.cache_read_tokens, used.cache_write_tokens) == (10, 4, 2)
    assert (used.output_tokens, used.reasoning_tokens, used.total_tokens) == (5, 3, 15)


def test_an_event_whose_frame_has_no_type_is_read_by_the_type_of_the_event() -> None:
    piece = {"output_index": 0, "content_index": 0, "item_id": "x", "delta": "Hi"}
    end = {"response": completed(message("Hi"))["response"]}

    said = fed(
        Event("response.output_text.delta", json.dumps(piece)), Event("response.completed", json.dumps(end))
    )

    assert said[0] == TextChunk("Hi")
    assert isinstance(said[-1], Done)
    assert said[-1].response.text == "Hi"


def test_ids_that_change_with_every_event_do_not_matter() -> None:
    rotating = [{**delta(piece), "item_id": f"msg_{piece}"} for piece in ("a", "b", "c")]
    assert ended(CREATED, *rotating, completed(message("abc", id="other"))).text == "abc"


@pytest.mark.parametrize("output", [(), (message("Hello"),)])
def test_a_server_that_sends_no_deltas_sends_the_text_once(output: tuple[object, ...]) -> None:
    done = event("output_item.done", output_index=0, item=message("Hello"))
    *said, _ = fed(CREATED, done, completed(*output))
    assert said == [TextChunk("Hello")]
    assert ended(CREATED, done, completed(*output)).text == "Hello"


def test_a_text_that_only_the_last_event_holds_is_yielded_then() -> None:
    *said, done = fed(CREATED, completed(message("Hello")))
    assert said == [TextChunk("Hello")]
    assert isinstance(done, Done)
    assert done.response.text == "Hello"


def test_what_deltas_left_out_is_yielded_at_the_end_of_the_text() -> None:
    end = event("output_text.done", output_index=0, content_index=0, text="Hello")
    *said, _ = fed(CREATED, delta("Hel"), end, completed(message("Hello")))
    assert said == [TextChunk("Hel"), TextChunk("lo")]


def test_an_end_without_any_output_leaves_the_items_that_came() -> None:
    response = ended(CREATED, delta("Hello"), completed())
    assert (response.text, response.finish_reason) == ("Hello", "stop")
    assert response.message.parts[0].native is None  # it has no item that could be sent back


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_delta_of_nothing_says_nothing(nothing: str | None) -> None:
    assert ended(CREATED, delta(nothing), delta("Hi"), completed(message("Hi"))).text == "Hi"


def test_a_call_has_its_call_id_and_its_arguments_arrive_whole() -> None:
    added = event("output_item.added", output_index=0, item=call(""))
    done = event("output_item.done", output_index=0, item=call())
    pieces = [delta(piece, kind="function_call_arguments") for piece in ('{"a"', ":1}")]
    *said, last = fed(CREATED, added, *pieces, done, completed(call()))

    assert said == [
        ToolCallChunk("call_1", "add", ""),
        ToolCallChunk("call_1", "add", '{"a"'),
        ToolCallChunk("call_1", "add", ":1}"),
    ]
    assert isinstance(last, Done)
    assert (last.response.tool_calls[0].arguments, last.response.finish_reason) == ({"a": 1}, "tool_calls")


def test_arguments_that_come_before_the_name_are_yielded_once_it_is_known() -> None:
    done = event("output_item.done", output_index=0, item=call())
    *said, _ = fed(CREATED, delta('{"a"', kind="function_call_arguments"), done, completed(call()))
    assert said == [ToolCallChunk("call_1", "add", '{"a":1}')]


def test_two_calls_under_one_id_get_ids_that_differ() -> None:
    both = [call('{"a":1}'), call('{"a":2}')]
    done = [event("output_item.done", output_index=index, item=item) for index, item in enumerate(both)]
    first, second = ended(CREATED, *done, completed(*both)).tool_calls
    assert first.id == "call_1"
    assert second.id not in ("", "call_1")


def test_a_custom_call_carries_its_text() -> None:
    item = {"type": "custom_tool_call", "id": "ct_1", "call_id": "call_1", "name": "sql", "input": "SELECT 1"}
    added = event("output_item.added", output_index=0, item={**item, "input": ""})
    response = ended(CREATED, added, delta("SELECT 1", kind="custom_tool_call_input"), completed(item))
    assert response.tool_calls[0].arguments == {"input": "SELECT 1"}


def test_pieces_of_a_summary_are_paragraphs_and_the_item_is_kept_whole() -> None:
    item = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}],
        "encrypted_content": "sealed",
    }
    pieces = [
        event("reasoning_summary_text.delta", output_index=0, summary_index=index, delta=text)
        for index, text in ((0, "One."), (1, "Two."))
    ]
    *said, _ = fed(CREATED, *pieces, completed(item))
    response = ended(CREATED, *pieces, completed(item))

    assert said == [ReasoningChunk("One."), ReasoningChunk("\n\nTwo.")]
    assert response.reasoning == "One.\n\nTwo."
    [part] = response.message.parts
    assert isinstance(part, Reasoning)
    assert part.native is not None
    assert part.native.data == item


def test_reasoning_in_plain_words_may_end_after_the_message() -> None:
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
    }
    response = ended(
        CREATED,
        delta("Hm.", 0, "reasoning_text"),
        delta("Hi", 1),
        event("output_item.done", output_index=1, item=message("Hi")),
        event("output_item.done", output_index=0, item=thought),
        completed(),
    )
    assert (response.reasoning, response.text) == ("Hm.", "Hi")
    assert [type(part).__name__ for part in response.message.parts] == ["Reasoning", "Text"]


def test_a_refusal_is_distinguished_from_text() -> None:
    item = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "No."}],
    }
    *said, _ = fed(CREATED, delta("No.", kind="refusal"), completed(item))
    response = ended(CREATED, delta("No.", kind="refusal"), completed(item))
    assert said == [RefusalChunk("No.")]
    assert (response.refusal, response.text, response.finish_reason) == ("No.", "", "refusal")


def test_previews_of_a_picture_come_before_it_and_are_not_in_the_response() -> None:
    item = {
        "type": "image_generation_call",
        "id": "ig_1",
        "status": "generating",
        "result": PIXEL,
        "output_format": "png",
    }
    preview = event(
        "image_generation_call.partial_image", output_index=0, partial_image_index=0, partial_image_b64=PIXEL
    )
    done = event("output_item.done", output_index=0, item=item)
    first, second, last = fed(CREATED, preview, done, completed(item))

    assert isinstance(first, FileReady)
    assert first.file.preview
    assert isinstance(second, FileReady)
    assert (second.file.preview, second.file.mimetype) == (False, "image/png")
    assert isinstance(last, Done)
    assert last.response.files == [second.file]
    assert broken_laws([first, second, last]) == []


def test_what_a_model_says_on_its_way_is_an_aside_from_its_first_chunk_on() -> None:
    commentary = message("I look.", id="msg_0", phase="commentary")
    final = message("42", phase="final_answer")
    *said, last = fed(
        CREATED,
        event("output_item.added", output_index=0, item={**commentary, "content": []}),
        delta("I "),
        event("output_item.done", output_index=0, item=commentary),
        delta("42", 1),
        completed(commentary, final),
    )
    assert said == [TextChunk("I ", aside=True), TextChunk("look.", aside=True), TextChunk("42")]
    assert broken_laws([*said, last]) == []
    assert isinstance(last, Done)
    assert [(part.text, part.aside) for part in last.response.message.parts if isinstance(part, Text)] == [
        ("I look.", True),
        ("42", False),
    ]
    with pytest.raises(StreamTruncated) as caught:
        fed(CREATED, event("output_item.added", output_index=0, item=commentary), delta("I "))
    assert caught.value.partial.message.parts == [Text("I ", aside=True)]


def test_unknown_events_are_passed_over_and_unknown_items_kept() -> None:
    item = {"type": "time_travel_call", "id": "tt_1", "to": 1985}
    response = ended(
        CREATED, event("time_travel_call.departing", output_index=0), completed(item, message("Hi"))
    )
    first = response.message.parts[0]
    assert isinstance(first, Opaque)
    assert first.native.data == item
    assert response.text == "Hi"


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, "length"),
        ({"reason": "content_filter"}, "content_filter"),
        ({"reason": "steered"}, "other"),
        (None, "other"),
    ],
)
def test_an_incomplete_turn_says_why(details: object, reason: str) -> None:
    response = ended(
        CREATED, delta("Hel"), completed(message("Hel"), status="incomplete", incomplete_details=details)
    )
    assert (response.finish_reason, response.raw_finish_reason) == (reason, "incomplete")


def test_a_call_of_a_turn_that_was_steered_away_is_not_run() -> None:
    response = ended(
        CREATED, completed(call(), status="incomplete", incomplete_details={"reason": "steered"})
    )
    assert isinstance(response.tool_calls[0].status, Failed)


@pytest.mark.parametrize(
    ("frame", "kind", "code", "retryable"),
    [
        (
            {"type": "error", "code": "rate_limit_exceeded", "message": "slow"},
            RateLimited,
            "rate_limit_exceeded",
            True,
        ),
        (
            {"type": "error", "error": {"code": "insufficient_quota", "message": "slow"}},
            RateLimited,
            "insufficient_quota",
            False,
        ),
        ({"error": {"code": "server_error", "message": "slow"}}, ProviderError, "server_error", True),
        (
            {"type": "error", "status": 400, "error": {"code": "what", "message": "slow"}},
            InvalidRequest,
            "what",
            False,
        ),
        (
            {
                "type": "error",
                "status": 503,
                "error": {"code": "x", "message": "slow", "headers": {"Retry-After": "3"}},
            },
            Overloaded,
            "x",
            True,
        ),
        (
            completed(status="failed", error={"code": "server_error", "message": "slow"}),
            ProviderError,
            "server_error",
            True,
        ),
        (
            completed(status="failed", error={"code": "invalid_prompt", "message": "slow"}),
            InvalidRequest,
            "invalid_prompt",
            False,
        ),
    ],
)
def test_an_error_inside_a_stream_is_raised(
    frame: dict[str, Any], kind: type[ProviderError], code: str, retryable: bool
) -> None:
    decoder = turn()
    decoder.feed(Event("message", json.dumps(CREATED)))
    with pytest.raises(kind) as caught:
        decoder.feed(Event("message", json.dumps(frame)))
    assert (caught.value.message, caught.value.code, caught.value.retryable) == ("slow", code, retryable)
    assert caught.value.retry_after == (3.0 if code == "x" else None)


def test_a_turn_that_failed_without_a_word_says_so() -> None:
    with pytest.raises(ProviderError, match="does not say why"):
        fed(CREATED, completed(status="failed", error=None))


@pytest.mark.parametrize("kept", range(5))
def test_a_cut_before_the_last_event_raises_with_what_came(kept: int) -> None:
    events = [
        CREATED,
        delta("Hel"),
        delta("lo"),
        event("output_item.done", output_index=0, item=message("Hello")),
        delta("?", 1),
    ]
    with pytest.raises(StreamTruncated) as caught:
        fed(*events[: kept + 1])
    partial = caught.value.partial
    assert partial.text == ["", "Hel", "Hello", "Hello", "Hello?"][kept]
    assert partial.message.interrupted


def test_a_call_that_was_cut_is_failed() -> None:
    added = event("output_item.added", output_index=0, item=call(""))
    with pytest.raises(StreamTruncated) as caught:
        fed(CREATED, added, delta('{"a":1}', kind="function_call_arguments"))
    [cut] = caught.value.partial.tool_calls
    assert isinstance(cut.status, Failed)


def test_done_in_brackets_is_no_end_of_its_own() -> None:
    with pytest.raises(StreamTruncated):
        fed(CREATED, delta("Hello"), "[DONE]")
    assert ended(CREATED, delta("Hello"), completed(message("Hello")), "[DONE]").text == "Hello"


def test_half_an_event_is_a_cut_and_rubbish_is_not() -> None:
    with pytest.raises(StreamTruncated):
        fed(CREATED, '{"type":"response.output_te')
    with pytest.raises(InvalidResponse):
        fed(CREATED, "Bad Gateway")


def test_a_whole_answer_to_a_streamed_request_is_read() -> None:
    body = {"id": "r1", "status": "completed", "output": [message("Hello"), call()]}
    *said, last = fed(Event("body", json.dumps(body)))
    assert said == [TextChunk("Hello"), ToolCallChunk("call_1", "add", '{"a":1}')]
    assert isinstance(last, Done)
    with pytest.raises(ProviderError):
        fed(Event("body", json.dumps({"error": {"message": "no"}})))
    with pytest.raises(InvalidResponse):
        fed(Event("body", json.dumps({"choices": []})))


def test_a_character_cut_between_two_deltas_is_put_together() -> None:
    halves = [json.dumps(delta("?")).replace('"?"', half) for half in ('"\\ud83d"', '"\\ude00"')]
    assert ended(CREATED, *halves, completed(message("😀"))).text == "😀"


def test_sound_comes_out_as_a_file_with_its_transcript() -> None:
    sound = base64.b64encode(b"RIFF").decode()
    response = ended(
        CREATED,
        event("audio.delta", delta=sound),
        event("audio.transcript.delta", delta="Hi"),
        completed(message("")),
    )
    [file] = response.files
    assert isinstance(file, File)
    assert (file.data, file.transcript) == (b"RIFF", "Hi")


def numbered(number: int, text: str, **more: object) -> dict[str, Any]:
    delta = event("output_text.delta", output_index=0, content_index=0, delta=text, logprobs=[])
    return delta | {"sequence_number": number, "obfuscation": "x" * (number % 5)} | more


def test_deltas_that_differ_in_number_and_padding_are_not_parsed(parsed: list[str]) -> None:
    deltas = [numbered(number, f" {number}", item_id=f"id {number}") for number in range(1, 21)]
    response = ended(CREATED, *deltas, completed())
    assert response.text == "".join(f" {number}" for number in range(1, 21))
    assert len(parsed) <= 4  # the first and the last, and two to know how deltas look


def test_a_delta_that_comes_twice_among_others_counts_once() -> None:
    """Some proxies send an event again; a number that is missing tells that events were lost."""
    deltas = [numbered(number, f" {number}") for number in range(1, 9)]
    again = [*deltas[:5], deltas[4], deltas[2], *deltas[5:]]
    assert ended(CREATED, *again, completed()).text == " 1 2 3 4 5 6 7 8"

    begun = event("output_item.added", output_index=1, item=call("") | {"status": "in_progress"})
    pieces = [
        event("function_call_arguments.delta", output_index=1, delta=text, sequence_number=number)
        for number, text in [(2, '{"a"'), (3, ":"), (4, "1"), (6, ","), (7, '"b":2'), (8, "}")]
    ]
    response = ended(CREATED, begun | {"sequence_number": 1}, *pieces, completed())
    [lost] = response.tool_calls
    assert isinstance(lost.status, Failed)
    assert "missing" in lost.status.error


def test_a_cut_quotes_the_last_delta_also_where_it_was_not_parsed() -> None:
    with pytest.raises(StreamTruncated, match="the last one") as caught:
        fed(CREATED, *(numbered(number, "x") for number in range(1, 6)), numbered(6, "the last one"))
    assert caught.value.partial is not None
    assert caught.value.partial.text == "xxxxxthe last one"
