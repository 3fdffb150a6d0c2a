"""Play recorded exchanges of Ollama's own API through `OllamaBuilder`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chat_core import (
    Action,
    ChatBuilder,
    ChatResponse,
    Messages,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StepLimitReached,
    Text,
    Tool,
    ToolCall,
)
from chat_ollama import OllamaBuilder

from players import neutral, turns

_NO_RETRIES = RetryPolicy(max_retries=0)


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange)
    builder = OllamaBuilder().with_base_url(base_url).with_model(sent.get("model") or "a-model").with_native()
    if sent.get("think") is not None:
        builder = builder.with_thinking(sent["think"])
    if sent.get("options"):
        builder = builder.with_ollama_options(sent["options"])
    async with builder.build() as client:
        made = ChatBuilder().with_model(client).with_retry(_NO_RETRIES).with_max_steps(1)
        chat = made.with_scoped_tools(ScopedCollection(_tools(exchange), _ask)).build()
        messages = _conversation(exchange)
        try:
            return neutral.message(await turns.turn(chat, messages, stream))
        except StepLimitReached:  # no call of the turn can run, so the model would be told at once
            return neutral.message(ChatResponse(messages[-1]))


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange)
    inputs = sent.get("input")
    if inputs is None:  # the request was not recorded: ask for as many as were answered
        inputs = ["a text"] * len(json.loads(exchange["response"]["body"]).get("embeddings", [1]))
    inputs = [inputs] if isinstance(inputs, str) else inputs
    builder = (
        OllamaBuilder().with_base_url(base_url).with_model(sent.get("model") or "a-model").with_embeddings()
    )
    async with builder.build() as client:
        answer = await ChatBuilder().with_model(client).with_retry(_NO_RETRIES).build().embed(inputs)
    first = answer.embeddings[0].vector
    return {
        "kind": "embeddings",
        "count": len(answer.embeddings),
        "dimensions": len(first),
        "first": list(first[:3]),
    }


def _sent(exchange: dict) -> dict:
    sent = exchange["request"].get("json")
    return sent if isinstance(sent, dict) else {}


def _ask(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    functions = [tool.get("function") or {} for tool in _sent(exchange).get("tools") or []]
    schema = {"type": "object"}
    return [
        Tool(function["name"], function.get("description") or "", function.get("parameters") or schema, dict)
        for function in functions
        if function.get("name")
    ]


def _conversation(exchange: dict) -> Messages:
    """What the system and the user say in the request, as text."""
    messages = Messages()
    for message in _sent(exchange).get("messages") or []:
        if text := message.get("content"):
            match message.get("role"):
                case "system":
                    messages.add_system(Text(text))
                case "user":
                    messages.add_user(text)
                case _:
                    pass
    return messages if any(message.role == "user" for message in messages) else messages.add_user("Hello")
