"""Play recorded Messages exchanges through `ClaudeBuilder`."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from chat_claude import ClaudeBuilder, block
from chat_core import (
    ChatError,
    File,
    Messages,
    Opaque,
    Text,
    Tool,
)

from players import neutral, turns

_READABLE = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf")


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    builder = ClaudeBuilder().with_base_url(base_url).with_api_key("test-key")
    model = turns.sent(exchange).get("model")
    if "rawpredict" in (exchange["request"].get("url") or "").lower():
        builder, model = builder.with_vertex("a-project"), _model_in_path(exchange)
    return await _play(builder.with_model(model or "a-model"), exchange, stream)


async def bedrock(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
    """A message of a Claude on Bedrock; None for other models, whose wires are others."""
    model = _model_in_path(exchange)
    if "claude" not in model:
        return None
    builder = ClaudeBuilder().with_bedrock("us-east-1").with_base_url(base_url).with_api_key("test-key")
    return await _play(builder.with_model(model), exchange, stream)


async def count(exchange: dict, base_url: str, *, stream: bool) -> dict:
    """A count of tokens."""
    builder = ClaudeBuilder().with_base_url(base_url).with_api_key("test-key")
    return await _count(builder.with_model(turns.sent(exchange).get("model") or "a-model"))


async def _count(builder: ClaudeBuilder) -> dict:
    async with builder.build() as client:
        return {"kind": "token-count", "tokens": await client.count_tokens(Messages.from_user("Hello"))}


async def _play(builder: ClaudeBuilder, exchange: dict, stream: bool) -> dict:
    # each recorded response is played alone, a paused one too
    async with builder.with_continuations(0).build() as client:
        response = await turns.turn(client, _tools(exchange), _conversation(exchange), stream)
    # the wire has no refusal among its content: it stands in stop_details
    return neutral.message(response) | {"refusal": None}


def _model_in_path(exchange: dict) -> str:
    found = re.search(
        r"/models?/([^/]+?)(?:/|:(?:stream)?[rR]awPredict)", exchange["request"].get("url") or ""
    )
    return unquote(found[1]) if found else "a-model"


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares for the client, none of which is ever run."""
    declared = {}
    for tool in turns.sent(exchange).get("tools") or []:
        if "input_schema" in tool:
            declared[tool["name"]] = Tool(
                tool["name"], tool.get("description") or "", {"type": "object"}, dict
            )
    return list(declared.values())


def _conversation(exchange: dict) -> Messages:
    """The request's conversation up to its last user message, as text and files."""
    messages = Messages()
    sent = turns.sent(exchange)
    if instructions := _parts(sent.get("system")):
        messages.add_system(*instructions)
    for turn in sent.get("messages") or []:
        if turn.get("role") == "user" and (parts := _parts(turn.get("content"))):
            messages.add_user(*parts)
    return turns.with_a_user(messages)


def _parts(content: object) -> list[Text | File | Opaque]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    parts: list[Text | File | Opaque] = []
    for item in content if isinstance(content, list) else []:
        match item:
            case {"type": "text", "text": str(text)} if text:
                parts.append(Text(text))
            case {"type": "image" | "document" as kind, "source": dict(source)}:
                parts.append(_file(kind, source) or Text(f"({kind})"))
            case {"type": "container_upload"}:
                parts.append(block(item))
            case _:
                pass
    return parts


def _file(kind: str, source: dict) -> File | None:
    """None for what the recording replaced."""
    try:
        match source:
            case {"type": "url", "url": str(url)}:
                file = File.from_url(url)
                return replace(file, mimetype="image/jpeg") if kind == "image" else file
            case {"type": "base64", "media_type": str(mimetype), "data": str(data)} if mimetype in _READABLE:
                return File.from_url(f"data:{mimetype};base64,{data}")
            case {"type": "file", "file_id": str(id)}:
                return File.from_id(id, "image/jpeg" if kind == "image" else None)
            case _:
                return None
    except (ChatError, ValueError):
        return None
