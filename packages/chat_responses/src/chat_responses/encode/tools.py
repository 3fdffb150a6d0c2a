"""Tools, and which of them the model has to call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

from chat_core import ChatOptions, ChatRequest, ConfigurationError, JsonObject, Notice, ToolDefinition
from chat_core.types.json_values import as_text
from chat_core.wire import compile_strict, encoded_once, wire_name

from chat_responses.client_calls import declared_client_tool
from chat_responses.wire import FunctionTool


def tool_fields(
    request: ChatRequest, native_tools: Sequence[JsonObject], notices: list[Notice]
) -> dict[str, object]:
    """Return the `tools` and the `tool_choice` of a body.

    A native tool that the program runs takes the place of the function of its name. `notices` grows by what
    is left out of a strict schema. Raises `ConfigurationError` for a function with the name of any other
    native tool, and for a choice that is no
    tool.
    """
    run_here = {name for tool in native_tools if (name := declared_client_tool(tool))}
    taken = {name for tool in native_tools for name in _names(tool)} - run_here
    functions = [tool for tool in request.tools if wire_name(tool.name) not in run_here]
    for tool in functions:
        if tool.name in taken:
            raise ConfigurationError(
                f"there is a native tool {tool.name!r} beside the function of that name: rename the function"
            )
    fields: dict[str, object] = {}
    if request.tools or native_tools:
        sent = [encoded_once(tool, (_function,), partial(_function, tool)) for tool in functions]
        notices += [notice for _, found in sent for notice in found]
        fields["tools"] = [*(function for function, _ in sent), *native_tools]
    if (choice := _tool_choice(request.options, functions, native_tools)) is not None:
        fields["tool_choice"] = choice
    return fields


def _names(tool: JsonObject) -> Iterator[str]:
    """Yield the names by which a native tool can be chosen, the most exact one first."""
    for member in ("name", "server_label", "type"):
        if name := as_text(tool.get(member)):
            yield name


def strict_for_server(schema: JsonObject, what: str) -> tuple[JsonObject, list[Notice]]:
    """Return a schema that the server can hold a model to, and a notice for what was left out of it.

    Raises `ConfigurationError` naming what the schema cannot express.
    """
    compiled = compile_strict(schema, what)
    if not compiled.left_out:
        return compiled.schema, []
    names = ", ".join(compiled.left_out)
    why = f"{what}: the server knows no {names} in a schema, so it was left out"
    return compiled.schema, [Notice("strict", why)]


def function_tool(tool: ToolDefinition) -> JsonObject:
    """Return a function as the wire declares it. Raises `ConfigurationError` for a schema that cannot be
    strict.
    """
    return cast("JsonObject", _function(tool)[0])


def _function(tool: ToolDefinition) -> tuple[FunctionTool, list[Notice]]:
    notices: list[Notice] = []
    sent = FunctionTool(
        type="function", name=wire_name(tool.name), parameters=tool.parameters, strict=bool(tool.strict)
    )
    if tool.strict:
        sent["parameters"], notices = strict_for_server(tool.parameters, f"tool {tool.name}")
    if tool.description:
        sent["description"] = tool.description
    return sent, notices


def _tool_choice(
    options: ChatOptions, tools: Sequence[ToolDefinition], native_tools: Sequence[JsonObject]
) -> object:
    choice = options.tool_choice
    has_tools = bool(tools or native_tools)
    if choice is None or (not has_tools and choice in ("auto", "none")):
        return None
    if choice in ("auto", "none", "required") and has_tools:
        return choice
    if any(tool.name == choice for tool in tools):
        return {"type": "function", "name": wire_name(choice)}
    for tool in native_tools:
        if choice in _names(tool):
            return _native_choice(tool, choice)
    raise ConfigurationError(f"tool_choice={choice!r}: there is no such tool")


def _native_choice(tool: JsonObject, choice: str) -> dict[str, str]:
    type = as_text(tool.get("type"))
    if choice == tool.get("name"):
        return {"type": type, "name": choice}
    if choice == tool.get("server_label"):
        return {"type": "mcp", "server_label": choice}
    return {"type": type}
