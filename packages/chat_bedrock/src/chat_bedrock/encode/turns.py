"""A turn of the model as Converse takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from chat_core import (
    File,
    JsonValue,
    Message,
    Notice,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.wire import foreign_block, generated_file
from chat_core.wire.characters import sendable

from chat_bedrock.encode.calls import call_block
from chat_bedrock.encode.replay import plain_text_block, reasoning_block, replayed_blocks, text_block
from chat_bedrock.wire import Block


class TurnEncoder:
    """Encodes one turn of the model, without the results of its calls."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._notices: list[Notice] = []

    def encode(self, message: Message) -> tuple[Sequence[Block], Sequence[Notice]]:
        """Return the turn's blocks, its own as they were received, and what was not sent.

        What is left of a turn may be nothing.
        """
        replayed = replayed_blocks(message, self._origin)
        blocks: list[Block] = []
        for part in message.parts:
            match part:
                case Text() | Structured():
                    blocks += text_block(part, self._origin)
                case Refusal(text):
                    blocks += plain_text_block(text)
                case Reasoning():
                    blocks += self._reasoning(part)
                case ToolCall():
                    blocks.append(call_block(part))
                case Opaque() if id(part) in replayed:
                    blocks.append(replayed[id(part)])
                case Opaque(native):
                    self._notices.append(foreign_block(native))
                case File():
                    self._notices.append(generated_file(part))
        while blocks and "reasoningContent" in blocks[-1]:  # of a turn that was cut: nothing may end in it
            blocks.pop()
        return cast("list[Block]", sendable(cast("JsonValue", blocks))), self._notices

    def _reasoning(self, part: Reasoning) -> list[Block]:
        block = reasoning_block(part, self._origin)
        if block is None and part.native is not None and part.native.for_(self._origin) is None:
            self._notices.append(foreign_block(part.native))
        return [] if block is None else [block]
