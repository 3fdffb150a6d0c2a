"""From a core request to the body of a Gemini request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    OutputSchema,
    ToolDefinition,
)
from chat_core.wire.write import dump

from chat_gemini.contents import Contents
from chat_gemini.generation import Generation
from chat_gemini.native_tools import place
from chat_gemini.schema import json_schema, older_schema
from chat_gemini.settings import Shape
from chat_gemini.wire import FunctionCallingConfig, FunctionDeclaration, ToolConfig


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request body, and what of the request it does not say."""

    body: JsonObject
    notices: tuple[Notice, ...] = ()

    def dump(self, continuation: str | None = None) -> bytes:
        """The body as bytes; with a `continuation` it asks for the rest of the same turn."""
        return dump(self.body if continuation is None else {**self.body, "continuationToken": continuation})


def encode(request: ChatRequest, *, origin: Origin, shape: Shape = Shape()) -> Encoded:
    """The body of the request; the extra body is merged in last. Raises `ConfigurationError` for what the wire or the model cannot
    do, `UnresolvedTool` for calls that have no outcome yet."""
    generation = Generation.of(origin.model)
    contents = Contents(origin, generation, shape.files_url)
    contents.add(request.messages)
    if not contents.contents:
        raise ConfigurationError("Gemini needs something from the user to answer to: messages.add_user(...)")
    _check(request, generation, shape)
    body: dict[str, object] = {"contents": contents.contents}
    if contents.instructions:
        body["systemInstruction"] = {"parts": contents.instructions}
    if tools := list(_tools(request.tools, generation, shape)):
        body["tools"] = tools
    if config := _tool_config(request, generation, shape, contents.notices):
        body["toolConfig"] = config
    if shape.safety:
        body["safetySettings"] = [
            {"category": category, "threshold": threshold} for category, threshold in shape.safety.items()
        ]
    if settings := _generation_config(request, generation, shape):
        body["generationConfig"] = settings
    body |= shape.options.beside()
    _check_cache(body)
    return Encoded(cast("JsonObject", merged(body, shape.extra)), tuple(contents.notices))


def encode_count(request: ChatRequest, *, origin: Origin, shape: Shape) -> bytes:
    """The body that asks how many tokens a request has."""
    body = encode(request, origin=origin, shape=shape).body
    return dump({"generateContentRequest": {"model": model_path(origin.model), **body}})


def model_path(model: str) -> str:
    """A model as the wire names it: `models/…`, or whatever path it has already."""
    return model if "/" in model else f"models/{model}"


