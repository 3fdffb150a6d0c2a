"""Models that cannot be made to call a tool: what is refused, and how typed output goes there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_core import ChatBuilder, ChatOptions, ConfigurationError, tool
from chat_core.testing import FakeTransport
from pydantic import BaseModel, ConfigDict

pytestmark = pytest.mark.anyio

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]

UNFORCED = (
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-mythos-5-1",
    "claude-mythos-5-2",
    "eu.anthropic.claude-opus-5-5-v1:0",
)
FORCED = ("claude-opus-5", "claude-haiku-5-5", "claude-sonnet-5", "claude-fable-5", "claude-sonnet-4-5")


class City(BaseModel):
    name: str


class Prices(BaseModel):
    by_city: dict[str, float]


class Anything(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def chat(model: str, transport: FakeTransport) -> ChatBuilder[Any, Any]:
    client = ClaudeBuilder().with_model(model).with_api_key("k").with_transport(transport).build()
    return ChatBuilder().with_model(client)


def answered(text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return {"id": "msg_1", "role": "assistant", "content": content, "stop_reason": "end_turn"}


@pytest.mark.parametrize("choice", ["required", "add"])
@pytest.mark.parametrize("model", UNFORCED)
async def test_a_forced_call_is_refused_with_what_to_do_before_anything_is_sent(
    model: str, choice: str
) -> None:
    transport = FakeTransport()
    forced = chat(model, transport).with_tools([add]).with_options(ChatOptions(tool_choice=choice)).build()

    with pytest.raises(
        ConfigurationError,
        match=r'cannot be made to call a tool: use tool_choice="auto".*with_structured_output',
    ):
        await forced.complete("What is 19 + 23?")
    assert transport.requests == []


@pytest.mark.parametrize("model", FORCED)
async def test_other_models_are_sent_the_choice(model: str, official: Judge) -> None:
    transport = FakeTransport().answer(answered("42"))
    forced = chat(model, transport).with_tools([add]).with_options(ChatOptions(tool_choice="required"))

    await forced.build().complete("What is 19 + 23?")

    assert official(transport.last_body)["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize("model", [*UNFORCED, *FORCED])
async def test_typed_output_is_native_on_every_model_and_never_a_forced_tool(
    model: str, official: Judge
) -> None:
    transport = FakeTransport().answer(answered('{"name": "Bern"}'))
    typed = chat(model, transport).with_tools([add]).with_structured_output(City).build()

    response = await typed.complete("Which city?")

    body = official(transport.last_body)
    assert response.value == City(name="Bern")
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert [one["name"] for one in body["tools"]] == ["add"]
    assert "tool_choice" not in body


@pytest.mark.parametrize("form", [Prices, Anything])
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-5-5"])
async def test_an_open_object_which_the_server_would_leave_empty_is_refused_with_its_place(
    model: str, form: type[BaseModel]
) -> None:
    transport = FakeTransport()
    typed = chat(model, transport).with_structured_output(form).build()

    with pytest.raises(ConfigurationError, match=r"#/.*additionalProperties: keys have to be named"):
        await typed.complete("What does it cost?")
    assert transport.requests == []
