"""Play recorded Responses exchanges through the vendor's builder, else `ResponsesBuilder`, over HTTP or a
WebSocket.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from chat_core import (
    ChatError,
    ChatResponse,
    File,
    Messages,
    Reasoning,
    Text,
    Tool,
    Transport,
)
from chat_deepseek import DeepSeekBuilder
from chat_groq import GroqBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openrouter import OpenRouterBuilder
from chat_responses import ResponsesBuilder
from chat_xai import XAIBuilder

from players import azures, neutral, turns

_VENDORS = {
    "deepseek": DeepSeekBuilder,
    "groq": GroqBuilder,
    "openrouter": OpenRouterBuilder,
    "xai": XAIBuilder,
}


async def message(exchange: dict, base_url: str, *, stream: bool, transport: Transport | None = None) -> dict:
    sent = turns.sent(exchange)
    builder = _builder(exchange, base_url).with_api_key("test-key").with_model(sent.get("model") or "a-model")
    async with (builder.with_transport(transport) if transport else builder).build() as client:
        if exchange["request"]["method"] == "GET":
            return _neutral(
                await client.retrieve(urlsplit(exchange["request"]["url"]).path.rpartition("/")[2])
            )
        return _neutral(await turns.turn(client, _tools(sent), _conversation(sent), stream))


async def count(exchange: dict, base_url: str, *, stream: bool) -> dict:
    """A count of tokens."""
    sent = turns.sent(exchange)
    builder = _builder(exchange, base_url).with_api_key("test-key").with_model(sent.get("model") or "a-model")
    async with builder.build() as client:
        return {"kind": "token-count", "tokens": await client.count_tokens(_conversation(sent))}


def _builder(exchange: dict, base_url: str) -> ResponsesBuilder | AzureOpenAIBuilder:
    azure = azures.builder(exchange["request"]["url"], base_url)
    if azure is not None:
        return azure
    vendor = _VENDORS.get(exchange["provider"])
    builder = vendor().with_responses() if vendor else ResponsesBuilder()
    return builder.with_base_url(base_url + "/v1")


def _neutral(response: ChatResponse) -> dict:
    """The pieces of one reasoning item are joined by a blank line, which the expectations do not have."""
    pieces = [
        piece.get("text") or ""
        for part in response.message.parts
        if isinstance(part, Reasoning) and part.native
        for piece in [*(part.native.data.get("summary") or []), *(part.native.data.get("content") or [])]
    ]
    return neutral.message(response) | {"reasoning_text": "".join(pieces)}


def _tools(sent: dict) -> list[Tool]:
    """The functions that the request declares, none of which is ever run."""
    declared = {}
    for tool in sent.get("tools") or []:
        if tool.get("type") == "function" and tool.get("name"):
            schema = tool.get("parameters") or {"type": "object"}
            declared[tool["name"]] = Tool(tool["name"], tool.get("description") or "", schema, dict)
    return list(declared.values())


def _conversation(sent: dict) -> Messages:
    """The request's conversation, as text and images of the user's."""
    messages = Messages()
    if isinstance(sent.get("instructions"), str):
        messages.add_system(sent["instructions"])
    given = sent.get("input")
    for item in given if isinstance(given, list) else [{"role": "user", "content": given}] if given else []:
        parts = _parts(item.get("content"))
        match item.get("role"):
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
        if item.get("type") in ("input_text", "text"):
            parts.append(Text(item["text"]))
        elif item.get("type") == "input_image" and item.get("image_url"):
            try:
                file = File.from_url(item["image_url"])
                parts.append(file if file.mimetype else replace(file, mimetype="image/jpeg"))
            except (ChatError, ValueError):  # a picture that the recording replaced
                parts.append(Text("(a picture)"))
    return parts
