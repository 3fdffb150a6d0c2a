"""What a session or its model cannot have: it is refused before a connection is opened."""

from __future__ import annotations

from chat_core import ChatRequest, ConfigurationError, JsonObject
from chat_core.types.json_values import as_list, as_object, as_text

from chat_gemini.live.capabilities import LiveCapabilities, Output
from chat_gemini.live.settings import LiveDefaults
from chat_gemini.native_tools import GoogleSearch
from chat_gemini.settings import RequestDefaults

# What `generationConfig` of a session may hold. Facts: Google's reference, November 2026.
_CONFIG = frozenset(
    {
        *("responseModalities", "temperature", "topP", "topK", "maxOutputTokens", "seed"),
        *("mediaResolution", "speechConfig", "thinkingConfig"),
    }
)
_OUTPUTS: dict[str, Output] = {"audio": "audio", "text": "text"}
_LEVELS = ("minimal", "low", "medium", "high")


def check_session(
    request: ChatRequest, capabilities: LiveCapabilities, defaults: RequestDefaults, live: LiveDefaults
) -> None:
    """Raise `ConfigurationError` for settings that a session or its model cannot have."""
    if request.output is not None:
        raise ConfigurationError("a session has no typed output: use chat.complete or chat.stream for it")
    if request.options.parallel_tool_calls is False and request.tools:
        raise ConfigurationError(
            "Gemini cannot be kept from calling several tools at once: leave parallel_tool_calls out"
        )
    _check_defaults(defaults)
    name = capabilities.name
    if live.affective and not capabilities.affective:
        raise ConfigurationError(f"{name} has no affective dialog: leave out with_affective_dialog")
    others = [tool for tool in defaults.native_tools if not isinstance(tool, GoogleSearch)]
    if others and not capabilities.other_native_tools:
        raise ConfigurationError(
            f"of Google's own tools {name} has the search only in a session: leave out "
            f"with_{others[0].names[0]}"
        )
    _check_non_blocking(request, capabilities, live)


def check_config(config: JsonObject, capabilities: LiveCapabilities) -> None:
    """Raise `ConfigurationError` for a `generationConfig` that a session or its model cannot have."""
    unknown = [name for name in config if name not in _CONFIG]
    if unknown:
        raise ConfigurationError(
            f"{unknown[0]} has no place in a session of the Live API: leave it out of the options, or pass "
            f"with_extra_body({{'generationConfig': {{'{unknown[0]}': ...}}}})"
        )
    _check_thinking(as_object(config.get("thinkingConfig")), capabilities)


def output_of(config: JsonObject, capabilities: LiveCapabilities) -> Output:
    """Return the form of answers.

    Raises `ConfigurationError` for one that the model does not have, and for more than one.
    """
    chosen = [as_text(word).lower() for word in as_list(config.get("responseModalities"))]
    if not chosen:
        return capabilities.outputs[0]
    output = _OUTPUTS.get(chosen[0])
    if len(chosen) > 1 or output is None:
        raise ConfigurationError('a session answers in one form: with_output("audio") or with_output("text")')
    if output not in capabilities.outputs:
        [only] = capabilities.outputs
        reason = "; its words come as transcripts" if only == "audio" else ""
        raise ConfigurationError(
            f'{capabilities.name} answers in {only} only{reason}: with_output("{only}"), or leave it out'
        )
    return output


def _check_defaults(defaults: RequestDefaults) -> None:
    """Refuse what a request of the wire has and a session has not."""
    options = defaults.options
    refused = {
        "with_cached_content": options.cached_content is not None,
        "GeminiOptions(service_tier=...)": options.service_tier is not None,
        "GeminiOptions(store=...)": options.store is not None,
        "with_function_calling_mode": defaults.calling is not None,
        "with_server_side_tool_invocations": defaults.server_steps is not None,
    }
    for name, is_set in refused.items():
        if is_set:
            raise ConfigurationError(f"{name} has no place in a session of the Live API: leave it out")


def _check_thinking(config: JsonObject, capabilities: LiveCapabilities) -> None:
    level, budget = as_text(config.get("thinkingLevel")).lower(), config.get("thinkingBudget")
    name = capabilities.name
    if level and capabilities.thinking_level == "no":
        raise ConfigurationError(
            f"{name} takes no thinking level in a session: leave out with_thinking and reasoning_effort"
        )
    if budget is not None and capabilities.thinking_budget == "no":
        better = "by level: .with_thinking('low')" if capabilities.thinking_level != "no" else "by itself"
        raise ConfigurationError(f"{name} takes no thinking budget in a session; it thinks {better}")
    if not level and capabilities.thinking_level == "required":
        raise ConfigurationError(f"{name} needs .with_thinking('low'), 'medium' or 'high'")
    least = capabilities.least_level
    if least and level in _LEVELS and _LEVELS.index(level) < _LEVELS.index(least):
        raise ConfigurationError(f"{name} thinks at least at the level {least!r}: .with_thinking({least!r})")


def _check_non_blocking(request: ChatRequest, capabilities: LiveCapabilities, live: LiveDefaults) -> None:
    name, tools = capabilities.name, {tool.name for tool in request.tools}
    if live.non_blocking and capabilities.non_blocking == "no":
        raise ConfigurationError(
            f"{name} waits for the results of its tools: leave out with_non_blocking_tools"
        )
    for each in live.non_blocking:
        if each.scheduling is not None and not capabilities.scheduling:
            raise ConfigurationError(
                f"{name} decides itself when it turns to a result: leave out scheduling={each.scheduling!r}"
            )
        if unknown := sorted(each.names - tools):
            raise ConfigurationError(f"with_non_blocking_tools: there is no tool {unknown[0]!r}")
