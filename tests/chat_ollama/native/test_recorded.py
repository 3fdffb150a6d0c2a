"""Recorded requests to `/api/chat`, asked again through `OllamaBuilder`: the same is sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    Completed,
    Done,
    File,
    Message,
    Messages,
    Origin,
    OutputSchema,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_core.types.native import Native
from chat_ollama import OllamaBuilder

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings" / "ollama"
LAST = {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": True, "done_reason": "stop"}
COMMON = {
    "temperature": "temperature",
    "seed": "seed",
    "num_predict": "max_tokens",
    "top_p": "top_p",
    "top_k": "top_k",
}
if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio


def recorded() -> Iterator[Any]:
    for path in sorted(RECORDINGS.glob("*.json")):
        if path.name.endswith(".expected.json"):
            continue
        for at, exchange in enumerate(json.loads(path.read_text(encoding="utf-8"))["exchanges"]):
            if exchange["wire"] == "ollama" and exchange["request"].get("json"):
                yield pytest.param(exchange["request"]["json"], id=f"{path.stem}-{at}")


def parts(said: dict[str, Any], origin: Origin) -> Iterator[Part]:
    if said.get("thinking"):
        yield Reasoning(said["thinking"], native=Native(origin, {"field": "reasoning"}))
    if said.get("content"):
        yield Text(said["content"])
    for image in said.get("images") or []:
        yield File.from_bytes(base64.b64decode(image), "image/png")
    for at, call in enumerate(said.get("tool_calls") or []):
        function = call["function"]
        yield ToolCall(call.get("id") or f"call_{at}", function["name"], function["arguments"])


def conversation(sent: dict[str, Any], origin: Origin) -> Messages:
    """What was asked, in our words: a tool's message is the outcome of the first call that has none."""
    messages = Messages()
    for said in sent["messages"]:
        if said["role"] == "tool":
            call = next(call for call in messages.calls if not call.resolved)
            call.status = Completed(said["content"])
        else:
            role = {"assistant": "model"}.get(said["role"], said["role"])
            messages.append(Message(role, list(parts(said, origin))))
    return messages


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """A body without what says nothing, and without the labels that some clients leave off. Thoughts go back
    only with turns that called tools, where that client sent all of them.
    """
    messages = [
        {
            key: _calls(value) if key == "tool_calls" else value
            for key, value in said.items()
            if key not in _left_off(said) and value
        }
        for said in body["messages"]
    ]
    tools = [
        {"name": tool["function"]["name"], "parameters": tool["function"]["parameters"]}
        for tool in body.get("tools") or []
    ]
    rest = {
        key: value
        for key, value in body.items()
        if key not in ("messages", "tools") and value not in (None, {}, [], "")
    }
    return {**rest, "messages": messages, "tools": tools}


def _left_off(said: dict[str, Any]) -> set[str]:
    return {"id", "tool_name", "tool_call_id", "name"} | (set() if said.get("tool_calls") else {"thinking"})


def _calls(calls: list[Any]) -> list[Any]:
    return [(call["function"]["name"], call["function"]["arguments"]) for call in calls]


@pytest.mark.parametrize("sent", list(recorded()))
async def test_the_same_request_is_sent(sent: dict[str, Any]) -> None:
    transport = FakeTransport().answer(LAST)
    builder = OllamaBuilder().with_native().with_model(sent["model"]).with_transport(transport)
    given = sent.get("options") or {}
    common = {ours: given[theirs] for theirs, ours in COMMON.items() if theirs in given}
    if rest := {name: value for name, value in given.items() if name not in COMMON}:
        builder = builder.with_ollama_options(rest)
    if sent.get("think") is not None:
        builder = builder.with_thinking(sent["think"])
    if sent.get("keep_alive") is not None:
        builder = builder.with_keep_alive(sent["keep_alive"])
    functions = [tool["function"] for tool in sent.get("tools") or []]
    client = builder.build()
    request = ChatRequest(
        conversation(sent, client.origin),
        [
            ToolDefinition(function["name"], function.get("description") or "", function["parameters"])
            for function in functions
        ],
        ChatOptions(**common),
        OutputSchema("output", sent["format"]) if sent.get("format") else None,
    )
    if sent.get("stream", True):
        events = [event async for event in client.stream(request)]
        assert isinstance(events[-1], Done)
    else:
        await client.complete(request)

    assert transport.requests[0].url.endswith("/api/chat")
    assert plain(transport.last_body) == {"stream": True, **plain(sent)}
