"""What is collected while one conversation is encoded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chat_core import JsonObject, JsonValue, Native, Notice, Origin
from chat_core.types.native import sent_data
from chat_core.wire import foreign_block

from chat_claude.encode.block_facts import BlockFacts
from chat_claude.platforms import ANTHROPIC, Platform
from chat_claude.wire import Block


@dataclass(slots=True)
class EncodingState:
    """Where the request goes, and what has been found in its conversation so far.

    `notices` holds each notice once, in order. `container` is the last one in which code was executed.
    `points` are the blocks that a common cache point marks, those of instructions first. `betas` are those
    that blocks need, `defined` the tools that messages define, by name.
    """

    origin: Origin
    platform: Platform = ANTHROPIC
    notices: dict[Notice, None] = field(default_factory=dict[Notice, None])
    uses_file_ids: bool = False
    container: JsonObject = field(default_factory=dict[str, JsonValue])
    points: list[Block] = field(default_factory=list["Block"])
    betas: dict[str, None] = field(default_factory=dict[str, None])
    defined: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    facts: dict[int, BlockFacts] = field(default_factory=dict[int, BlockFacts])

    def add(self, found: EncodingState) -> None:
        """Add what has been found in one message."""
        if found.notices:
            self.notices |= found.notices
        self.uses_file_ids = self.uses_file_ids or found.uses_file_ids
        self.container = found.container or self.container
        self.points += found.points
        self.betas |= found.betas
        self.defined |= found.defined
        self.facts |= found.facts

    def apart(self) -> EncodingState:
        """Return one for the same place, in which nothing has been found."""
        return EncodingState(self.origin, self.platform)

    def copy(self) -> EncodingState:
        """Return one in which the same has been found, to which more can be added."""
        return replace(
            self,
            notices=self.notices.copy(),
            points=[*self.points],
            betas=self.betas.copy(),
            defined=self.defined.copy(),
            facts=self.facts.copy(),
        )

    def replace_point(self, block: Block, by: Block) -> None:
        """Have another block stand for one that a common cache point marks."""
        self.points = [by if one is block else one for one in self.points]

    def note(self, text: str) -> None:
        """Add a notice about the messages."""
        self.notices[Notice("messages", text)] = None

    def note_foreign(self, native: Native) -> None:
        """Add the notice for a block that only another provider, endpoint or model can read."""
        self.notices[foreign_block(native)] = None

    def native_data(self, native: Native | None) -> JsonObject | None:
        """Return native data if this origin is where they came from, else None."""
        return sent_data(native, self.origin)
