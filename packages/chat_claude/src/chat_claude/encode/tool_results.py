"""The results of tool calls as blocks."""

from __future__ import annotations

import re

from chat_core import ToolCall
from chat_core.types.describe import whole_text
from chat_core.types.json_values import as_text
from chat_core.wire import wire_id

from chat_claude.encode.files import result_file_block
from chat_claude.encode.state import EncodingState
from chat_claude.wire import Block, TextBlock, ToolResultBlock

_ID = re.compile(r"[a-zA-Z0-9_-]+")


def call_id(call: ToolCall) -> str:
    """Return the id of a call as this wire takes it: always the same for the same id."""
    return wire_id(call.id, _ID, length=30, prefix="toolu_")


def tool_result(call: ToolCall, outcome: str, state: EncodingState) -> Block:
    """Return the result of a call, with its files."""
    result = ToolResultBlock(type="tool_result", tool_use_id=call_id(call))
    text = whole_text(outcome) if outcome.strip() else ""
    if call.files:
        texts: list[Block] = [TextBlock(type="text", text=text)] if text else []
        result["content"] = [*texts, *(result_file_block(file, state) for file in call.files)]
    elif text:
        result["content"] = text
    if call.failed:
        result["is_error"] = True
    native = state.native_data(call.native) or {}
    if toolset := as_text(native.get("toolset_name")):
        result["toolset_name"] = toolset
    return result
