"""Tools that a conversation gains and loses on its way, by instructions in the middle of it.

The `tools` of the requests stay as they are, and so do prompt caches, thinking and threads. Facts: the types
of Anthropic's SDK, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import ConfigurationError, JsonObject, Opaque, ToolDefinition
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json
from chat_core.types.request import HasDefinition
from chat_core.wire import wire_name

from chat_claude.encode.schema import StrictSchemas
from chat_claude.encode.tools import client_tool
from chat_claude.marks import block


def tool_addition(tool: HasDefinition | ToolDefinition | Mapping[str, object] | str) -> Opaque:
    """Return what offers a tool to the model from here on, for `messages.add_system(...)`.

    A tool, or an entry of the wire's `tools`, is sent by value: the chat has the tool too, so that it can be
    called, and its requests do not declare it. A name stands for a tool that they declare, or that was added
    before. Models up to Opus 4.7 and Sonnet 5 do not take it. Raises `ConfigurationError` for an entry with
    neither a name nor a type.
    """
    match tool:
        case str():
            return _change("tool_addition", _reference(tool))
        case Mapping():
            definition = as_object(as_json(dict(tool)))
        case ToolDefinition():
            definition = _entry(tool)
        case _:
            definition = _entry(tool.definition)
    if not definition.keys() & {"name", "type"}:
        raise ConfigurationError("tool_addition({...}) needs an entry of `tools`, with a name or a type")
    return _change("tool_addition", {"type": "tool_definition", "definition": definition})


def tool_removal(tool: HasDefinition | ToolDefinition | str) -> Opaque:
    """Return what takes a tool from the model from here on, for `messages.add_system(...)`.

    It is one that the requests declare, or that `tool_addition` has added.
    """
    match tool:
        case str():
            name = tool
        case ToolDefinition():
            name = tool.name
        case _:
            name = tool.definition.name
    return _change("tool_removal", _reference(name))


def _change(kind: str, tool: JsonObject) -> Opaque:
    return block({"type": kind, "tool": tool})


def _reference(name: str) -> JsonObject:
    return {"type": "tool_reference", "name": wire_name(name)}


def _entry(definition: ToolDefinition) -> JsonObject:
    return as_object(as_json({**client_tool(definition, StrictSchemas())}))
