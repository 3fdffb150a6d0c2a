"""From a request with tools to one without, whose output schema offers their calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chat_core import (
    ChatRequest,
    ConfigurationError,
    JsonObject,
    JsonValue,
    Message,
    Messages,
    OutputSchema,
    Part,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.types.json_values import as_object, as_text

_TEXT: JsonObject = {"type": "string"}


def prompt_tools(request: ChatRequest) -> ChatRequest:
    """Return the request with its tools as instructions and as the schema of the output.

    The calls of the history become texts in the form that the model is to write, their results texts of the
    user's; without tools to offer that is all. Raises `ConfigurationError` where `tool_choice` names a tool
    that is not there.
    """
    tools = offered_tools(request)
    texts = list(_as_texts(request.messages, as_json=bool(tools)))
    options = replace(request.options, tool_choice=None, parallel_tool_calls=None)
    if not tools:
        return replace(request, messages=Messages(texts), tools=(), options=options)
    must_call = request.options.tool_choice not in (None, "auto")
    branches: list[JsonValue] = [_call_schema(tool) for tool in tools]
    if not must_call:
        branches.append(_object({"answer": request.output.schema if request.output else _TEXT}))
    instructions = Message("system", [Text(_instructions(tools, must_call=must_call))])
    messages = Messages([instructions, *texts])
    output = OutputSchema("turn", {"anyOf": branches})
    return replace(request, messages=messages, tools=(), options=options, output=output)


def offered_tools(request: ChatRequest) -> Sequence[ToolDefinition]:
    """Return the tools that the model may call.

    Raises `ConfigurationError` for the choice of one that is not there.
    """
    choice = request.options.tool_choice
    if choice == "none":
        return ()
    if choice in (None, "auto", "required"):
        return request.tools
    named = [tool for tool in request.tools if tool.name == choice]
    if not named:
        raise ConfigurationError(f"tool_choice names {choice!r}, and there is no such tool")
    return named


def _call_schema(tool: ToolDefinition) -> JsonObject:
    parameters = tool.parameters or {"type": "object", "properties": {}}
    return _object({"tool": {"const": tool.name}, "arguments": parameters})


def _object(properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _instructions(tools: Sequence[ToolDefinition], *, must_call: bool) -> str:
    """Return the instructions for the model.

    The form of a call is in the schema: a small model copies what it reads of it.
    """
    answer = "" if must_call else ', else {"answer": text}'
    uses = f'Write {{"tool": name, "arguments": {{...}}}} to use a tool{answer}. The tools:'
    return "\n".join([uses, *(line for tool in tools for line in _described(tool))])


def _described(tool: ToolDefinition) -> Iterator[str]:
    parameters = as_object(tool.parameters.get("properties"))
    yield f"- {tool.name}({', '.join(parameters)}): {tool.description}"
    for name, schema in parameters.items():
        if description := as_text(as_object(schema).get("description")):
            yield f"  {name}: {description}"


def _as_texts(messages: Messages, *, as_json: bool) -> Iterator[Message]:
    for message in messages:
        if message.role != "model" or not message.tool_calls:
            yield message
            continue
        yield Message("model", [_call_as_text(part, as_json=as_json) for part in message.parts])
        results: list[Part] = []
        for call, text in message.outcomes():
            results += [Text(f"The result of {call.name}: {text}"), *call.files]
        yield Message("user", results)


def _call_as_text(part: Part, *, as_json: bool) -> Part:
    """Return a call in the form that the model is to write, or in words where it is to write none."""
    if not isinstance(part, ToolCall):
        return part
    if as_json:
        return Text(json.dumps({"tool": part.name, "arguments": part.arguments}, ensure_ascii=False))
    return Text(f"I call {part.name} with {part.arguments_as_text()}.")
