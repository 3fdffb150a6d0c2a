"""The `generationConfig` of a request: options, thinking, typed output."""

from __future__ import annotations

from chat_core import (
    ChatOptions,
    ChatRequest,
    ConfigurationError,
    JsonObject,
    JsonValue,
    Notice,
    OutputSchema,
)
from chat_core.types.set_fields import set_fields
from chat_core.wire import encoded_once

from chat_gemini.capabilities import Capabilities
from chat_gemini.encode.json_schema import json_schema
from chat_gemini.encode.older_schema import older_schema
from chat_gemini.settings import RequestDefaults


def encode_generation_config(
    request: ChatRequest, capabilities: Capabilities, defaults: RequestDefaults, notices: list[Notice]
) -> JsonObject:
    """Return the `generationConfig`. Common options win over those of the client."""
    config = defaults.options.generation() | _common(request.options)
    if thinking := _thinking(request.options, capabilities, defaults):
        config["thinkingConfig"] = thinking
    if request.output is not None:
        config["responseMimeType"] = "application/json"
        output, older = request.output, defaults.takes_older_schema(capabilities)
        fields, found = encoded_once(output, (_output, older), lambda: _output(output, older))
        notices += found
        config |= fields
    return config


def _common(options: ChatOptions) -> JsonObject:
    if not set_fields(options):  # as of most requests
        return {}
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
    return _given(common)


def _thinking(options: ChatOptions, capabilities: Capabilities, defaults: RequestDefaults) -> JsonObject:
    chosen = defaults.thinking
    level = options.reasoning_effort or (chosen.level if chosen else None)
    if chosen is None and level is None:
        return {}
    budget = chosen.budget if chosen and not options.reasoning_effort else None
    if (chosen or level) and not capabilities.thinks:
        raise ConfigurationError(
            f"{capabilities.name} takes no thinking configuration: leave out with_thinking and "
            f"reasoning_effort"
        )
    if level is not None and not capabilities.levels:
        raise ConfigurationError(
            f"{capabilities.name} thinks by budget, not by level {level!r}: .with_thinking(budget=tokens)"
        )
    config: dict[str, JsonValue] = {
        "includeThoughts": chosen.include_thoughts if chosen else None,
        "thinkingBudget": budget,
        "thinkingLevel": level.upper() if level is not None else None,
    }
    return _given(config)


def _output(output: OutputSchema, older: bool) -> tuple[JsonObject, list[Notice]]:
    notices: list[Notice] = []
    described: JsonObject = {"description": output.description} if output.description else {}
    if older:
        return {"responseSchema": older_schema(output.schema, "the output type") | described}, notices
    return {"responseJsonSchema": json_schema(output.schema, "the output type", notices) | described}, notices


def _given(values: JsonObject) -> JsonObject:
    return {name: value for name, value in values.items() if value is not None}
