"""What OpenRouter has beyond the wire goes over it in OpenRouter's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, Messages
from chat_core.testing import FakeTransport
from chat_openrouter import OpenRouterBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return OpenRouterBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_routing_plugins_and_reasoning_go_over_the_wire_in_openrouters_words() -> None:
    builder = OpenRouterBuilder().with_fallback_models("a/b", "c/d")
    builder = builder.with_providers(
        order=["x"], allow_fallbacks=False, zero_retention=True, max_price={"prompt": 1}
    )
    builder = builder.with_plugins({"id": "web", "max_results": 3}).with_reasoning(
        max_tokens=500, exclude=True
    )
    body = await sent(builder)

    del body["messages"], body["model"]
    assert body == {
        "models": ["a/b", "c/d"],
        "provider": {"order": ["x"], "allow_fallbacks": False, "zdr": True, "max_price": {"prompt": 1}},
        "plugins": [{"id": "web", "max_results": 3}],
        "reasoning": {"max_tokens": 500, "exclude": True},
    }


async def test_the_application_is_named_in_headers() -> None:
    transport = FakeTransport().answer(GOOD)
    builder = OpenRouterBuilder().with_attribution("https://a.example", "An app").with_model("m")
    client = builder.with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    headers = transport.requests[0].headers
    assert (headers["http-referer"], headers["x-title"]) == ("https://a.example", "An app")


@pytest.mark.parametrize(
    ("stated", "cost"), [({"cost": 0.25}, 0.25), ({"cost": 1}, 1.0), ({}, None), ({"cost": "x"}, None)]
)
async def test_what_a_response_cost_is_as_the_server_states_it(
    stated: dict[str, Any], cost: float | None
) -> None:
    client = client_of(FakeTransport().answer({**GOOD, "usage": {"prompt_tokens": 1, **stated}}))
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert client.cost(response) == cost


async def test_a_generation_is_looked_up_by_its_id_which_cannot_leave_its_place() -> None:
    transport = FakeTransport().answer({"data": {"total_cost": 0.1}})
    found = await client_of(transport).generation("gen-1&x=/../#")

    assert found == {"data": {"total_cost": 0.1}}
    assert transport.requests[0].url == "https://openrouter.ai/api/v1/generation?id=gen-1%26x%3D%2F..%2F%23"
