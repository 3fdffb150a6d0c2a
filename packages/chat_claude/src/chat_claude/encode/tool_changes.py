"""What blocks that change the tools in the middle of a conversation mean for the rest of the request."""

from __future__ import annotations

from collections.abc import Iterable

from chat_core import ConfigurationError, JsonObject, Role
from chat_core.types.json_values import as_object, as_text

from chat_claude.encode.state import EncodingState
from chat_claude.wire import TOOL_CHANGES, Block

_CHANGES = "mid-conversation-tool-changes-2026-07-01"
_BY_VALUE = "inline-tools-2026-09-15"
_TOOLSETS = "mcp-client-2026-09-15"


def note_tool_change(block: JsonObject, role: Role, state: EncodingState) -> None:
    """Add the betas that a change needs, and the tool that it defines.

    Raises `ConfigurationError` in a user's message, where the wire has no place for it.
    """
    if role != "system":
        raise ConfigurationError(f"a {block['type']} stands in a system message: messages.add_system(...)")
    state.betas[_CHANGES] = None
    tool = as_object(block.get("tool"))
    if tool.get("type") != "tool_definition":
        return
    state.betas[_BY_VALUE] = None
    definition = as_object(tool.get("definition"))
    if definition.get("type") == "mcp_toolset":
        state.betas[_TOOLSETS] = None
    if name := as_text(definition.get("name")):
        state.defined[name] = definition


def check_instructions(blocks: Iterable[Block]) -> None:
    """Raise `ConfigurationError` for changes in the instructions at the beginning, which are only text."""
    for block in blocks:
        if block["type"] in TOOL_CHANGES:
            raise ConfigurationError(
                f"a {block['type']} comes after a user's message: the chat has the tools of its beginning"
            )
