"""What is collected while one conversation is encoded."""

from __future__ import annotations

from dataclasses import dataclass, field

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

    def __init__(self, origin: Origin, platform: Platform = ANTHROPIC) -> None:
        self.origin = origin  # every request makes one: factories of fields would take three times as long
        self.platform = platform
        self.notices = {}
        self.uses_file_ids = False
        self.container = {}
        self.points = []
        self.betas = {}
        self.defined = {}
        self.facts = {}

    def add(self, found: EncodingState) -> None:
        """Add what has been found in one message."""
        self.uses_file_ids = self.uses_file_ids or found.uses_file_ids
        self.container = found.container or self.container
        if found.notices:
            self.notices |= found.notices
        if found.points:
            self.points += found.points
        if found.betas:
            self.betas |= found.betas
        if found.defined:
            self.defined |= found.defined
        if found.facts:
            self.facts |= found.facts

    def apart(self) -> EncodingState:
        """Return one for the same place, in which nothing has been found."""
        return EncodingState(self.origin, self.platform)

    def copy(self) -> EncodingState:
        """Return one in which the same has been found, to which more can be added."""
        copied = self.apart()
        copied.notices, copied.points = self.notices.copy(), self.points.copy()
        copied.uses_file_ids, copied.container = self.uses_file_ids, self.container
        copied.betas, copied.defined = self.betas.copy(), self.defined.copy()
        copied.facts = self.facts.copy()
        return copied

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
