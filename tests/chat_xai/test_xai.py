"""What xAI has beyond the wire goes over it in xAI's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, InvalidResponse, Messages, ProviderError
from chat_core.testing import FakeTransport
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return XAIBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_live_search_and_reasoning_go_over_the_wire_in_xais_words() -> None:
    builder = XAIBuilder().with_reasoning("high")
    body = await sent(
        builder.with_live_search("on", sources=[{"type": "x"}], max_results=3, from_date="2026-01-01")
    )

    assert body["reasoning_effort"] == "high"
    assert body["search_parameters"] == {
        "mode": "on",
        "return_citations": True,
        "sources": [{"type": "x"}],
        "max_search_results": 3,
        "from_date": "2026-01-01",
    }


async def test_reasoning_is_part_of_the_output_though_the_server_counts_it_apart() -> None:
    usage = {
        "prompt_tokens": 12,
        "completion_tokens": 1,
        "completion_tokens_details": {"reasoning_tokens": 290},
    }
    client = client_of(FakeTransport().answer({**GOOD, "usage": usage}))
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert (response.usage.output_tokens, response.usage.reasoning_tokens) == (291, 290)


async def test_an_image_says_its_type_where_its_bytes_do_not() -> None:
    answer = {
        "data": [{"b64_json": "aGVsbG8=", "mime_type": "image/webp"}],
        "usage": {"cost_in_usd_ticks": 7},
    }
    transport = FakeTransport().answer(answer)
    [image] = await client_of(transport).draw("A lighthouse.", options={"aspect_ratio": "4:3"})

    assert (image.mimetype, image.data) == ("image/webp", b"hello")
    assert transport.last_body["aspect_ratio"] == "4:3"


async def test_images_are_drawn() -> None:
    transport = FakeTransport().answer(
        {"data": [{"b64_json": "iVBORw0KGgo="}, {"url": "https://a.example/b.jpg"}]}
    )
    first, second = await client_of(transport).draw("A cat.", n=2, model="grok-2-image")

    assert (first.mimetype, second.url) == ("image/png", "https://a.example/b.jpg")
    assert transport.requests[0].url == "https://api.x.ai/v1/images/generations"
    body = {"model": "grok-2-image", "prompt": "A cat.", "n": 2, "response_format": "b64_json"}
    assert transport.last_body == body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"error": "no", "code": 400}, ProviderError),
        ({"data": []}, InvalidResponse),
        ({"data": [{}]}, InvalidResponse),
    ],
)
async def test_a_response_without_images_is_an_error(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await client_of(FakeTransport().answer(answer)).draw("A cat.")
