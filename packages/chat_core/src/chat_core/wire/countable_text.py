"""The text of a request, for servers that count the tokens of texts and not of requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from chat_core.types.message import Message
from chat_core.types.parts import Refusal, Structured, Text, ToolCall
from chat_core.types.request import ToolDefinition


def countable_text(messages: Iterable[Message], tools: Iterable[ToolDefinition]) -> str:
    """Return the texts of messages, calls, results and tools, one below the other. Files are not in it."""
    lines = [line for message in messages for line in _lines(message)]
    return "\n".join([*lines, *map(_tool_text, tools)])


def _tool_text(tool: ToolDefinition) -> str:
    return f"{tool.name}\n{tool.description}\n{json.dumps(tool.parameters, ensure_ascii=False)}"


def _lines(message: Message) -> Iterator[str]:
    for part in message.parts:
        match part:
            case Text(text) | Refusal(text):
                yield text
            case Structured():
                yield part.as_text()
            case ToolCall():
                yield f"{part.name}\n{part.arguments_as_text()}"
                if part.resolved:
                    yield part.outcome()
            case _:
                pass
