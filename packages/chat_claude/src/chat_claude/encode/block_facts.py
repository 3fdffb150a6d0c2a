"""Facts of a block that each turn needs, kept with blocks that are sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from chat_core import JsonObject

from chat_claude.wire import Block


@dataclass(slots=True)
class BlockFacts:
    """The bytes that a block adds to the digest of a prefix, and the cache breakpoints in it.

    None before the first use.
    """

    block: Block  # so that its id is taken
    digested: bytes | None = None
    breakpoints: list[JsonObject] | None = None


Facts: TypeAlias = Mapping[int, BlockFacts]
"""By the `id()` of a block that is kept on its message, and so not changed."""
