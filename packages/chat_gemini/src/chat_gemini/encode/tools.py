"""The tools of a request, and when they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat_core import ChatRequest, ConfigurationError, Notice, ToolDefinition
from chat_core.wire import encoded_once

from chat_gemini.capabilities import Capabilities
from chat_gemini.encode.json_schema import json_schema
from chat_gemini.encode.older_schema import older_schema
from chat_gemini.names import function_name
from chat_gemini.native_tools import FileSearch, place
from chat_gemini.settings import RequestDefaults
from chat_gemini.wire import FunctionCallingConfig, FunctionDeclaration, ToolConfig


def check_tools(request: ChatRequest, capabilities: Capabilities, defaults: RequestDefaults) -> None:
    """Raise `ConfigurationError` for tools that do not go together, which is a matter of the model's
    generation.
    """
    _check_names(request.tools, defaults)
    functions, native, model = bool(request.tools), bool(defaults.native_tools), capabilities.name
    if functions and not capabilities.functions:
        raise ConfigurationError(f"{model} makes images and calls no functions: build its chat without tools")
    if functions and native and not capabilities.mixes_tools:
        raise ConfigurationError(
            f"{model} takes either functions or Google's own tools, not both; models from gemini-3 on take "
            f"both"
        )
    if request.output is not None and (functions or native) and not capabilities.mixes_tools:
        raise ConfigurationError(
            f"{model} takes no tools beside typed output; models from gemini-3 on do, or a tool with these"
            " parameters can do the job of the type"
        )
    if not defaults.endpoint.has_file_store and any(
        isinstance(tool, FileSearch) for tool in defaults.native_tools
    ):
        raise ConfigurationError("Vertex has no file search: leave out with_file_search")
    if defaults.server_steps and not capabilities.mixes_tools:
        raise ConfigurationError(
            f"{model} does not show the steps of Google's tools; models from gemini-3 on do"
        )


def encode_tools(
    tools: Sequence[ToolDefinition],
    capabilities: Capabilities,
    defaults: RequestDefaults,
    notices: list[Notice],
) -> list[Mapping[str, object]]:
    """Return the entries of `tools`: the functions in one, then Google's own tools."""
    entries: list[Mapping[str, object]] = []
    if tools:
        older = defaults.takes_older_schema(capabilities)
        entries.append({"functionDeclarations": [declare(tool, older, notices) for tool in tools]})
    entries += [tool.encode(capabilities) for tool in defaults.native_tools]
    return entries


def encode_tool_config(request: ChatRequest, defaults: RequestDefaults, notices: list[Notice]) -> ToolConfig:
    """Return the `toolConfig` of a request, empty where there is nothing to say."""
    config = ToolConfig()
    if (calling := _calling(request, defaults, notices)) is not None:
        config["functionCallingConfig"] = calling
    if where := place(defaults.native_tools):
        config["retrievalConfig"] = where
    mixed = bool(request.tools and defaults.native_tools) and defaults.endpoint.shows_steps_on_request
    if mixed if defaults.server_steps is None else defaults.server_steps:
        config["includeServerSideToolInvocations"] = True
    return config


def _check_names(tools: Sequence[ToolDefinition], defaults: RequestDefaults) -> None:
    """Raise `ConfigurationError` for two functions of one name, and for one that is called as Google's tool
    is.
    """
    if not tools:
        return
    taken: dict[str, str] = {
        name: f"Google's own {name}" for tool in defaults.native_tools for name in tool.names
    }
    for tool in tools:
        name = function_name(tool.name)
        if name in taken:
            raise ConfigurationError(
                f"the tool {tool.name!r} has the name of {taken[name]}: give it another name, @tool(name=...)"
            )
        taken[name] = "another tool"


def declare(tool: ToolDefinition, older: bool, notices: list[Notice]) -> FunctionDeclaration:
    """Return the declaration of a function, which must not be changed. `older` is the dialect of schemas.

    Raises `ConfigurationError` for a schema that the dialect cannot express.
    """
    declared, found = encoded_once(tool, (_declaration, older), lambda: _declaration(tool, older))
    notices += found
    return declared


def _declaration(tool: ToolDefinition, older: bool) -> tuple[FunctionDeclaration, list[Notice]]:
    notices: list[Notice] = []
    declared = FunctionDeclaration(name=function_name(tool.name))
    if tool.description:
        declared["description"] = tool.description
    if not older:
        declared["parametersJsonSchema"] = json_schema(tool.parameters, f"tool {tool.name}", notices)
    elif tool.parameters.get("properties"):
        declared["parameters"] = older_schema(tool.parameters, f"tool {tool.name}")
    return declared, notices


def _calling(
    request: ChatRequest, defaults: RequestDefaults, notices: list[Notice]
) -> FunctionCallingConfig | None:
    """Return when functions are called. The wire refuses this where there are none."""
    options = request.options
    names = [tool.name for tool in request.tools]
    if options.parallel_tool_calls is False and names:
        raise ConfigurationError(
            "Gemini cannot be kept from calling several tools at once: leave parallel_tool_calls out"
        )
    match options.tool_choice:
        case None:
            return _default_calling(request, defaults, names, notices)
        case "auto" | "none" if not names:
            return None
        case "auto":
            return {"mode": "AUTO"}
        case "none":
            return {"mode": "NONE"}
        case "required" if names:
            return {"mode": "ANY"}
        case name if name in names:
            return {"mode": "ANY", "allowedFunctionNames": [function_name(name)]}
        case name:
            raise ConfigurationError(f"tool_choice={name!r}: there is no such tool")


def _default_calling(
    request: ChatRequest, defaults: RequestDefaults, names: list[str], notices: list[Notice]
) -> FunctionCallingConfig | None:
    """Return the mode that the client was built with."""
    calling = defaults.calling
    if calling is None:
        return None
    if not names:
        notices.append(Notice("function_calling_mode", "it was not sent, since this chat has no tools"))
        return None
    if unknown := [name for name in calling.allowed if name not in names]:
        raise ConfigurationError(f"with_function_calling_mode(allowed=...): there is no tool {unknown[0]!r}")
    if calling.mode == "ANY" and request.messages[-1].role == "model":
        return {"mode": "AUTO"}  # the model has had its forced turn; it would never end otherwise
    config = FunctionCallingConfig(mode=calling.mode)
    if calling.allowed:
        config["allowedFunctionNames"] = [function_name(name) for name in calling.allowed]
    return config
