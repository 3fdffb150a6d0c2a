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

_TEXT: JsonObject = {"type": "string"}


def prompt_tools(request: ChatRequest) -> ChatRequest:
    """Return the request with its tools as instructions and as the schema of the output.

    The calls of the history become texts in the form that the model is to write, their results texts of the user's;
    without tools to offer that is all.
    """
    tools = offered_tools(request)
    texts = list(_as_texts(request.messages))
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
    """Return the tools that the model may call. Raises `ConfigurationError` for the choice of one that is not there."""
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
    lines = [
        f"- {tool.name}: {tool.description or 'no description'} Arguments: {json.dumps(tool.parameters)}"
        for tool in tools
    ]
    answer = "" if must_call else ' Write {"answer": …} once you know what to answer.'
    return "\n".join(
        ('You can use tools. Write {"tool": name, "arguments": {…}} to use one of these.' + answer, *lines)
    )


def _as_texts(messages: Messages) -> Iterator[Message]:
    for message in messages:
        if message.role != "model" or not message.tool_calls:
            yield message
            continue
        yield Message("model", [_call_as_text(part) for part in message.parts])
        results: list[Part] = []
        for call, text in message.outcomes():
            results += [Text(f"The tool {call.name} returned: {text}"), *call.files]
        yield Message("user", results)


def _call_as_text(part: Part) -> Part:
    if not isinstance(part, ToolCall):
        return part
    return Text(json.dumps({"tool": part.name, "arguments": part.arguments}, ensure_ascii=False))
