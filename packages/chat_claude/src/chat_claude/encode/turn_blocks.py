"""A turn of the model and the results of its calls as blocks, encoded once."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, cast

from chat_core import JsonObject, Message, Text
from chat_core.types.describe import whole_text
from chat_core.types.message import parts_of
from chat_core.wire import encoded_once, sendable

from chat_claude.encode.block_facts import BlockFacts
from chat_claude.encode.model_blocks import ModelBlock, model_blocks
from chat_claude.encode.state import EncodingState
from chat_claude.encode.tool_results import tool_result
from chat_claude.wire import Block


class TurnBlocks(NamedTuple):
    """The blocks of one turn, and those of the results that follow it."""

    blocks: list[ModelBlock]
    results: list[Block]


def turn_blocks(message: Message, unsent: Collection[int], state: EncodingState) -> TurnBlocks:
    """Return the blocks of a turn of the model, without the native ones whose ids (of `id()`) are in
    `unsent`.

    Raises `UnresolvedTool` for calls without an outcome.
    """
    parts = parts_of(message)
    part = parts[0] if len(parts) == 1 else None
    if isinstance(part, Text) and part.native is None and part.text.strip():  # most turns of a long history
        return TurnBlocks([ModelBlock({"type": "text", "text": whole_text(part.text)})], [])
    if unsent and any(id(part) in unsent for part in parts):
        return _encode(message, unsent, state)
    key = (turn_blocks, state.origin, state.platform)
    turn, found = encoded_once(message, key, lambda: _encode_apart(message, state))
    state.add(found)
    return turn


def _encode_apart(message: Message, state: EncodingState) -> tuple[TurnBlocks, EncodingState]:
    """Return the blocks, and what was found in this message alone."""
    found = EncodingState(state.origin, state.platform)
    turn = _encode(message, (), found)
    blocks = [*(one.block for one in turn.blocks), *turn.results]
    found.facts = {id(block): BlockFacts(block) for block in blocks}
    return turn, found


def _encode(message: Message, unsent: Collection[int], state: EncodingState) -> TurnBlocks:
    outcomes = message.outcomes()
    blocks = [ModelBlock(_sendable(one.block), one.prefix) for one in model_blocks(message, unsent, state)]
    return TurnBlocks(blocks, [tool_result(call, text, state) for call, text in outcomes])


def _sendable(block: Block) -> Block:
    return cast("Block", sendable(cast("JsonObject", block)))
