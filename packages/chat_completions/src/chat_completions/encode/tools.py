"""The tools that a model may call, as function tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import ChatRequest, ConfigurationError, JsonObject, Notice, ToolDefinition
from chat_core.wire import StrictSchema, compile_strict, encoded_once, wire_name

from chat_completions.dialect import Dialect
from chat_completions.wire import FunctionTool


def encode_tools(request: ChatRequest, dialect: Dialect, notices: list[Notice]) -> list[FunctionTool]:
    """Return the tools of the request as the server takes them."""
    tools = offered_tools(request, dialect)
    strict = [tool for tool in tools if tool.strict]
    if strict and dialect.fields.strict == "none":
        notices.append(Notice("strict", f"{dialect.name} does not hold models to a tool's schema"))
    elif strict and len(strict) < len(tools) and not dialect.fields.mixes_strict_tools:
        why = f"{dialect.name} takes no mixture of strict tools and others, so none is strict"
        notices.append(Notice("strict", why))
        tools = [replace(tool, strict=None) for tool in tools]
    return [_encoded(tool, dialect, notices) for tool in tools]


def offered_tools(request: ChatRequest, dialect: Dialect) -> Sequence[ToolDefinition]:
    """Return the tools to name: all, unless leaving some out is how the choice among them is expressed."""
    choice, tools = request.options.tool_choice, request.tools
    if dialect.fields.tool_choice == "none" and choice == "none":
        return ()
    if dialect.fields.tool_choice == "words" and choice not in (None, "auto", "none", "required"):
        return [tool for tool in tools if tool.name == choice]
    return tools


def strict_for_server(schema: JsonObject, what: str, dialect: Dialect, notices: list[Notice]) -> JsonObject:
    """Return a schema that the server can hold a model to, with a notice for what was left out of it.

    Raises `ConfigurationError` naming what the schema cannot express.
    """
    if dialect.fields.strict == "as_is":
        return schema
    compiled: StrictSchema = compile_strict(schema, what)
    if compiled.left_out:
        names = ", ".join(compiled.left_out)
        notices.append(
            Notice("strict", f"{what}: the server knows no {names} in a schema, so it was left out")
        )
    return compiled.schema


def _encoded(tool: ToolDefinition, dialect: Dialect, notices: list[Notice]) -> FunctionTool:
    sent, found = encoded_once(tool, (_tool, dialect), lambda: _tool(tool, dialect))
    notices += found
    return sent


def _tool(tool: ToolDefinition, dialect: Dialect) -> tuple[FunctionTool, list[Notice]]:
    notices: list[Notice] = []
    name = wire_name(tool.name)
    function: FunctionTool = {"type": "function", "function": {"name": name, "parameters": _parameters(tool)}}
    if tool.description:
        function["function"]["description"] = tool.description
    if tool.strict and dialect.fields.strict != "none":
        try:
            schema = strict_for_server(tool.parameters, f"tool {tool.name}", dialect, notices)
        except ConfigurationError as exc:
            raise ConfigurationError(f"{exc}; a tool without strict=True takes any schema") from exc
        function["function"]["parameters"] = schema
        function["function"]["strict"] = True
    return function, notices


def _parameters(tool: ToolDefinition) -> JsonObject:
    """Return the schema of the arguments; some servers refuse a tool without one."""
    return tool.parameters or {"type": "object", "properties": {}}
