"""How much text a request holds: the parts that a tokenizer would see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from chat_core.types.cache_points import as_cache_point
from chat_core.types.files import File
from chat_core.types.message import Message
from chat_core.types.parts import Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall
from chat_core.types.request import ToolDefinition

CountText: TypeAlias = Callable[[str], float]
"""Returns the units of a text."""


def quarter_of_bytes(text: str) -> float:
    """Return the units of a text without a tokenizer: a quarter of its bytes in UTF-8.

    That is four characters of English, two of Russian, and one and a third of Chinese.
    """
    return (len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))) / 4


@dataclass(slots=True)
class Size:
    """Units of text, and what they are in: messages, calls and results. `unknown` are files and blocks of a
    provider, whose tokens only the server knows.
    """

    text: float = 0.0
    items: int = 0
    unknown: int = 0

    def add_message(self, message: Message, count: CountText) -> None:
        """Add a message with its parts. Reasoning is not counted: most of it is not sent."""
        self.items += 1
        for part in message.parts:
            self.add_part(part, count)

    def add_part(self, part: Part, count: CountText) -> None:
        """Add one part, a call with its result."""
        match part:
            case Text(text) | Refusal(text):
                self.text += count(text)
            case Structured():
                self.text += count(part.as_text())
            case ToolCall():
                self.items += 1
                self.text += count(part.name) + count(part.arguments_as_text())
                self.add_result(part, count)
            case Opaque() if as_cache_point(part) is not None:
                pass
            case File() | Opaque():
                self.unknown += 1
            case Reasoning():
                pass

    def add_result(self, call: ToolCall, count: CountText) -> None:
        """Add the result of a call, where it has one."""
        if call.resolved:
            self.items += 1
            self.text += count(call.outcome())
            self.unknown += len(call.files)


def size_of(messages: Iterable[Message], count: CountText) -> Size:
    """Return the size of messages."""
    size = Size()
    for message in messages:
        size.add_message(message, count)
    return size


def schema_units(tools: Iterable[ToolDefinition], count: CountText) -> float:
    """Return the units of the tools, as JSON."""
    return sum(count(_as_json(tool)) for tool in tools)


def _as_json(tool: ToolDefinition) -> str:
    shown = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return json.dumps(shown, ensure_ascii=False)
