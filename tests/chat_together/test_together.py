"""What Together has beyond the wire goes over it in Together's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, Messages
from chat_core.testing import FakeTransport
from chat_together import TogetherBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return TogetherBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_options_go_over_the_wire_in_togethers_words() -> None:
    builder = TogetherBuilder().with_reasoning(effort="low").with_sampling(min_p=0.1, repetition_penalty=1.2)
    body = await sent(builder.with_safety_model("guard").with_long_prompts("truncate"))

    del body["messages"], body["model"]
    assert body == {
        "reasoning": {"enabled": True},
        "reasoning_effort": "low",
        "min_p": 0.1,
        "repetition_penalty": 1.2,
        "safety_model": "guard",
        "context_length_exceeded_behavior": "truncate",
    }


async def test_models_come_as_a_bare_list() -> None:
    models = await client_of(FakeTransport().answer(b'[{"id": "a"}, {"id": "b"}]')).list_models()

    assert [model.id for model in models] == ["a", "b"]


async def test_images_are_drawn() -> None:
    transport = FakeTransport().answer({"data": [{"b64_json": "iVBORw0KGgo="}]})
    [image] = await client_of(transport).draw("A cat.")

    assert image.mimetype == "image/png"
    assert transport.last_body == {"model": "m", "prompt": "A cat.", "n": 1, "response_format": "base64"}
