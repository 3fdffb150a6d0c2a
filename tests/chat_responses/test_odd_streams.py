"""Streams and responses of odd servers, by kind: what comes out is whole, once, or an error that quotes the
frame.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from chat_core import (
    ChatResponse,
    Done,
    Event,
    Failed,
    InvalidResponse,
    Messages,
    NotFound,
    Opaque,
    Origin,
    Pending,
    ProviderError,
    RateLimited,
    Reasoning,
    StreamTruncated,
    TextChunk,
    TurnEvent,
)
from chat_core.testing import broken_laws
from chat_core.wire import CallIds
from chat_responses.decode import decode, decode_error
from chat_responses.stream import ResponsesStreamDecoder

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
CREATED = {"type": "response.created", "response": {"id": "r1", "status": "in_progress", "output": []}}


def text_item(text: object, id: str = "msg_1") -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": id, "role": "assistant", "status": "completed", "content": content}


def call_item(arguments: object = '{"a":1}', call_id: str = "call_1", **more: object) -> dict[str, Any]:
    item = {"type": "function_call", "id": "fc_1", "call_id": call_id, "name": "add", "arguments": arguments}
    return {**item, **more}


def delta(text: object, index: object = 0, kind: str = "output_text", **more: object) -> dict[str, Any]:
    fields = {"output_index": index, "content_index": 0, "delta": text}
    return {"type": f"response.{kind}.delta", **fields, **more}


def event(kind: str, **fields: object) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}


def completed(*output: object, **more: object) -> dict[str, Any]:
    return event("completed", response={"id": "r1", "status": "completed", "output": list(output), **more})


def play(*events: dict[str, Any] | str, named: str = "message") -> list[TurnEvent]:
    decoder = ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))
    seen: list[TurnEvent] = []
    for each in events:
        seen += decoder.feed(Event(named, each if isinstance(each, str) else json.dumps(each)))
    return [*seen, decoder.finish()]


def turn(*events: dict[str, Any] | str) -> ChatResponse:
    """Return the turn of a stream, whose chunks agree with it."""
    seen = play(*events)
    assert broken_laws(seen) == []
    assert isinstance(seen[-1], Done)
    return seen[-1].response


def whole(*output: object, **more: object) -> ChatResponse:
    body = {"id": "r1", "status": "completed", "output": list(output), **more}
    return decode(json.dumps(body).encode(), origin=ORIGIN, ids=CallIds(Messages()))


# -- values of another type, fields at another place


@pytest.mark.parametrize(
    ("value", "text"), [(6, "6"), ({"name": "Bern"}, '{"name": "Bern"}'), (True, "true")]
)
def test_a_value_of_another_type_becomes_its_json_text(value: object, text: str) -> None:
    assert turn(CREATED, delta("It costs $"), delta(value), completed()).text == f"It costs ${text}"
    assert whole(text_item(value)).text == text
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": value}]}
    assert whole(thought, text_item("Hi")).reasoning == text


@pytest.mark.parametrize("content", ["Hello", ["Hello"], {"type": "output_text", "text": "Hello"}], ids=str)
def test_content_in_another_container_is_read(content: object) -> None:
    item = {**text_item(""), "content": content}
    assert whole(item).text == "Hello"
    assert turn(CREATED, completed(item)).text == "Hello"


def test_an_output_that_is_one_item_is_read() -> None:
    body = {"id": "r1", "status": "completed", "output": text_item("Hello")}
    assert decode(json.dumps(body).encode(), origin=ORIGIN, ids=CallIds(Messages())).text == "Hello"


def test_usage_beside_the_response_is_read() -> None:
    end = {**completed(text_item("Hi")), "usage": {"input_tokens": 3, "output_tokens": 2}}
    assert turn(CREATED, end).usage.input_tokens == 3


@pytest.mark.parametrize("index", ["0", 0.0, None, True])
def test_an_index_in_another_form_is_read(index: object) -> None:
    assert turn(CREATED, delta("Hel", index), delta("lo", index), completed()).text == "Hello"


def test_items_that_all_have_the_index_0_are_kept_apart() -> None:
    def done(item: dict[str, Any]) -> dict[str, Any]:
        return event("output_item.done", output_index=0, item=item)

    items = [text_item("One"), call_item(), call_item('{"a":2}', "call_2"), text_item("Two", "msg_2")]
    response = turn(CREATED, *map(done, items), completed())
    assert response.text == "OneTwo"
    assert [call.arguments for call in response.tool_calls] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("begun", ["", "{}", " "])
def test_a_call_runs_without_arguments_only_where_their_end_has_come(begun: str) -> None:
    added = event("output_item.added", output_index=0, item=call_item(begun))
    [call] = turn(CREATED, added, completed()).tool_calls
    assert call.status == Failed("The arguments of add never came; the call was not run.")

    item_done = event("output_item.done", output_index=0, item=call_item(begun))
    arguments_done = event("function_call_arguments.done", output_index=0, arguments=begun)
    for ends in ((item_done, completed()), (arguments_done, completed()), (completed(call_item(begun)),)):
        [call] = turn(CREATED, added, *ends).tool_calls
        assert (call.status, call.arguments) == (Pending(), {})


# -- one thing sent twice, texts left out


def test_an_event_that_comes_twice_counts_once() -> None:
    events = [
        {**each, "sequence_number": number}
        for number, each in enumerate([CREATED, delta("a"), delta("a"), delta("b"), completed()])
    ]
    for at in range(1, 4):
        again = [*events[: at + 1], *events[at:]]
        assert turn(*again).text == "aab"
        assert turn(*events[: at + 1], events[0], events[at], *events[at + 1 :]).text == "aab"


def test_numbers_that_are_all_the_same_are_no_repetition() -> None:
    events = [{**each, "sequence_number": 0} for each in (CREATED, delta("a"), delta("a"), completed())]
    assert turn(*events).text == "aa"


@pytest.mark.parametrize("positions", [(0, 1), (0, 0), (1, 0)])
def test_a_call_that_is_sent_twice_is_there_once(positions: tuple[int, int]) -> None:
    done = [event("output_item.done", output_index=at, item=call_item()) for at in positions]
    assert len(turn(CREATED, *done, completed()).tool_calls) == 1
    assert len(turn(CREATED, *done, completed(call_item())).tool_calls) == 1
    assert len(whole(call_item(), call_item()).tool_calls) == 1
    assert len(whole(call_item(), call_item('{"a":2}')).tool_calls) == 2


@pytest.mark.parametrize(
    "end",
    [
        completed(),
        completed({**text_item(""), "content": []}),
        completed({"type": "reasoning", "id": "rs_1", "summary": []}),
        completed({**text_item(""), "content": [{"type": "output_text", "text": ""}]}),
    ],
    ids=["nothing", "no content", "another item", "an empty text"],
)
def test_a_text_that_the_end_leaves_out_is_not_lost(end: dict[str, Any]) -> None:
    assert turn(CREATED, delta("Hel"), delta("lo"), end).text == "Hello"


def test_thoughts_that_the_end_leaves_out_are_kept_beside_the_item() -> None:
    sealed = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
    thinks = delta("Hm.", kind="reasoning_summary_text", summary_index=0)
    response = turn(CREATED, thinks, completed(sealed, text_item("Hi")))
    [thought, _] = response.message.parts
    assert isinstance(thought, Reasoning)
    assert (thought.text, thought.native and thought.native.data) == ("Hm.", sealed)


def test_deltas_after_the_end_of_their_item_are_not_yielded_twice() -> None:
    done = event("output_item.done", output_index=0, item=text_item("Hello"))
    *chunks, _ = play(CREATED, done, delta("Hello"), completed(text_item("Hello")))
    assert chunks == [TextChunk("Hello")]


def test_an_item_that_the_end_leaves_out_stays_in_its_place() -> None:
    done = [
        event("output_item.done", output_index=at, item=item)
        for at, item in enumerate([text_item("One", "msg_1"), call_item(), text_item("Two", "msg_2")])
    ]
    response = turn(CREATED, *done, completed(text_item("One", "msg_1"), text_item("Two", "msg_2")))
    assert [type(part).__name__ for part in response.message.parts] == ["Text", "ToolCall", "Text"]


# -- calls that are not whole


def test_arguments_that_came_in_pieces_are_not_replaced_by_nothing() -> None:
    added = event("output_item.added", output_index=0, item=call_item(""))
    pieces = [delta(piece, kind="function_call_arguments") for piece in ('{"a"', ":1}")]
    for end in (call_item(""), call_item(None)):
        done = event("output_item.done", output_index=0, item=end)
        [call] = turn(CREATED, added, *pieces, done, completed(end)).tool_calls
        assert call.arguments == {"a": 1}


def test_a_call_whose_item_is_incomplete_is_not_run() -> None:
    cut = call_item('{"a":1}', status="incomplete")
    for response in (whole(cut), turn(CREATED, completed(cut))):
        assert isinstance(response.tool_calls[0].status, Failed)


def test_arguments_without_their_end_are_not_run_where_events_are_missing() -> None:
    added = event("output_item.added", output_index=0, item=call_item(""))
    pieces = [delta(piece, kind="function_call_arguments") for piece in ('{"a":1', "2", "}")]
    events = [
        {**each, "sequence_number": number}
        for number, each in enumerate([CREATED, added, *pieces, completed()])
    ]
    assert isinstance(turn(*events).tool_calls[0].status, Pending)
    del events[3]
    assert isinstance(turn(*events).tool_calls[0].status, Failed)


@pytest.mark.parametrize("word", ["max_output_tokens", "max_tokens", "length", "MAX_TOKENS", "token_limit"])
@pytest.mark.parametrize("status", ["incomplete", "completed"])
def test_every_word_for_a_cut_at_the_token_limit_is_length(word: str, status: str) -> None:
    details = {"status": status, "incomplete_details": {"reason": word}}
    assert whole(call_item("{}"), **details).finish_reason == "length"
    assert turn(CREATED, completed(call_item("{}"), **details)).finish_reason == "length"


def test_arguments_encoded_twice_are_read() -> None:
    twice = call_item(json.dumps('{"a":1}'))
    assert whole(twice).tool_calls[0].arguments == {"a": 1}
    assert whole(call_item({"a": 1})).tool_calls[0].arguments == {"a": 1}


# -- errors after a status of 200


ERRORS: list[dict[str, Any]] = [
    {"type": "error", "code": "rate_limit_exceeded", "message": "slow down"},
    {"type": "error", "status": 429, "code": "x", "message": "slow down"},
    {"type": "error", "error": {"code": "429", "message": "slow down"}},
    {"error": {"type": "rate_limit_error", "message": "slow down"}},
    {"error": {"status": "RESOURCE_EXHAUSTED", "message": "slow down"}},
    {"code": 429, "message": "slow down"},
    {"code": "Throttling", "message": "slow down", "request_id": "q"},
    {"status": "429", "detail": "slow down"},
]


@pytest.mark.parametrize("error", ERRORS, ids=json.dumps)
def test_an_error_has_its_class_in_every_shape_whole_and_streamed(error: dict[str, Any]) -> None:
    with pytest.raises(RateLimited, match="slow down"):
        play(CREATED, delta("Hel"), error)
    with pytest.raises(RateLimited, match="slow down"):
        decode(json.dumps(error).encode(), origin=ORIGIN, ids=CallIds(Messages()))


def test_a_keep_alive_is_no_error() -> None:
    pings = [{"type": "keepalive", "sequence_number": 3}, {"type": "ping"}, {"type": "codex.rate_limits"}]
    assert turn(CREATED, *pings, completed(text_item("Hi"))).text == "Hi"


def test_an_event_that_ends_too_early_quotes_the_last_frame() -> None:
    with pytest.raises(StreamTruncated, match=r"the last event was .*Hel"):
        play(CREATED, delta("Hel"))
    with pytest.raises(InvalidResponse, match="Bad Gateway"):
        play(CREATED, "<html>Bad Gateway</html>", delta("x"))


def test_a_wrong_base_url_is_explained() -> None:
    error = decode_error(404, {}, b'{"detail":"Not Found"}')
    assert isinstance(error, NotFound)
    assert "/v1" in str(error)
    assert "base URL" not in str(decode_error(404, {}, b'{"error":{"message":"The model x does not exist"}}'))


def test_a_server_that_knows_no_strict_schemas_is_explained() -> None:
    body = b'{"error":{"message":"additionalProperties is not supported"}}'
    assert ".with_strict_output(False)" in str(decode_error(400, {}, body))


# -- actions that the client is asked for, and ends without an explanation

APPROVAL = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "wipe", "server_label": "s"}
SHELL = {"type": "shell_call", "id": "sh_1", "call_id": "c1", "environment": {"type": "local"}}


@pytest.mark.parametrize(
    "action",
    [
        APPROVAL,
        {"type": "tool_search_call", "id": "ts_1", "call_id": "c1", "execution": "client"},
    ],
    ids=lambda item: item["type"],
)
def test_an_action_that_the_client_is_to_take_is_no_finished_answer(action: dict[str, Any]) -> None:
    for response in (
        whole(text_item("Let me."), action),
        turn(CREATED, completed(text_item("Let me."), action)),
    ):
        assert response.finish_reason == "tool_calls"
        [notice] = response.notices
        assert f"{action['type']} {action['id']}" in notice.message


def test_an_action_that_the_provider_runs_itself_is_no_question() -> None:
    hosted = {**SHELL, "environment": {"type": "container_reference", "container_id": "c"}}
    assert whole(hosted, text_item("Done.")).finish_reason == "stop"
    assert whole(hosted, text_item("Done.")).notices == ()


@pytest.mark.parametrize(
    "more",
    [
        {"status": "incomplete", "incomplete_details": {"reason": "max_messages"}},
        {"status": "incomplete"},
        {"status": "cancelled"},
        {"status": "paused"},
        {"status": "completed", "output": []},
    ],
    ids=str,
)
def test_a_turn_that_did_not_end_by_itself_says_why(more: dict[str, Any]) -> None:
    body = {"id": "r1", "output": [text_item("Hel")], **more}
    [notice] = decode(json.dumps(body).encode(), origin=ORIGIN, ids=CallIds(Messages())).notices
    assert more["status"] in notice.message or "empty" in notice.message


# -- hostile frames

HOSTILE: list[dict[str, Any]] = [
    event("output_item.added", output_index=0, item=None),
    event("output_item.done", output_index=0),
    event("output_item.done", output_index=[], item={"type": 7, "content": 5}),
    event("output_item.done", output_index=0, item={"type": "message", "content": [None, 5, {"type": []}]}),
    event("output_item.done", output_index=0, item={"type": "function_call"}),
    event("output_item.done", output_index=0, item={"type": "function_call", "name": 5, "call_id": []}),
    event("output_item.done", output_index=0, item={"type": "reasoning", "summary": 5, "content": {}}),
    event("output_item.done", output_index=0, item={"type": "image_generation_call", "result": 5}),
    event("output_item.done", output_index=0, item={"type": "image_generation_call", "result": "%%%"}),
    delta(None),
    delta([], index={}, content_index="x"),
    event("output_text.done", output_index=0),
    event("function_call_arguments.done", output_index=0),
    event("image_generation_call.partial_image", partial_image_b64=5),
    event("created", response=5),
    event("queued"),
]


@pytest.mark.parametrize("frame", HOSTILE, ids=json.dumps)
def test_a_frame_that_does_not_fit_breaks_nothing(frame: dict[str, Any]) -> None:
    response = turn(CREATED, frame, event("output_text.delta", output_index=9, delta="Hi"), completed())
    assert response.text.endswith("Hi")


def test_the_cost_is_linear_in_the_bytes() -> None:
    """400 KB of arguments, their name and id with every fragment, in under half a second."""
    piece, count = "x" * 20, 20_000
    events: list[str] = [json.dumps(CREATED)]
    added = json.dumps(event("output_item.added", output_index=0, item=call_item("")))
    for _ in range(count):
        events += [added, json.dumps(delta(piece, kind="function_call_arguments"))]
    decoder = ResponsesStreamDecoder(origin=ORIGIN, ids=CallIds(Messages()))
    started = time.process_time()
    for each in events:
        decoder.feed(Event("message", each))
    assert time.process_time() - started < 2.0
    decoder.feed(Event("message", json.dumps(completed())))
    [call] = decoder.finish().response.tool_calls
    assert call.arguments_text == piece * count


def test_unknown_items_are_kept() -> None:
    [part] = whole({"type": "time_travel_call", "to": 1985}).message.parts
    assert isinstance(part, Opaque)


def test_a_failed_response_shows_its_words() -> None:
    with pytest.raises(ProviderError, match="overloaded"):
        whole(status="failed", error="overloaded")