def merged(body: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """The body with `extra` laid over it: objects are merged, anything else is replaced."""
    result = dict(body)
    for name, value in extra.items():
        before = result.get(name)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            value = merged(cast("Mapping[str, object]", before), cast("Mapping[str, object]", value))
        result[name] = value
    return result


def _check(request: ChatRequest, generation: Generation, shape: Shape) -> None:
    """Which tools go together is a matter of the model's generation; its server would answer 400."""
    functions, native = bool(request.tools), bool(shape.native_tools)
    if functions and not generation.functions:
        raise ConfigurationError(
            f"{generation.name} makes images and calls no functions: build its chat without tools"
        )
    if functions and native and not generation.mixes_tools:
        raise ConfigurationError(
            f"{generation.name} takes either functions or Google's own tools, not both; models from gemini-3 on take both"
        )
    if request.output is not None and (functions or native) and not generation.mixes_tools:
        raise ConfigurationError(
            f"{generation.name} takes no tools beside typed output; models from gemini-3 on do, or a tool with these parameters"
            " can do the job of the type"
        )
    if shape.server_steps and not generation.mixes_tools:
        raise ConfigurationError(
            f"{generation.name} does not show the steps of Google's tools; models from gemini-3 on do"
        )


def _check_cache(body: Mapping[str, object]) -> None:
    taken = [name for name in ("systemInstruction", "tools", "toolConfig") if name in body]
    if "cachedContent" in body and taken:
        raise ConfigurationError(
            f"beside cached content Gemini takes no {', '.join(taken)}: put the instructions and tools into the cache itself"
        )


def _tools(tools: Sequence[ToolDefinition], generation: Generation, shape: Shape) -> Iterator[object]:
    if tools:
        yield {"functionDeclarations": [_declaration(tool, _older(generation, shape)) for tool in tools]}
    for tool in shape.native_tools:
        yield tool.sent(generation)


def _declaration(tool: ToolDefinition, older: bool) -> FunctionDeclaration:
    declared = FunctionDeclaration(name=tool.name)
    if tool.description:
        declared["description"] = tool.description
    if not older:
        declared["parametersJsonSchema"] = json_schema(tool.parameters)
    elif tool.parameters.get("properties"):
        declared["parameters"] = older_schema(tool.parameters, f"tool {tool.name}")
    return declared


def _older(generation: Generation, shape: Shape) -> bool:
    return not generation.json_schema if shape.older_schema is None else shape.older_schema


def _tool_config(
    request: ChatRequest, generation: Generation, shape: Shape, notices: list[Notice]
) -> ToolConfig:
    config = ToolConfig()
    if (calling := _calling(request, shape, notices)) is not None:
        config["functionCallingConfig"] = calling
    if where := place(shape.native_tools):
        config["retrievalConfig"] = where
    mixed = bool(request.tools and shape.native_tools) and not shape.vertex
    if mixed if shape.server_steps is None else shape.server_steps:
        config["includeServerSideToolInvocations"] = True
    return config


def _calling(request: ChatRequest, shape: Shape, notices: list[Notice]) -> FunctionCallingConfig | None:
    """When functions are called. The wire refuses to be told where there are none."""
    options = request.options
    names = [tool.name for tool in request.tools]
    if options.parallel_tool_calls is False and names:
        raise ConfigurationError(
            "Gemini cannot be kept from calling several tools at once: leave parallel_tool_calls out"
        )
    match options.tool_choice:
        case None:
            return _own_calling(request, shape, names, notices)
        case "auto" | "none" if not names:
            return None
        case "auto":
            return {"mode": "AUTO"}
        case "none":
            return {"mode": "NONE"}
        case "required" if names:
            return {"mode": "ANY"}
        case name if name in names:
            return {"mode": "ANY", "allowedFunctionNames": [name]}
        case name:
            raise ConfigurationError(f"tool_choice={name!r}: there is no such tool")


def _own_calling(
    request: ChatRequest, shape: Shape, names: list[str], notices: list[Notice]
) -> FunctionCallingConfig | None:
    if shape.calling is None:
        return None
    if not names:
        notices.append(Notice("function_calling_mode", "it was not sent, since this chat has no tools"))
        return None
    if unknown := [name for name in shape.calling.allowed if name not in names]:
        raise ConfigurationError(f"with_function_calling_mode(allowed=...): there is no tool {unknown[0]!r}")
    if shape.calling.mode == "ANY" and request.messages[-1].role == "model":
        return {"mode": "AUTO"}  # the model has had its forced turn; it would never end otherwise
    config = FunctionCallingConfig(mode=shape.calling.mode)
    if shape.calling.allowed:
        config["allowedFunctionNames"] = list(shape.calling.allowed)
    return config


def _generation_config(request: ChatRequest, generation: Generation, shape: Shape) -> JsonObject:
    config = shape.options.generation() | _common(request.options)
    if thinking := _thinking(request.options, generation, shape):
        config["thinkingConfig"] = thinking
    if request.output is not None:
        config["responseMimeType"] = "application/json"
        config |= _output(request.output, _older(generation, shape))
    return config


def _common(options: ChatOptions) -> JsonObject:
    stop = options.stop
    common: dict[str, JsonValue] = {
        "temperature": options.temperature,
        "topP": options.top_p,
        "topK": options.top_k,
        "maxOutputTokens": options.max_tokens,
        "stopSequences": None if stop is None else [stop] if isinstance(stop, str) else list[JsonValue](stop),
        "seed": options.seed,
        "presencePenalty": options.presence_penalty,
        "frequencyPenalty": options.frequency_penalty,
    }
    return {name: value for name, value in common.items() if value is not None}


def _thinking(options: ChatOptions, generation: Generation, shape: Shape) -> JsonObject:
    asked = shape.thinking
    level = options.reasoning_effort or (asked.level if asked else None)
    budget = asked.budget if asked and not options.reasoning_effort else None
    if (asked or level) and not generation.thinks:
        raise ConfigurationError(
            f"{generation.name} takes no thinking configuration: leave out with_thinking and reasoning_effort"
        )
    if level is not None and not generation.levels:
        raise ConfigurationError(
            f"{generation.name} thinks by budget, not by level {level!r}: .with_thinking(budget=tokens)"
        )
    config: dict[str, JsonValue] = {
        "includeThoughts": asked.include_thoughts if asked else None,
        "thinkingBudget": budget,
        "thinkingLevel": level.upper() if level is not None else None,
    }
    return {name: value for name, value in config.items() if value is not None}


def _output(output: OutputSchema, older: bool) -> JsonObject:
    if older:
        schema = older_schema(output.schema, "the output type")
        return {
            "responseSchema": schema | ({"description": output.description} if output.description else {})
        }
    schema = json_schema(output.schema)
    return {
        "responseJsonSchema": schema | ({"description": output.description} if output.description else {})
    }
