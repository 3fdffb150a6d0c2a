"""Play recorded Chat Completions and embeddings exchanges through the provider's own builder, else
`ChatCompletionsBuilder`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit

from chat_ai21 import AI21Builder
from chat_cerebras import CerebrasBuilder
from chat_completions import ChatCompletionsBuilder, Dialect
from chat_core import (
    ChatError,
    ConfigurationError,
    File,
    Messages,
    Text,
    Tool,
)
from chat_deepseek import DeepSeekBuilder
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_mistral import MistralBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openrouter import OpenRouterBuilder
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder

from players import azures, neutral, turns

_BUILDERS = {
    "ai21": AI21Builder,
    "cerebras": CerebrasBuilder,
    "deepseek": DeepSeekBuilder,
    "groq": GroqBuilder,
    "huggingface": HuggingFaceBuilder,
    "mistral": MistralBuilder,
    "openrouter": OpenRouterBuilder,
    "together": TogetherBuilder,
    "xai": XAIBuilder,
}


def _builder(exchange: dict, base_url: str) -> ChatCompletionsBuilder | AzureOpenAIBuilder:
    sent = turns.sent(exchange)
    if (azure := azures.builder(exchange["request"]["url"], base_url)) is not None:
        return (
            azure.with_chat_completions().with_api_key("test-key").with_model(sent.get("model") or "a-model")
        )
    dialect = Dialect.for_url(exchange["request"]["url"])
    if azures.is_model_inference(exchange["request"]["url"]):
        query = urlsplit(exchange["request"]["url"]).query
        base_url = base_url.removesuffix("/v1") + f"/models?{query}"
    custom = _BUILDERS.get(exchange["provider"])
    builder = custom() if custom else ChatCompletionsBuilder().with_dialect(dialect)
    builder = builder.with_base_url(base_url).with_api_key("test-key")
    return builder.with_model(sent.get("model") or "a-model")


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    async with _builder(exchange, base_url + "/v1").build() as client:
        tools = _tools(exchange)
        try:
            response = await turns.turn(client, tools, _conversation(exchange), stream)
        except ConfigurationError:  # the request shows what its server refuses, and this library too
            response = await turns.turn(client, tools, Messages.from_user("Hello"), stream)
    return neutral.message(response)


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    inputs = turns.sent(exchange).get("input")
    if inputs is None:  # the request was not recorded: ask for as many as were answered
        inputs = ["a text"] * len(json.loads(exchange["response"]["body"]).get("data", [1]))
    if isinstance(inputs, list):
        inputs = [str(text) for text in inputs]
    async with _builder(exchange, base_url + "/v1").with_embeddings().build() as client:
        answer = await turns.embed(client, inputs)
    return neutral.embeddings(answer)


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    declared = {}
    for tool in turns.sent(exchange).get("tools") or []:
        function = tool.get("function") or {}
        if function.get("name"):
            schema = function.get("parameters") or {"type": "object"}
            declared[function["name"]] = Tool(
                function["name"], function.get("description") or "", schema, dict
            )
    return list(declared.values())


def _conversation(exchange: dict) -> Messages:
    """The request's conversation up to its last user message, as text and images."""
    messages = Messages()
    for message in turns.sent(exchange).get("messages") or []:
        parts = _parts(message.get("content"))
        match message.get("role"):
            case "system" | "developer" if parts:
                messages.add_system(*(part for part in parts if isinstance(part, Text)))
            case "user" if parts:
                messages.add_user(*parts)
            case _:
                pass
    return turns.with_a_user(messages)


def _parts(content: object) -> list[Text | File]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    parts: list[Text | File] = []
    for item in content if isinstance(content, list) else []:
        if item.get("type") == "text":
            parts.append(Text(item["text"]))
        elif item.get("type") == "image_url":
            url = item["image_url"]
            try:
                file = File.from_url(url if isinstance(url, str) else url["url"])
                parts.append(file if file.mimetype else replace(file, mimetype="image/jpeg"))
            except (ChatError, ValueError):  # a picture that the recording replaced
                parts.append(Text("(a picture)"))
    return parts
