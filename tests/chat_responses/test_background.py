"""A response in the background outlives its connections: cut anywhere, it goes on from its last event, and
none comes twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatError,
    ChatRequest,
    ConnectionFailed,
    Done,
    JsonObject,
    Messages,
    NotFound,
    Overloaded,
    ProviderError,
    RetryPolicy,
    StreamTruncated,
    TextChunk,
    TimedOut,
    TurnEvent,
)
from chat_core.testing import FakeTransport, LoopbackServer, broken_laws
from chat_core.testing.loopback import Raw
from chat_responses import ResponsesBuilder, WebSocketTransport

pytestmark = pytest.mark.anyio

HEAD = {"id": "resp_1", "object": "response", "model": "m", "background": True, "output": []}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Hm."}],
    "encrypted_content": "gAAA",
}
SAID = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "Grüße, 😀!", "annotations": []}],
}
CALLED = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "add",
    "arguments": '{"a":1}',
    "status": "completed",
}
EVENTS: list[dict[str, Any]] = [
    {"type": f"response.{kind}", "sequence_number": number, **fields}
    for number, (kind, fields) in enumerate(
        [
            ("created", {"response": {**HEAD, "status": "queued"}}),
            ("queued", {"response": {**HEAD, "status": "queued"}}),
            ("in_progress", {"response": {**HEAD, "status": "in_progress"}}),
            ("output_item.added", {"output_index": 0, "item": {**THOUGHT, "summary": []}}),
            ("reasoning_summary_text.delta", {"output_index": 0, "summary_index": 0, "delta": "Hm."}),
            ("output_item.done", {"output_index": 0, "item": THOUGHT}),
            ("output_item.added", {"output_index": 1, "item": {**SAID, "content": []}}),
            ("output_text.delta", {"output_index": 1, "content_index": 0, "delta": "Grüße"}),
            ("output_text.delta", {"output_index": 1, "content_index": 0, "delta": ", 😀"}),
            ("output_text.done", {"output_index": 1, "content_index": 0, "text": "Grüße, 😀!"}),
            ("output_item.done", {"output_index": 1, "item": SAID}),
            ("output_item.added", {"output_index": 2, "item": {**CALLED, "arguments": ""}}),
            ("function_call_arguments.delta", {"output_index": 2, "delta": '{"a"'}),
            ("function_call_arguments.delta", {"output_index": 2, "delta": ":1}"}),
            ("output_item.done", {"output_index": 2, "item": CALLED}),
            ("completed", {"response": {**HEAD, "status": "completed", "output": [THOUGHT, SAID, CALLED]}}),
        ]
    )
]


def sse(events: list[dict[str, Any]]) -> bytes:
    return b"".join(
        f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in events
    )


def builder(transport: FakeTransport) -> ResponsesBuilder[Any]:
    made = ResponsesBuilder().with_base_url("http://localhost/v1?version=1").with_model("m")
    return made.with_transport(transport).with_background(poll=0)


STREAM: Mapping[str, str] = {"content-type": "text/event-stream"}
HELLO = ChatRequest(Messages.from_user("Hello"))


async def streamed(transport: FakeTransport) -> list[TurnEvent]:
    seen: list[TurnEvent] = []
    async for event in builder(transport).build().stream(HELLO):
        seen.append(event)  # noqa: PERF401  what came before an error counts
    assert broken_laws(seen) == []
    return seen


def asked(transport: FakeTransport) -> list[str]:
    """What was asked after the first request."""
    return [f"{request.method} {request.url.partition('/v1')[2]}" for request in transport.requests[1:]]


def after(number: int) -> str:
    return f"GET /responses/resp_1?version=1&stream=true&starting_after={number}"


async def test_a_stream_that_is_cut_at_any_byte_goes_on_and_says_nothing_twice() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    body = sse(EVENTS)
    ends = [len(sse(EVENTS[: number + 1])) - 2 for number in range(len(EVENTS))]  # of the data of each event
    went_on = 0
    for cut in range(ends[0], len(body)):
        transport = FakeTransport().answer(body[:cut], headers=STREAM)
        last = max(number for number, end in enumerate(ends) if end <= cut)
        transport.answer(sse(EVENTS[last + 1 :]), headers=STREAM)
        assert await streamed(transport) == whole, cut
        over = last == len(EVENTS) - 1
        assert asked(transport) == ([] if over else [after(last)]), cut
        went_on += not over
    assert went_on > 2000


async def test_a_stream_that_is_cut_after_every_event_comes_out_whole() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    transport = FakeTransport()
    for event in EVENTS:
        transport.answer([event])
    assert await streamed(transport) == whole
    assert asked(transport) == [after(number) for number in range(len(EVENTS) - 1)]


async def test_events_that_the_server_repeats_are_passed_over() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    assert await streamed(FakeTransport().answer(EVENTS[:9]).answer(EVENTS)) == whole
    assert await streamed(FakeTransport().answer(EVENTS[:9]).answer(EVENTS[5:])) == whole


async def test_over_a_socket_a_lost_connection_is_made_up_for() -> None:
    cut_after: list[int | None] = [None, *[4] * 99]

    def script(body: JsonObject) -> Raw:
        start = int(str(body["starting_after"])) + 1 if "starting_after" in body else 0
        return Raw(sse(EVENTS[start:]), chunk=300, cut_after=cut_after.pop(0))

    with LoopbackServer(script) as server:
        made = ResponsesBuilder().with_base_url(server.url).with_model("m").with_background(poll=0)
        async with made.build() as client:
            whole = [event async for event in client.stream(HELLO)]
            assert [event async for event in client.stream(HELLO)] == whole
    assert server.requests[1].body["background"] is True
    numbers = [request.path.rpartition("starting_after=")[2] for request in server.requests[2:]]
    assert len(numbers) > 2
    assert numbers == sorted(set(numbers), key=int)


async def test_a_response_that_the_server_no_longer_has_is_truncated_and_is_not_made_again() -> None:
    gone = {"error": {"message": "Response with id 'resp_1' not found.", "code": None}}
    for kept, text in [(3, ""), (8, "Grüße")]:
        transport = FakeTransport().answer(EVENTS[:kept]).answer(gone, status=404)
        chat = (
            ChatBuilder().with_model(builder(transport).build()).with_retry(RetryPolicy(base_delay=0)).build()
        )
        messages = Messages.from_user("Hello")
        with pytest.raises(StreamTruncated) as caught:
            await _all(chat, messages)
        assert isinstance(caught.value.__cause__, NotFound)
        assert (caught.value.partial.id, caught.value.partial.text) == ("resp_1", text)
        assert len(transport.requests) == 2
        assert len(messages) == (2 if text else 1)


async def _all(chat: Any, messages: Messages) -> list[Any]:
    async with chat.stream(messages) as events:
        return [event async for event in events]


BUSY = {"error": {"message": "busy", "code": "server_is_overloaded"}}


async def test_a_server_that_is_busy_or_not_there_is_tried_again() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    transport = FakeTransport().answer(EVENTS[:8]).answer(BUSY, status=503).fail(ConnectionFailed("gone"))
    assert await streamed(transport.answer(EVENTS[8:])) == whole
    assert asked(transport) == [after(7)] * 3


async def test_a_connection_that_never_stands_is_one_in_vain_and_any_other_limit_is_the_callers() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    transport = FakeTransport().answer(EVENTS[:8]).fail(TimedOut("connect", 10.0)).answer(EVENTS[8:])
    assert await streamed(transport) == whole
    with pytest.raises(TimedOut, match="first_event"):
        await streamed(FakeTransport().answer(EVENTS[:8]).fail(TimedOut("first_event", 300.0)))


async def test_beside_a_websocket_the_background_goes_on_over_http() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    http = FakeTransport().answer(EVENTS[:8]).answer(EVENTS[8:])
    client = builder(FakeTransport()).with_transport(WebSocketTransport(http=http)).build()
    assert [event async for event in client.stream(HELLO)] == whole
    assert asked(http) == [after(7)]


HALF = sse(EVENTS[8:9])[:-20]


@pytest.mark.parametrize(
    "nothing", [b": ping\n\n", sse(EVENTS[:8]), HALF], ids=["pings", "old events", "half"]
)
async def test_connections_that_bring_nothing_new_end_it(nothing: bytes) -> None:
    transport = FakeTransport().answer(EVENTS[:8])
    for _ in range(9):
        transport.answer(nothing, headers=STREAM)
    with pytest.raises(StreamTruncated) as caught:
        await streamed(transport)
    assert asked(transport) == [after(7)] * 3
    assert (caught.value.retryable, caught.value.partial.text) == (False, "Grüße")
    assert (nothing != HALF) or caught.value.__cause__ is not None  # what could not be read


async def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    transport = FakeTransport().answer(EVENTS[:8]).answer(BUSY, status=503, headers={"retry-after": "900"})
    with pytest.raises(StreamTruncated) as caught:
        await streamed(transport)
    assert isinstance(caught.value.__cause__, Overloaded)


async def test_a_turn_that_fails_after_the_cut_is_the_providers_error() -> None:
    failed = {
        "type": "response.failed",
        "sequence_number": 8,
        "response": {**HEAD, "status": "failed", "error": BUSY["error"]},
    }
    for rest in [failed, {"type": "error", "status": 503, **BUSY}]:
        transport = FakeTransport().answer(EVENTS[:8]).answer([rest])
        with pytest.raises(ProviderError, match="busy"):
            await streamed(transport)
        assert len(transport.requests) == 2


async def test_where_nothing_is_numbered_or_nothing_came_there_is_nothing_to_go_on_from() -> None:
    unnumbered = [
        {name: value for name, value in event.items() if name != "sequence_number"} for event in EVENTS[:8]
    ]
    for answer in (unnumbered, b": ping\n\n"):
        transport = FakeTransport().answer(answer)
        with pytest.raises(StreamTruncated):
            await streamed(transport)
        assert len(transport.requests) == 1


async def test_in_the_foreground_a_cut_stream_is_an_error() -> None:
    transport = FakeTransport().answer(EVENTS[:8])
    client = (
        ResponsesBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    with pytest.raises(StreamTruncated):
        [event async for event in client.stream(HELLO)]
    assert len(transport.requests) == 1


async def test_a_rest_that_is_not_streamed_is_read_whole() -> None:
    whole = await streamed(FakeTransport().answer(EVENTS))
    queued = {**HEAD, "status": "in_progress"}
    transport = FakeTransport().answer(EVENTS[:8]).answer(queued).answer(EVENTS[-1]["response"])
    seen = await streamed(transport)
    assert isinstance(seen[-1], Done)
    assert isinstance(whole[-1], Done)
    assert seen[-1].response == whole[-1].response
    assert "".join(event.text for event in seen if isinstance(event, TextChunk)) == "Grüße, 😀!"


async def test_the_total_limit_counts_over_all_connections() -> None:
    def script(body: JsonObject) -> Raw:
        if "starting_after" in body:
            return Raw(sse(EVENTS[8:]), chunk=9999, pause=30.0)
        return Raw(sse(EVENTS[:8]), chunk=9999)

    with LoopbackServer(script) as server:
        made = (
            ResponsesBuilder()
            .with_base_url(server.url)
            .with_model("m")
            .with_background()
            .with_timeout(total=0.3)
        )
        async with made.build() as client:
            with pytest.raises(TimedOut) as caught:
                [event async for event in client.stream(HELLO)]
    assert (caught.value.limit, caught.value.seconds) == ("total", 0.3)


async def test_looking_after_a_response_survives_a_server_that_is_busy_for_a_while() -> None:
    queued = {**HEAD, "status": "queued"}
    transport = (
        FakeTransport().answer(queued).answer(BUSY, status=503).fail(ConnectionFailed("gone")).answer(queued)
    )
    transport.answer(BUSY, status=503).answer(EVENTS[-1]["response"])
    response = await builder(transport).build().complete(HELLO)
    assert response.text == "Grüße, 😀!"
    assert asked(transport) == ["GET /responses/resp_1?version=1"] * 5


async def test_a_response_that_cannot_be_looked_after_is_not_made_again() -> None:
    transport = FakeTransport().answer({**HEAD, "status": "queued"})
    for _ in range(9):
        transport.answer(BUSY, status=503)
    chat = ChatBuilder().with_model(builder(transport).build()).with_retry(RetryPolicy(base_delay=0)).build()
    with pytest.raises(ChatError, match="busy"):
        await chat.complete(Messages.from_user("Hello"))
    assert [request.method for request in transport.requests] == ["POST", *["GET"] * 3]
