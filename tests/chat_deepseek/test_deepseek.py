"""What DeepSeek has beyond the wire goes over it in DeepSeek's words."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ChatOptions, Message, Messages, Text
from chat_core.testing import FakeTransport
from chat_deepseek import DeepSeekBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return DeepSeekBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_the_thinking_switch_and_its_effort() -> None:
    on = await sent(DeepSeekBuilder().with_thinking(effort="max"))
    off = await sent(DeepSeekBuilder().with_thinking(False))

    assert (on["thinking"], on["reasoning_effort"]) == ({"type": "enabled"}, "max")
    assert off["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in off


@pytest.mark.parametrize("thinking", [True, False])
async def test_a_temperature_is_noticed_only_while_the_model_thinks(thinking: bool) -> None:
    transport = FakeTransport().answer(GOOD)
    builder = DeepSeekBuilder().with_thinking(thinking).with_model("m").with_api_key("k")
    client = builder.with_transport(transport).build()
    chat = ChatBuilder().with_model(client).with_options(ChatOptions(temperature=0.5)).build()
    response = await chat.complete(Messages.from_user("Hello"))

    assert [notice.about for notice in response.notices] == (["temperature"] if thinking else [])
    assert transport.last_body["temperature"] == 0.5


async def test_a_prefix_is_continued_on_the_beta_address() -> None:
    transport = FakeTransport().answer(GOOD)
    builder = DeepSeekBuilder().with_prefix_completion().with_model("m").with_api_key("k")
    client = builder.with_transport(transport).build()
    begun = Messages.from_user("Write Python.").append(Message("model", [Text("```python")]))
    await ChatBuilder().with_model(client).build().complete(begun)

    assert transport.requests[0].url == "https://api.deepseek.com/beta/chat/completions"
    last = {"role": "assistant", "content": "```python", "prefix": True}
    assert (await sent(DeepSeekBuilder(), begun))["messages"][-1]["content"] == "Continue."
    assert transport.last_body["messages"][-1] == last


async def test_cache_hits_are_cached_tokens() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 7}
    client = client_of(FakeTransport().answer({**GOOD, "usage": usage}))
    response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert response.usage.cache_read_tokens == 7
