"""A transport around a transport: each response is reported, and comes through."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, InvalidRequest
from chat_core.testing import FakeTransport
from chat_core.transport.observed import ObservedTransport

pytestmark = pytest.mark.anyio


async def test_every_response_is_reported() -> None:
    seen: list[tuple[int, str]] = []

    def observe(status: int, headers: Mapping[str, str]) -> None:
        seen.append((status, headers.get("x-name", "")))

    whole = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    frames = [{"choices": [{"index": 0, "delta": {"content": "Ho"}, "finish_reason": "stop"}]}, "[DONE]"]
    transport = FakeTransport().answer(whole, headers={"x-name": "a"}).answer(frames, headers={"x-name": "b"})
    transport.answer({"error": {"message": "no"}}, status=400)
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost:8000/v1")
        .with_model("m")
        .with_transport(ObservedTransport(transport, observe))
        .build()
    )
    async with client:
        chat = ChatBuilder().with_model(client).build()
        assert (await chat.complete("Hello")).text == "Hi"
        async with chat.stream("Hello") as events:
            assert [event async for event in events][-1].response.text == "Ho"  # type: ignore[union-attr]
        with pytest.raises(InvalidRequest):
            await chat.complete("Hello")

    assert seen == [(200, "a"), (200, "b"), (400, "")]
