"""What Groq has beyond the wire goes over it in Groq's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, Messages
from chat_core.testing import FakeTransport
from chat_groq import GroqBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return GroqBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_options_go_over_the_wire_in_groqs_words() -> None:
    builder = GroqBuilder().with_reasoning("low", format="parsed").with_service_tier("flex")
    builder = builder.with_compound_tools("web_search", "code_interpreter").with_tool_validation(False)
    body = await sent(builder.with_search_domains(include=["a.example"], country="switzerland"))

    del body["messages"], body["model"]
    assert body == {
        "reasoning_effort": "low",
        "reasoning_format": "parsed",
        "service_tier": "flex",
        "compound_custom": {"tools": {"enabled_tools": ["web_search", "code_interpreter"]}},
        "disable_tool_validation": True,
        "search_settings": {"include_domains": ["a.example"], "country": "switzerland"},
    }
