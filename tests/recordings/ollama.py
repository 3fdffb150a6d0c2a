"""Play recorded exchanges of Ollama's native API through `OllamaBuilder`."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import neutral
import turns
from chat_core import (
    Action,
    ChatBuilder,
    ChatError,
    ChatResponse,
    File,
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

_NO_RETRIES = RetryPolicy(max_retries=0)


async def message(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange)
    builder = OllamaBuilder().with_host(base_url).with_native().with_model(sent.get("model") or "a-model")
    async with builder.build() as client:
        chat = ChatBuilder().with_model(client).with_retry(_NO_RETRIES).with_max_steps(1)
        messages = _conversation(sent)
        try:
            return neutral.message(
                await turns.turn(chat.with_scoped_tools(ScopedCollection(_tools(sent), _ask)).build(), messages, stream)
            )
        except StepLimitReached:  # no call of the turn can run, so the model would be told at once
            return neutral.message(ChatResponse(messages[-1]))


async def embeddings(exchange: dict, base_url: str, *, stream: bool) -> dict:
    sent = _sent(exchange)
    inputs = sent.get("input") or "a text"
    async with OllamaBuilder().with_host(base_url).with_model(sent.get("model") or "m").with_embeddings().build() as client:
        answer = await ChatBuilder().with_model(client).with_retry(_NO_RETRIES).build().embed(inputs)
    first = answer.embeddings[0].vector
    return {"kind": "embeddings", "count": len(answer.embeddings), "dimensions": len(first), "first": list(first[:3])}


def _sent(exchange: dict) -> dict:
    sent = exchange["request"].get("json")
    return sent if isinstance(sent, dict) else {}


def _ask(call: ToolCall, meta: Mapping[str, object]) -> Action:
    return RequireApproval()


def _tools(sent: dict) -> list[Tool]:
    """The functions that the request declares, none of which is ever run."""
    declared = {}
    for tool in sent.get("tools") or []:
        function = tool.get("function") or {}
        if name := function.get("name"):
            schema = function.get("parameters") or {"type": "object"}
            declared[name] = Tool(name, function.get("description") or "", schema, dict)
    return list(declared.values())


def _conversation(sent: dict) -> Messages:
    """The request's conversation, as text and images of the user's."""
    messages = Messages()
    for said in sent.get("messages") or []:
        text = [Text(said["content"])] if said.get("content") else []
        match said.get("role"):
            case "system" if text:
                messages.add_system(*text)
            case "user" if parts := [*text, *_pictures(said)]:
                messages.add_user(*parts)
            case _:
                pass
    return messages if any(message.role == "user" for message in messages) else messages.add_user("Hello")


def _pictures(said: dict) -> list[File | Text]:
    pictures: list[File | Text] = []
    for data in said.get("images") or []:
        try:
            pictures.append(File.from_bytes(base64.b64decode(data, validate=True), "image/png"))
        except (ChatError, ValueError):  # a picture that the recording replaced
            pictures.append(Text("(a picture)"))
    return pictures
