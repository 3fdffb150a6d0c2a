"""The body of one chat request."""

from __future__ import annotations

import json

from chat_core import ChatOptions, ChatRequest, ConfigurationError, JsonObject, Notice, Origin, OutputSchema
from chat_core.wire import Encoded, described_schema, wire_name

from chat_cohere.encode.messages import Conversation
from chat_cohere.settings import RequestDefaults, Thinking
from chat_cohere.wire import ChatBody

# Keywords that Cohere refuses in a schema, by its documentation of structured output.
_UNSUPPORTED = frozenset(
    (
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "examples", "default"),
        *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
        *("patternProperties", "propertyNames", "contains"),
    )
)
_EFFORTS = {"none": Thinking(enabled=False), "disabled": Thinking(enabled=False), "enabled": Thinking()}


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> Encoded:
    """Return the body of a request to `/v2/chat`.

    Raises `ConfigurationError` for what a user put in and the wire cannot carry, `UnresolvedTool` for
    open calls.
    """
    conversation = Conversation(request.messages, origin)
    notices = [*conversation.notices]
    body: ChatBody = {"model": origin.model, "messages": conversation.messages, "stream": stream}
    if conversation.documents:
        body["documents"] = conversation.documents
    _add_tools(body, request, defaults)
    if request.output is not None:
        _add_output(body, request.output, notices)
    _add_options(body, request.options, notices)
    _add_settings(body, request.options, defaults)
    return Encoded({**body, **defaults.extra}, tuple(notices))


def _add_tools(body: ChatBody, request: ChatRequest, defaults: RequestDefaults) -> None:
    """Add the tools and the choice among them. The wire names no tool, so a named one is offered alone."""
    tools, choice = list(request.tools), request.options.tool_choice
    if choice not in (None, "auto", "none", "required"):
        tools = [tool for tool in tools if choice in (tool.name, wire_name(tool.name))]
        if not tools:
            names = ", ".join(tool.name for tool in request.tools)
            raise ConfigurationError(f"tool_choice={choice!r} is no tool of this chat: {names}")
    if not tools:
        return
    body["tools"] = [_tool(wire_name(tool.name), tool.description, tool.parameters) for tool in tools]
    if choice == "none":
        body["tool_choice"] = "NONE"
    elif choice not in (None, "auto"):
        body["tool_choice"] = "REQUIRED"
    if defaults.strict_tools or any(tool.strict for tool in tools):
        body["strict_tools"] = True


def _tool(name: str, description: str, parameters: JsonObject) -> JsonObject:
    function: JsonObject = {"name": name, "parameters": {"type": "object", "properties": {}, **parameters}}
    if description.strip():
        function["description"] = description
    return {"type": "function", "function": function}


def _add_output(body: ChatBody, output: OutputSchema, notices: list[Notice]) -> None:
    """Add an output schema.

    Beside tools and documents the wire takes none, so there it becomes instructions.
    """
    beside = [name for name in ("tools", "documents") if name in body]
    if not beside:
        schema = described_schema(output.schema, _UNSUPPORTED)
        body["response_format"] = {"type": "json_object", "json_schema": schema}
        return
    schema_text = json.dumps(output.schema, ensure_ascii=False)
    text = (
        f"Respond with one JSON object that satisfies this JSON schema, and with nothing else:\n{schema_text}"
    )
    body.setdefault("messages", []).insert(0, {"role": "system", "content": text})
    notices.append(
        Notice("output", f"beside {' and '.join(beside)} Cohere holds no schema: it was sent as instructions")
    )


def _add_options(body: ChatBody, options: ChatOptions, notices: list[Notice]) -> None:
    if options.temperature is not None:
        body["temperature"] = options.temperature
    if options.top_p is not None:
        body["p"] = options.top_p
    if options.top_k is not None:
        body["k"] = options.top_k
    if options.max_tokens is not None:
        body["max_tokens"] = options.max_tokens
    if options.stop:
        body["stop_sequences"] = [options.stop] if isinstance(options.stop, str) else list(options.stop)
    if options.seed is not None:
        body["seed"] = options.seed
    if options.frequency_penalty is not None:
        body["frequency_penalty"] = options.frequency_penalty
    if options.presence_penalty is not None:
        body["presence_penalty"] = options.presence_penalty
    if options.parallel_tool_calls is False:
        notices.append(
            Notice("parallel_tool_calls", "Cohere cannot keep a model from calling several tools at once")
        )


def _add_settings(body: ChatBody, options: ChatOptions, defaults: RequestDefaults) -> None:
    if thinking := _thinking(options.reasoning_effort, defaults.thinking):
        body["thinking"] = thinking
    if defaults.citations is not None:
        body["citation_options"] = {"mode": defaults.citations}
    if defaults.safety_mode is not None:
        body["safety_mode"] = defaults.safety_mode
    if defaults.priority is not None:
        body["priority"] = defaults.priority
    if defaults.logprobs:
        body["logprobs"] = True


def _thinking(effort: str | None, chosen: Thinking | None) -> JsonObject | None:
    if effort is not None and effort not in _EFFORTS:
        raise ConfigurationError(
            f"reasoning_effort={effort!r}: Cohere takes 'enabled' and 'none'; .with_thinking(token_budget) "
            f"sets how much"
        )
    thinking = chosen if effort is None else _EFFORTS[effort]
    if thinking is None:
        return None
    if not thinking.enabled:
        return {"type": "disabled"}
    budget = thinking.token_budget or (chosen.token_budget if chosen else None)
    return {"type": "enabled"} if budget is None else {"type": "enabled", "token_budget": budget}
