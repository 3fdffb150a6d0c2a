"""What a request says, on whichever wire: the text of its last message, and the schema of its output."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text


def last_text(body: JsonObject) -> str:
    """Return the text of the last message, a tool's result included."""
    if isinstance(prompt := body.get("prompt"), str):
        return prompt
    return " ".join(_texts(_last_message(body)))


def answered_tool(body: JsonObject) -> str | None:
    """Return the name of the tool whose result the last message is, "" where the wire names none, or None."""
    message = as_object(_last_message(body))
    call_id = message.get("tool_call_id") or message.get("call_id")
    if message.get("role") == "tool" or message.get("type") == "function_call_output":
        return as_text(message.get("tool_name")) or _called(body, call_id)
    for part in [*as_list(message.get("content")), *as_list(message.get("parts"))]:
        match part:
            case {"type": "tool_result", "tool_use_id": id}:
                return _called(body, id)
            case {"functionResponse": dict(result)} | {"function_response": dict(result)}:
                return as_text(result.get("name"))
            case _:
                pass
    return None


def output_schema(body: JsonObject) -> JsonObject | None:
    """Return the JSON schema that the output has to follow, or None."""
    match body:
        case {"response_format": {"json_schema": {"schema": dict(schema)}}}:
            return schema
        case {"text": {"format": {"type": "json_schema", "schema": dict(schema)}}}:
            return schema
        case {"output_config": {"format": {"schema": dict(schema)}}}:
            return schema
        case {"generationConfig": {"responseJsonSchema": dict(schema)} | {"responseSchema": dict(schema)}}:
            return schema
        case {"format": dict(schema)}:
            return schema
        case _:
            return None


def _last_message(body: JsonObject) -> JsonValue:
    for name in ("messages", "input", "contents"):
        listed = body.get(name)
        if isinstance(listed, str):
            return listed
        if isinstance(listed, list) and listed:
            return listed[-1]
        if isinstance(listed, dict):  # Gemini takes one content for a list of one
            return listed
    return ""


def _texts(value: JsonValue) -> Iterator[str]:
    """Yield the texts of a message, of a part, or of a tool's result."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case {"text": str(text)}:
            yield text
        case {"functionResponse": dict(result)} | {"function_response": dict(result)}:
            yield from _all_texts(result.get("response"))
        case {"content": content} | {"parts": content} | {"output": content}:
            yield from _texts(content)
        case _:
            pass


def _all_texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _all_texts(item)
        case list():
            for item in value:
                yield from _all_texts(item)
        case None:
            pass
        case _:
            yield str(value)


def _called(body: JsonObject, call_id: JsonValue) -> str:
    """Return the name of the tool that a call with this id called."""
    for found in _objects([body.get("messages"), body.get("input")]):
        if call_id in (found.get("id"), found.get("call_id")) and call_id:
            name = found.get("name") or as_object(found.get("function")).get("name")
            if isinstance(name, str):
                return name
    return ""


def _objects(value: JsonValue) -> Iterator[JsonObject]:
    """Yield the objects of a conversation: messages, and what is in their lists."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield item
            yield from _objects([*as_list(item.get("content")), *as_list(item.get("tool_calls"))])
        else:
            yield from _objects(item)
