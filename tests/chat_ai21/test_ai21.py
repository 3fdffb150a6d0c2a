"""What AI21 has beyond the wire goes over it in AI21's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_ai21 import AI21Builder
from chat_core import ChatBuilder, Messages
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return AI21Builder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_documents_go_with_the_request() -> None:
    body = await sent(
        AI21Builder().with_documents("The rent is 900.", "It is due monthly.", metadata={"topic": "rent"})
    )

    assert body["documents"] == [
        {"content": "The rent is 900.", "metadata": {"topic": "rent"}},
        {"content": "It is due monthly.", "metadata": {"topic": "rent"}},
    ]


async def test_a_models_list_is_had_from_the_server() -> None:
    transport = FakeTransport().answer({"data": [{"id": "jamba-mini"}]})

    assert [model.id for model in await client_of(transport).list_models()] == ["jamba-mini"]
    assert transport.requests[0].url == "https://api.ai21.com/studio/v1/models"
