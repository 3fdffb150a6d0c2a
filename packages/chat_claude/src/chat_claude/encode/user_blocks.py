"""What the application writes, in users' and system messages, as blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chat_core import File, JsonObject, Opaque, Part, Role, Structured, Text
from chat_core.types.cache_points import as_cache_point
from chat_core.types.json_values import as_text
from chat_core.types.sealed import peek
from chat_core.wire import misplaced, part_text

from chat_claude.encode.caching import mark_block
from chat_claude.encode.files import file_block
from chat_claude.encode.state import EncodingState
from chat_claude.encode.tool_changes import note_tool_change
from chat_claude.marks import MARKED, mark
from chat_claude.wire import TOOL_CHANGES, Block


def user_blocks(parts: Iterable[Part], role: Role, state: EncodingState) -> list[Block]:
    """Return the blocks of a user's or a system message; a system message holds no files.

    Blank texts are left out, since the wire refuses them. A cache point marks the block before it.

    Raises `ConfigurationError` for parts that the role cannot hold and files that Claude cannot read.
    """
    blocks: list[Block] = []
    for part in parts:
        if isinstance(part, Text) and part.native is None:  # as nearly all of a long history
            if part.text.strip():
                blocks.append({"type": "text", "text": part.text})
            continue
        match part:
            case Text() | Structured():
                blocks += text_blocks(part)
            case File() if role == "user":
                if (block := file_block(part, state)) is not None:
                    blocks.append(block)
            case Opaque() if (point := as_cache_point(part)) is not None:
                mark_block(blocks, point, state)
            case Opaque():
                blocks += _custom_block(part, role, state)
            case _:
                raise misplaced(part, role)
    return blocks


def text_blocks(part: Text | Structured) -> Iterator[Block]:
    """Yield the block of a text with its marks, or nothing where it is blank."""
    text = part_text(part)
    if text.strip():
        block: JsonObject = {"type": "text", "text": text}
        if part.native is not None:
            block |= mark(part, "cache_control")
        yield block


def _custom_block(part: Opaque, role: Role, state: EncodingState) -> Iterator[Block]:
    """Yield a block that `chat_claude.block` made, as it is.

    Blocks of other origins are left out with a notice.
    """
    block = peek(part.native)
    if part.native.origin != MARKED:
        state.note_foreign(part.native)
        return
    kind = as_text(block.get("type"))
    if not kind or (kind == "text" and not as_text(block.get("text")).strip()):
        state.note("a block without a type or a text was not sent")
        return
    if kind in TOOL_CHANGES:
        note_tool_change(block, role, state)
    state.uses_file_ids = state.uses_file_ids or "file_id" in block
    yield dict(block)
