"""Play recorded exchanges of Ollama's own API through `OllamaBuilder`."""

from __future__ import annotations

import json

from chat_core import (
    Messages,
    Text,
    Tool,
)
from chat_ollama import OllamaBuilder

from players import neutral, turns


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    builder = OllamaBuilder().with_base_url(base_url).with_model(sent.get("model") or "a-model").with_native()
    if sent.get("think") is not None:
        builder = builder.with_thinking(sent["think"])
    if sent.get("options"):
        builder = builder.with_ollama_options(sent["options"])
    async with builder.build() as client:
        response = await turns.turn(client, _tools(exchange), _conversation(exchange), stream)
    return neutral.message(response)


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = turns.sent(exchange)
    inputs = sent.get("input")
    if inputs is None:  # the request was not recorded: ask for as many as were answered
        inputs = ["a text"] * len(json.loads(exchange["response"]["body"]).get("embeddings", [1]))
    inputs = [inputs] if isinstance(inputs, str) else inputs
    builder = (
        OllamaBuilder().with_base_url(base_url).with_model(sent.get("model") or "a-model").with_embeddings()
    )
    async with builder.build() as client:
        answer = await turns.embed(client, inputs)
    return neutral.embeddings(answer)


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    functions = [tool.get("function") or {} for tool in turns.sent(exchange).get("tools") or []]
    schema = {"type": "object"}
    return [
        Tool(function["name"], function.get("description") or "", function.get("parameters") or schema, dict)
        for function in functions
        if function.get("name")
    ]


def _conversation(exchange: dict) -> Messages:
    """What the system and the user say in the request, as text."""
    messages = Messages()
    for message in turns.sent(exchange).get("messages") or []:
        if text := message.get("content"):
            match message.get("role"):
                case "system":
                    messages.add_system(Text(text))
                case "user":
                    messages.add_user(text)
                case _:
                    pass
    return turns.with_a_user(messages)
