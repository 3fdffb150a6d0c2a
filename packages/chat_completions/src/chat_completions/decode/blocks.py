"""The visible parts of a turn while they arrive: neighbouring deltas of one kind are one block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core import (
    Citation,
    File,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Text,
)

Kind: TypeAlias = type[Text | Reasoning | Refusal]


@dataclass(slots=True)
class Block:
    """Neighbouring deltas of one kind. `native` is how a block of reasoning goes back."""

    kind: Kind
    pieces: list[str]
    native: JsonObject = field(default_factory=dict[str, JsonValue])


class Blocks:
    """The blocks of one turn, in the order received."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.items: list[Block | File | Opaque] = []

    def append(self, kind: Kind, text: str) -> Block:
        """Add a text to the last block if it is of this kind, else as a new one. Return the block."""
        last = self.items[-1] if self.items else None
        if isinstance(last, Block) and last.kind is kind:
            last.pieces.append(text)
            return last
        block = Block(kind, [text])
        self.items.append(block)
        return block

    def last(self, kind: Kind) -> Block | None:
        """Return the last block if it is of this kind."""
        last = self.items[-1] if self.items else None
        return last if isinstance(last, Block) and last.kind is kind else None

    def parts(self, citations: tuple[Citation, ...]) -> Iterator[Part]:
        """Yield the parts. The citations of the turn stand on its last text."""
        last: Block | None = None
        if citations:
            texts = [block for block in self.items if isinstance(block, Block) and block.kind is Text]
            last = texts[-1] if texts else None
        for block in self.items:
            if not isinstance(block, Block):
                yield block
            elif block.kind is Text:
                yield Text("".join(block.pieces), citations if block is last else ())
            else:
                native = Native(self._origin, block.native) if block.native else None
                yield block.kind("".join(block.pieces), native=native)
