"""The body of one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from chat_core import ChatOptions, ChatRequest, ConfigurationError, JsonObject, JsonValue, Notice, Origin
from chat_core.types.json_values import as_object
from chat_core.types.plain_json import as_json
from chat_core.wire import Encoded, wire_name

from chat_bedrock.capabilities import Capabilities, Path
from chat_bedrock.encode.caching import add_cache_points, drop_points
from chat_bedrock.encode.calls import check_names, past_tool, system_tool, tool_spec
from chat_bedrock.encode.messages import Conversation
from chat_bedrock.encode.output import schema_instructions, text_format
from chat_bedrock.settings import Guardrail, RequestDefaults
from chat_bedrock.wire import Block, ConverseBody, InferenceConfig, ToolConfig

_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> Encoded:
    """Return the body of a request to Converse or ConverseStream.

    Raises `ConfigurationError` for what a user put in and the wire cannot carry, `UnresolvedTool` for
    open calls.
    """
    capabilities = defaults.capabilities
    conversation = Conversation(request.messages, origin, capabilities)
    notices = [*conversation.notices, *_unsupported(request.options)]
    body: ConverseBody = {"messages": conversation.messages}
    if request.output is not None and not capabilities.output_format:
        instructions, notice = schema_instructions(request.output)
        conversation.system.append(instructions)
        notices.append(notice)
    elif request.output is not None:
        body["outputConfig"] = {"textFormat": text_format(request.output)}
    if conversation.system:
        body["system"] = conversation.system
    if inference := _inference(request.options, capabilities, notices):
        body["inferenceConfig"] = inference
    additional = _additional_fields(request.options, defaults, notices)
    if tools := _tools(request, conversation.called, defaults, additional, notices):
        body["toolConfig"] = tools
    if additional := _merged(additional, as_object(as_json(dict(defaults.additional_fields)))):
        body["additionalModelRequestFields"] = additional
    _add_settings(body, defaults, stream=stream)
    if defaults.caching is not None:
        add_cache_points(body, defaults.caching, capabilities, notices)
    drop_points(body, conversation.points, notices)
    return Encoded({**body, **defaults.extra}, tuple(notices))


def encode_count(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults) -> Encoded:
    """Return the body of a request that counts the tokens of what `encode` would send."""
    encoded = encode(request, origin=origin, defaults=defaults, stream=False)
    counted = {name: encoded.body[name] for name in _COUNTED if name in encoded.body}
    return Encoded({"input": {"converse": counted}}, encoded.notices)


def _unsupported(options: ChatOptions) -> Iterable[Notice]:
    """Yield a notice for each common option that Converse has no field for."""
    for name in ("seed", "frequency_penalty", "presence_penalty"):
        if getattr(options, name) is not None:
            yield Notice(
                name, "Converse has no field for it: .with_additional_fields({...}) reaches the model's own"
            )
    if options.parallel_tool_calls is False:
        yield Notice("parallel_tool_calls", "Converse cannot keep a model from calling several tools at once")


def _inference(options: ChatOptions, capabilities: Capabilities, notices: list[Notice]) -> InferenceConfig:
    config: InferenceConfig = {}
    if options.max_tokens is not None:
        config["maxTokens"] = options.max_tokens
    if capabilities.sampling:
        if options.temperature is not None:
            config["temperature"] = options.temperature
        if options.top_p is not None:
            config["topP"] = options.top_p
    else:
        notices += [
            Notice(name, "this model takes none, so it was not sent")
            for name in ("temperature", "top_p")
            if getattr(options, name) is not None
        ]
    if options.stop:
        config["stopSequences"] = [options.stop] if isinstance(options.stop, str) else list(options.stop)
    return config


def _additional_fields(options: ChatOptions, defaults: RequestDefaults, notices: list[Notice]) -> JsonObject:
    """Return the model's own fields that common options stand for. Raises `ConfigurationError` where it has
    none."""
    capabilities = defaults.capabilities
    fields: JsonObject = {}
    if options.top_k is not None and capabilities.top_k is None:
        notices.append(Notice("top_k", "this model takes none on Bedrock, so it was not sent"))
    elif options.top_k is not None and capabilities.top_k is not None:
        fields = _merged(fields, _at(capabilities.top_k, options.top_k))
    if defaults.thinking_budget is not None:
        budget: JsonObject = {"type": "enabled", "budget_tokens": defaults.thinking_budget}
        fields["thinking"] = budget
    if options.reasoning_effort is None:
        return fields
    if capabilities.effort is None:
        other = "use .with_thinking(budget_tokens)" if capabilities.budget else "leave it out"
        raise ConfigurationError(f"reasoning_effort: this model has no efforts on Bedrock; {other}")
    effort = _at(capabilities.effort, options.reasoning_effort)
    return _merged(_merged(fields, dict(capabilities.effort_fields)), effort)


def _at(path: Path, value: JsonValue) -> JsonObject:
    """Return the value at this place, inside objects."""
    for name in reversed(path):
        value = {name: value}
    return as_object(value)


def _merged(one: JsonObject, two: JsonObject) -> JsonObject:
    """Return both objects as one; where both have a value that is no object, the second counts."""
    both = {**one, **two}
    for name in one.keys() & two.keys():
        inner, other = one[name], two[name]
        if isinstance(inner, dict) and isinstance(other, dict):
            both[name] = _merged(inner, other)
    return both


def _tools(
    request: ChatRequest,
    called: Mapping[str, None],
    defaults: RequestDefaults,
    additional: JsonObject,
    notices: list[Notice],
) -> ToolConfig:
    """Return the tools of a request and the choice among them. "none" keeps tools only where the history
    needs them."""
    check_names(request.tools, defaults.system_tools)
    forbidden = request.options.tool_choice == "none"
    offered: list[Block] = []
    if not forbidden:
        offered += [tool_spec(tool) for tool in request.tools]
        offered += [system_tool(name) for name in defaults.system_tools]
    if not offered and called:
        declared = {tool.name: tool for tool in request.tools}
        offered = [tool_spec(declared[name]) if name in declared else past_tool(name) for name in called]
        additional |= defaults.capabilities.no_choice
        if not defaults.capabilities.no_choice:
            notices.append(
                Notice("tool_choice", "the model cannot be kept from calling the tools of earlier turns")
            )
    config: ToolConfig = {"tools": offered} if offered else {}
    if offered and not forbidden and (choice := _choice(request, defaults)):
        config["toolChoice"] = choice
    return config


def _choice(request: ChatRequest, defaults: RequestDefaults) -> JsonObject | None:
    choice = request.options.tool_choice
    if choice in (None, "none") or not request.tools:
        return None
    if choice == "auto":
        return {"auto": {}}
    if not defaults.capabilities.forced_choice:
        raise ConfigurationError(
            f"tool_choice={choice!r}: this model only takes 'auto' and 'none' on Bedrock"
        )
    if choice == "required":
        return {"any": {}}
    names = {name for tool in request.tools for name in (tool.name, wire_name(tool.name))}
    if choice not in names:
        raise ConfigurationError(
            f"tool_choice={choice!r} is no tool of this chat: {', '.join(sorted(names))}"
        )
    return {"tool": {"name": wire_name(choice)}}


def _add_settings(body: ConverseBody, defaults: RequestDefaults, *, stream: bool) -> None:
    """Add what the client was built with, beside the model's own fields."""
    if defaults.guardrail is not None:
        body["guardrailConfig"] = _guardrail(defaults.guardrail, stream=stream)
    if defaults.response_fields:
        body["additionalModelResponseFieldPaths"] = list(defaults.response_fields)
    if defaults.latency is not None:
        body["performanceConfig"] = {"latency": defaults.latency}
    if defaults.service_tier is not None:
        body["serviceTier"] = {"type": defaults.service_tier}
    if defaults.metadata:
        body["requestMetadata"] = dict(defaults.metadata)


def _guardrail(guardrail: Guardrail, *, stream: bool) -> dict[str, str]:
    config = {"guardrailIdentifier": guardrail.id, "guardrailVersion": guardrail.version}
    optional = (
        ("trace", guardrail.trace),
        ("streamProcessingMode", guardrail.processing if stream else None),
    )
    return dict(chain(config.items(), ((name, value) for name, value in optional if value is not None)))
