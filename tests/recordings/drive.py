"""Play one recorded exchange through the public API, for `check_recordings.py` (its docstring says what is returned)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from chat_completions import ChatCompletionsBuilder, Dialect
from chat_core import (
    Action,
    Chat,
    ChatBuilder,
    ChatError,
    ChatResponse,
    Done,
    File,
    InvalidResponse,
    Messages,
    Paused,
    ProviderError,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    StepLimitReached,
    StreamTruncated,
    Text,
    Tool,
    ToolCall,
)

_NO_RETRIES = RetryPolicy(max_retries=0)


async def drive(exchange: dict, base_url: str, *, stream: bool) -> dict | None:
    """One exchange, or None for a wire that no package speaks yet."""
    match exchange["wire"]:
        case "chat-completions":
            play = _message
        case "embeddings":
            play = _embeddings
        case _:
            return None
    try:
        return await play(exchange, base_url + "/v1", stream)
    except ChatError as error:
        return _failed(error)


def _builder(exchange: dict, base_url: str) -> ChatCompletionsBuilder:
    sent = _sent(exchange)
    dialect = Dialect.for_url(exchange["request"]["url"])
    builder = ChatCompletionsBuilder().with_base_url(base_url).with_api_key("test-key").with_dialect(dialect)
    return builder.with_model(sent.get("model") or "a-model")


async def _message(exchange: dict, base_url: str, stream: bool) -> dict:
    async with _builder(exchange, base_url).build() as client:
        builder = ChatBuilder().with_model(client).with_retry(_NO_RETRIES).with_max_steps(1)
        chat = builder.with_scoped_tools(ScopedCollection(_tools(exchange), _ask)).build()
        messages = _conversation(exchange)
        try:
            return _neutral(await _turn(chat, messages, stream))
        except StepLimitReached:  # no call of the turn can run, so the model would be told at once
            return _neutral(ChatResponse(messages[-1]))


async def _turn(chat: Chat, messages: Messages, stream: bool) -> ChatResponse:
    if not stream:
        return (await chat.complete(messages)).response
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, Done | Paused):
                return event.response
    raise AssertionError("a stream ends in Done or Paused")


async def _embeddings(exchange: dict, base_url: str, stream: bool) -> dict:
    inputs = _sent(exchange).get("input")
    if inputs is None:  # the request was not recorded: ask for as many as were answered
        inputs = ["a text"] * len(json.loads(exchange["response"]["body"]).get("data", [1]))
    if isinstance(inputs, list):
        inputs = [str(text) for text in inputs]
    async with _builder(exchange, base_url).with_embeddings().build() as client:
        answer = await ChatBuilder().with_model(client).with_retry(_NO_RETRIES).build().embed(inputs)
    first = answer.embeddings[0].vector
    return {"kind": "embeddings", "count": len(answer.embeddings), "dimensions": len(first), "first": list(first[:3])}


def _sent(exchange: dict) -> dict:
    sent = exchange["request"].get("json")
    return sent if isinstance(sent, dict) else {}


def _ask(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()


def _tools(exchange: dict) -> list[Tool]:
    """The tools that the request declares, none of which is ever run."""
    declared = {}
    for tool in _sent(exchange).get("tools") or []:
        function = tool.get("function") or {}
        if function.get("name"):
            schema = function.get("parameters") or {"type": "object"}
            declared[function["name"]] = Tool(function["name"], function.get("description") or "", schema, dict)
    return list(declared.values())


def _conversation(exchange: dict) -> Messages:
    """The request's conversation up to its last user message, as text and images."""
    messages = Messages()
    for message in _sent(exchange).get("messages") or []:
        parts = _parts(message.get("content"))
        match message.get("role"):
            case "system" | "developer" if parts:
                messages.add_system(*(part for part in parts if isinstance(part, Text)))
            case "user" if parts:
                messages.add_user(*parts)
            case _:
                pass
    return messages if any(message.role == "user" for message in messages) else messages.add_user("Hello")


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


def _neutral(response: ChatResponse) -> dict:
    usage = response.usage
    return {
        "kind": "message",
        "text": response.text,
        "reasoning_text": response.reasoning,
        "refusal": response.refusal,
        "tool_calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in response.tool_calls],
        "files": [
            {"size": len(file.data), "sha256": hashlib.sha256(file.data).hexdigest()} for file in response.files if file.data
        ],
        "finish_reason": response.raw_finish_reason,
        "usage": {
            "input": usage.input_tokens,
            "output": usage.output_tokens,
            "cached": usage.cache_read_tokens,
            "cache_write": usage.cache_write_tokens,
            "reasoning": usage.reasoning_tokens,
        },
        "response_id": response.id,
        "model": response.model,
    }


def _failed(error: ChatError) -> dict:
    told: dict[str, object] = {"status": None, "code": None, "message": str(error), "retry_after": None}
    if isinstance(error, ProviderError):
        told = {"status": error.status, "code": error.code, "message": error.message, "retry_after": error.retry_after}
    in_stream = isinstance(error, InvalidResponse) or told["status"] == 200
    return {"kind": "error", "error": told, "truncated": isinstance(error, StreamTruncated), "in_stream": in_stream}
