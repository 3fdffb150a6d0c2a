"""Recorded requests as conversations, each with the number of input tokens that the server counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from chat_core import (
    Completed,
    Message,
    Messages,
    Native,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
    Usage,
)

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings"
Json = dict[str, Any]
SEALED = Native(Origin("recorded", "", ""), {"sealed": True})


@dataclass(frozen=True)
class Recorded:
    """One request: what was sent, to which model, and how many input tokens the server counted.

    `follows` says that an earlier turn of the conversation has its usage.
    """

    provider: str
    wire: str
    model: str
    messages: Messages
    tools: tuple[ToolDefinition, ...]
    tokens: int
    follows: bool
    name: str


@cache
def recorded_requests() -> list[Recorded]:
    """Return the requests that consist of texts, calls and functions only, whose tokens were counted."""
    found: list[Recorded] = []
    for path in sorted(RECORDINGS.glob("*/*.json")):
        if path.name.endswith(".expected.json"):
            continue
        recording = json.loads(path.read_text())
        expected = json.loads(path.with_suffix(".expected.json").read_text())
        earlier: list[tuple[Messages, Usage]] = []
        for exchange, result in zip(
            recording.get("exchanges", []), expected.get("exchanges", []), strict=False
        ):
            if (request := _request(exchange, result, earlier, path.stem)) is not None:
                found.append(request)
    return found


def _request(
    exchange: Json, result: Json, earlier: list[tuple[Messages, Usage]], name: str
) -> Recorded | None:
    body, wire = exchange["request"].get("json"), exchange["wire"]
    usage = _usage(exchange["provider"], wire, result)
    if not isinstance(body, dict) or wire not in _READERS or usage.input_tokens is None:
        return None
    try:
        messages, tools = _READERS[wire](body)
    except (_NotPlainError, KeyError, TypeError, ValueError, StopIteration):
        return None
    given = [_give_usage(messages, before, used) for before, used in sorted(earlier, key=_length)]
    earlier.append((messages, usage))
    model = body.get("model") or exchange["request"]["url"].split("/model")[-1].split("/")[1].split(":")[0]
    model = str(model).rpartition("models/")[2]
    return Recorded(
        exchange["provider"], wire, model, messages, tuple(tools), usage.input_tokens, any(given), name
    )


def _length(earlier: tuple[Messages, Usage]) -> int:
    return len(earlier[0])


def _give_usage(messages: Messages, before: Messages, used: Usage) -> bool:
    """Put the usage of an earlier request on the turn that it got, where it is one of this conversation."""
    size = len(before)
    if not 0 < size < len(messages) or messages[size].role != "model":
        return False
    if any(one.role != two.role or one.text != two.text for one, two in zip(before, messages, strict=False)):
        return False
    messages[size].turn = Turn(usage=used)
    return True


def _usage(provider: str, wire: str, result: Json) -> Usage:
    """Return the usage as this library has it: with what was read from a cache, and with reasoning."""
    given = result.get("usage") or {}
    read, written = given.get("cached") or 0, given.get("cache_write") or 0
    total, output, reasoning = given.get("input"), given.get("output"), given.get("reasoning")
    if total is not None and wire in ("claude-messages", "bedrock-converse"):
        total += read + written
    if output is not None and wire == "gemini":
        output += reasoning or 0
    return Usage(total, output, reasoning_tokens=reasoning)


class _NotPlainError(Exception):
    """A request with something in it whose tokens cannot be told from its text."""


def _texts(content: Any, *kinds: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    texts = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif part.get("type", "text") in ("text", "input_text", "output_text", *kinds) and "text" in part:
            texts.append(part["text"])
        else:
            raise _NotPlainError
    return "".join(texts)


def _arguments(text: Any) -> Json:
    value = json.loads(text or "{}") if isinstance(text, str | None) else text
    if not isinstance(value, dict):
        raise _NotPlainError
    return value


def _resolve(messages: Messages, id: str, result: str) -> None:
    call = next(call for call in reversed(messages.calls) if call.id == id)
    call.status = Completed(result)


def _functions(tools: list[Json]) -> Iterator[ToolDefinition]:
    for tool in tools:
        function = tool.get("function", tool)
        schema = function.get("parameters") or function.get("input_schema") or {}
        if tool.get("type", "function") not in ("function", "custom") or "name" not in function:
            raise _NotPlainError
        yield ToolDefinition(function["name"], function.get("description") or "", schema)


def _completions(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    if body.keys() & {"response_format", "functions"} or body.get("n", 1) != 1:
        raise _NotPlainError
    messages = Messages()
    for item in body["messages"]:
        match item["role"]:
            case "system" | "developer":
                messages.append(Message("system", [Text(_texts(item["content"]))]))
            case "user":
                messages.append(Message("user", [Text(_texts(item["content"]))]))
            case "tool":
                _resolve(messages, item["tool_call_id"], _texts(item["content"]))
            case _:
                parts: list[Any] = []
                if thought := item.get("reasoning_content") or item.get("reasoning"):
                    parts.append(Reasoning(thought))
                if text := _texts(item.get("content")):
                    parts.append(Text(text))
                for call in item.get("tool_calls") or ():
                    function = call["function"]
                    arguments = _arguments(function["arguments"])
                    parts.append(ToolCall(call.get("id", ""), function["name"], arguments))
                messages.append(Message("model", parts))
    return messages, list(_functions(body.get("tools") or []))


def _responses(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    if (
        body.keys() & {"previous_response_id", "conversation", "prompt"}
        or (body.get("text") or {}).get("format", {}).get("type", "text") != "text"
    ):
        raise _NotPlainError
    messages = Messages()
    if body.get("instructions"):
        messages.add_system(body["instructions"])
    items = body["input"]
    if isinstance(items, str):
        return messages.add_user(items), list(_functions(body.get("tools") or []))
    for item in items:
        match item.get("type", "message"), item.get("role"):
            case "message", "system" | "developer":
                messages.append(Message("system", [Text(_texts(item["content"]))]))
            case "message", "user":
                messages.append(Message("user", [Text(_texts(item["content"]))]))
            case "message", _:
                _model_parts(messages).append(Text(_texts(item["content"])))
            case "function_call", _:
                call = ToolCall(item["call_id"], item["name"], _arguments(item["arguments"]))
                _model_parts(messages).append(call)
            case "function_call_output", _:
                _resolve(messages, item["call_id"], _texts(item["output"]))
            case "reasoning", _:
                text = _texts(item.get("summary"), "summary_text")
                sealed = SEALED if item.get("encrypted_content") or item.get("id") else None
                _model_parts(messages).append(Reasoning(text, native=sealed))
            case _:
                raise _NotPlainError
    return messages, list(_functions(body.get("tools") or []))


def _model_parts(messages: Messages) -> list[Any]:
    """Return the parts of the turn at the end of the conversation, which is a new one where there is none."""
    last = messages[len(messages) - 1] if len(messages) else None
    if last is None or last.role != "model" or any(call.resolved for call in last.tool_calls):
        last = Message("model", [])
        messages.append(last)
    return last.parts


def _claude(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    if body.keys() & {"output_config", "output_format", "mcp_servers", "container"}:
        raise _NotPlainError
    messages = Messages()
    if body.get("system"):
        messages.add_system(_texts(body["system"]))
    for item in body["messages"]:
        content = item["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if item["role"] == "assistant":
            messages.append(Message("model", [_claude_part(block) for block in blocks]))
            continue
        for block in blocks:
            if block["type"] == "tool_result":
                _resolve(messages, block["tool_use_id"], _texts(block.get("content")))
        texts = [Text(_texts([block])) for block in blocks if block["type"] != "tool_result"]
        if texts:
            messages.append(Message("user", [*texts]))
    return messages, list(_functions(body.get("tools") or []))


def _claude_part(block: Json) -> Any:
    match block["type"]:
        case "text":
            return Text(block["text"])
        case "thinking":
            return Reasoning(block["thinking"], native=SEALED if block.get("signature") else None)
        case "tool_use":
            return ToolCall(block["id"], block["name"], block["input"])
        case _:
            raise _NotPlainError


def _gemini(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    config = body.get("generationConfig") or {}
    if "cachedContent" in body or config.keys() & {"responseSchema", "responseJsonSchema", "response_schema"}:
        raise _NotPlainError
    messages = Messages()
    if body.get("systemInstruction"):
        messages.add_system(_texts(body["systemInstruction"]["parts"]))
    for number, item in enumerate(body["contents"]):
        if item.get("role", "user") == "model":
            messages.append(Message("model", [_gemini_part(part, number) for part in item["parts"]]))
            continue
        texts: list[Any] = []
        for part in item["parts"]:
            answer = part.get("functionResponse") or part.get("function_response")
            if answer is None:
                texts.append(Text(_texts([part])))
            else:
                call = next(
                    call for call in messages.calls if not call.resolved and call.name == answer["name"]
                )
                call.status = Completed(json.dumps(answer["response"], ensure_ascii=False))
        if texts:
            messages.append(Message("user", texts))
    tools = [
        {"name": tool["name"], "description": tool.get("description"), "parameters": _schema(tool)}
        for group in body.get("tools") or []
        for tool in _declarations(group)
    ]
    return messages, list(_functions(tools))


def _declarations(group: Json) -> list[Json]:
    found = group.get("functionDeclarations") or group.get("function_declarations")
    if found is None or len(group) > 1:
        raise _NotPlainError
    return list(found)


def _schema(tool: Json) -> Json:
    return tool.get("parameters") or tool.get("parametersJsonSchema") or {}


def _gemini_part(part: Json, number: int) -> Any:
    call = part.get("functionCall") or part.get("function_call")
    sealed = SEALED if part.keys() & {"thoughtSignature", "thought_signature"} else None
    if call is not None:
        made = ToolCall(f"{number}-{call['name']}", call["name"], call.get("args") or {})
        made.native = sealed
        return made
    if "text" in part:
        return Reasoning(part["text"]) if part.get("thought") else Text(part["text"], native=sealed)
    raise _NotPlainError


def _converse(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    if body.keys() & {"outputConfig", "guardrailConfig", "additionalModelRequestFields"}:
        raise _NotPlainError
    messages = Messages()
    system = [block for block in body.get("system") or [] if "cachePoint" not in block]
    if system:
        messages.add_system(_texts(system))
    for item in body["messages"]:
        parts: list[Any] = []
        for block in item["content"]:
            if "text" in block:
                parts.append(Text(block["text"]))
            elif "toolUse" in block:
                call = block["toolUse"]
                parts.append(ToolCall(call["toolUseId"], call["name"], call["input"]))
            elif "toolResult" in block:
                content = block["toolResult"]["content"]
                texts = [piece.get("text") or json.dumps(piece["json"]) for piece in content]
                _resolve(messages, block["toolResult"]["toolUseId"], "".join(texts))
            else:
                raise _NotPlainError
        if parts:
            messages.append(Message("model" if item["role"] == "assistant" else "user", parts))
    tools = [tool["toolSpec"] for tool in (body.get("toolConfig") or {}).get("tools", [])]
    functions = [
        {
            "name": tool["name"],
            "description": tool.get("description"),
            "parameters": tool["inputSchema"]["json"],
        }
        for tool in tools
    ]
    return messages, list(_functions(functions))


def _ollama(body: Json) -> tuple[Messages, list[ToolDefinition]]:
    if "format" in body:
        raise _NotPlainError
    messages = Messages()
    for number, item in enumerate(body["messages"]):
        if item["role"] == "tool":
            call = next(call for call in messages.calls if not call.resolved)
            call.status = Completed(item["content"])
        elif item["role"] == "assistant":
            calls = [
                ToolCall(f"{number}-{at}", call["function"]["name"], call["function"]["arguments"])
                for at, call in enumerate(item.get("tool_calls") or ())
            ]
            messages.append(Message("model", [Text(item.get("content") or ""), *calls]))
        else:
            role = "system" if item["role"] == "system" else "user"
            messages.append(Message(role, [Text(item["content"])]))
    return messages, list(_functions(body.get("tools") or []))


_READERS: dict[str, Callable[[Json], tuple[Messages, list[ToolDefinition]]]] = {
    "chat-completions": _completions,
    "cohere": _completions,
    "openai-responses": _responses,
    "claude-messages": _claude,
    "gemini": _gemini,
    "bedrock-converse": _converse,
    "ollama": _ollama,
}
