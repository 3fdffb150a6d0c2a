"""The fake transport: answers from a queue, and what it was sent."""

from __future__ import annotations

import pytest
from chat_core import ConnectionFailed, Event, Request
from chat_core.testing import FakeTransport
from chat_core.transport import events_from_bursts

pytestmark = pytest.mark.anyio


def request(body: bytes = b"{}") -> Request:
    return Request("POST", "http://model.test/v1", {"authorization": "Bearer s3cret"}, body)


async def test_answers_are_given_out_in_order_and_requests_kept() -> None:
    transport = FakeTransport().answer({"n": "ü"}).answer("busy", status=503, headers={"retry-after": "3"})

    first, second = await transport.send(request(b'{"a": 1}')), await transport.send(request(b'{"a": 2}'))

    assert (first.status, first.ok, first.body.decode()) == (200, True, '{"n": "ü"}')
    assert (second.status, second.ok, second.headers["retry-after"]) == (503, False, "3")
    assert (transport.bodies, transport.last_body) == ([{"a": 1}, {"a": 2}], {"a": 2})
    assert "s3cret" not in repr(transport.requests)


async def test_several_objects_are_events_and_so_is_what_looks_like_them() -> None:
    transport = (
        FakeTransport().answer([{"n": 1}, "[DONE]"]).answer(b"event: ping\ndata: x\n\n").answer({"n": 1})
    )
    heard: list[list[Event]] = []

    for _ in range(3):
        async with transport.stream(request()) as answer:
            heard.append([event async for event in events_from_bursts(answer.bursts())])

    assert heard == [
        [Event("message", '{"n": 1}'), Event("message", "[DONE]")],
        [Event("ping", "x")],
        [Event("body", '{"n": 1}')],
    ]


async def test_a_queued_failure_is_raised_and_an_empty_queue_says_so() -> None:
    transport = FakeTransport().fail(ConnectionFailed("refused"))

    with pytest.raises(ConnectionFailed, match="refused"):
        await transport.send(request())
    with pytest.raises(
        AssertionError, match=r"request 2 has no answer: queue one with FakeTransport.answer\(\.\.\.\)"
    ):
        async with transport.stream(request()):
            pass
    await transport.aclose()


async def test_an_answer_can_be_read_whole_from_a_stream() -> None:
    transport = FakeTransport().answer({"error": 1}, status=400)

    async with transport.stream(request()) as answer:
        assert (answer.ok, await answer.read()) == (False, b'{"error": 1}')
