"""The tools of a request, and which of them the model has to call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from chat_core import ChatOptions, ConfigurationError, JsonObject, ToolDefinition
from chat_core.types.json_values import as_text
from chat_core.wire import wire_name

from chat_claude.capabilities import Capabilities
from chat_claude.encode.schema import StrictSchemas
from chat_claude.settings import RequestDefaults
from chat_claude.toolsets import TOOLSETS
from chat_claude.wire import ClientTool, ToolChoice

SentTool: TypeAlias = ClientTool | JsonObject

_RUN_BY_SERVER = re.compile(r"(web_search|web_fetch|code_execution|tool_search_tool|advisor)(_|$)")


def encode_tools(
    definitions: Sequence[ToolDefinition],
    defaults: RequestDefaults,
    schemas: StrictSchemas,
    defined: Mapping[str, JsonObject] = {},
) -> list[SentTool]:
    """Return the tools that Anthropic defines, then the chat's own.

    A tool that Anthropic defines and the application executes has a definition of the same name, which is not
    sent, nor is that of a tool that a message defines (`defined`, by name). Raises `ConfigurationError` for
    two tools of one name, and for settings of a tool that is not there.
    """
    if not definitions and not defaults.tools and not defaults.tool_settings:
        return []
    native = [tool.declaration for tool in defaults.tools]
    known = {as_text(declaration.get("name")) for declaration in native} - {""}
    for declaration in native:
        known |= TOOLSETS.get(as_text(declaration.get("type")), frozenset())
    names = {definition.name for definition in definitions}
    if unknown := defaults.tool_settings.keys() - names - known:
        raise ConfigurationError(f"with_tool_settings({min(unknown)!r}): the chat has no such tool")
    for declaration in native:
        kind, name = as_text(declaration.get("type")), as_text(declaration.get("name"))
        if name in names and _RUN_BY_SERVER.match(kind):
            raise ConfigurationError(
                f"the chat has a tool {name!r}, and so has Anthropic ({kind}): rename yours"
            )
    if inline := defaults.tool_settings.keys() & defined.keys():
        raise ConfigurationError(
            f"with_tool_settings({min(inline)!r}): a message defines this tool; give tool_addition({{...}}) "
            "an entry with these settings"
        )
    tools: list[SentTool] = [*native]
    for definition in definitions:
        if definition.name not in known and wire_name(definition.name) not in defined:
            settings = defaults.tool_settings.get(definition.name, {})
            tools.append(cast("ClientTool", {**client_tool(definition, schemas), **settings}))
    _check_names(as_text(cast("JsonObject", tool).get("name")) for tool in tools)
    return tools


def tool_choice(
    options: ChatOptions,
    tools: Sequence[SentTool],
    defaults: RequestDefaults,
    capabilities: Capabilities,
    model: str,
) -> ToolChoice | None:
    """Return `tool_choice`, or None where the default of the wire is meant. Raises `ConfigurationError`."""
    choice, parallel = options.tool_choice, options.parallel_tool_calls
    if not tools and choice in (None, "auto", "none"):
        return None
    match choice:
        case None if parallel is None:
            return None
        case None | "auto":
            chosen = ToolChoice(type="auto")
        case "none":
            return ToolChoice(type="none")
        case "required" if tools:
            chosen = ToolChoice(type="any")
        case name if wire_name(name) in [tool.get("name") for tool in tools]:
            chosen = ToolChoice(type="tool", name=wire_name(name))
        case _:
            raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")
    if chosen["type"] != "auto":
        _check_forced(defaults, capabilities, model)
    if parallel is not None:
        chosen["disable_parallel_tool_use"] = not parallel
    return chosen


def client_tool(definition: ToolDefinition, schemas: StrictSchemas) -> ClientTool:
    """Return the entry of `tools` for a tool of the chat."""
    tool = ClientTool(
        name=wire_name(definition.name), input_schema={"type": "object", **definition.parameters}
    )
    if definition.description.strip():
        tool["description"] = definition.description
    if definition.strict:
        tool["input_schema"] = schemas.tool(definition.name, definition.parameters, definition)
        tool["strict"] = True
    return tool


def _check_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigurationError(f"two tools of this request are called {name!r}: leave one of them out")
        if name:  # a set of tools of an MCP server has none
            seen.add(name)


def _check_forced(defaults: RequestDefaults, capabilities: Capabilities, model: str) -> None:
    instead = 'use tool_choice="auto" with only that tool, or .with_structured_output(...)'
    if not capabilities.forced_tools:
        raise ConfigurationError(f"{model} cannot be made to call a tool: {instead}")
    if defaults.thinking and defaults.thinking.type == "enabled":
        raise ConfigurationError(f"with a thinking budget no tool can be forced: {instead}")
