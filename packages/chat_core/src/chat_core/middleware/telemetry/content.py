"""Conversations as the JSON of the GenAI conventions, for those who want contents in their telemetry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from chat_core.middleware.telemetry.attributes import finish_word
from chat_core.types.call_status import Completed
from chat_core.types.describe import whole_text
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.message import Message
from chat_core.types.parts import Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall
from chat_core.types.request import ChatRequest, ToolDefinition
from chat_core.types.response import ChatResponse


def request_content(request: ChatRequest) -> dict[str, JsonValue]:
    """Return the instructions that a conversation begins with, its other messages, and the tools."""
    first = list(takewhile(lambda message: message.role == "system", request.messages))
    rest = list(request.messages)[len(first) :]
    known: dict[str, JsonValue] = {
        "gen_ai.system_instructions": [
            {"type": "text", "content": text} for message in first if (text := message.text)
        ],
        "gen_ai.input.messages": list(_messages(rest)),
        "gen_ai.tool.definitions": _definitions(request.tools),
    }
    return {name: value for name, value in known.items() if value}


def response_content(response: ChatResponse) -> dict[str, JsonValue]:
    """Return the turn of a model."""
    return {"gen_ai.output.messages": [output_message(response.message, finish_word(response))]}


def output_message(message: Message, finish_reason: str) -> JsonObject:
    """Return a turn of a model with the word for why it ended."""
    return {"role": "assistant", "parts": list(_parts(message.parts)), "finish_reason": finish_reason}


def as_json_text(value: JsonValue) -> str:
    """Return JSON as a span holds it: attributes of spans are texts."""
    return whole_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def tool_result(call: ToolCall) -> JsonValue:
    """Return what became of a call: the result, or the text of the error or of the reason."""
    match call.status:
        case Completed(result):
            return result
        case _:
            return call.outcome() if call.resolved else None


def _messages(messages: Iterable[Message]) -> Iterator[JsonValue]:
    for message in messages:
        role = "assistant" if message.role == "model" else message.role
        yield {"role": role, "parts": list(_parts(message.parts))}
        results: list[JsonValue] = [
            {"type": "tool_call_response", "id": call.id, "response": tool_result(call)}
            for call in message.tool_calls
            if call.resolved
        ]
        if results:
            yield {"role": "tool", "parts": results}


def _parts(parts: Iterable[Part]) -> Iterator[JsonValue]:
    for part in parts:
        match part:
            case Text(text):
                yield {"type": "text", "content": text}
            case Structured():
                yield {"type": "text", "content": part.as_text()}
            case Reasoning(text):
                if text:  # sealed reasoning has none
                    yield {"type": "reasoning", "content": text}
            case Refusal(text):
                yield {"type": "refusal", "content": text}
            case ToolCall():
                yield {"type": "tool_call", "id": part.id, "name": part.name, "arguments": part.arguments}
            case File():
                yield _file(part)
            case Opaque(native):
                kind = native.data.get("type")
                yield {"type": kind if isinstance(kind, str) else "opaque"}


def _file(file: File) -> JsonObject:
    """Return a file without its bytes, which would make a span as large as a picture.

    The query of a URL is left out too: it may be a signature that opens the file.
    """
    shared: JsonObject = {"mime_type": file.mimetype, "modality": file.kind}
    if file.url is not None:
        return {"type": "uri", **shared, "uri": file.url.partition("?")[0]}
    if file.id is not None:
        return {"type": "file", **shared, "file_id": file.id}
    return {"type": "blob", **shared, "content": ""}


def _definitions(tools: Sequence[ToolDefinition]) -> JsonValue:
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        }
        for tool in tools
    ]
