"""From what a server answers to what a chat takes: results with their files, and requests for input."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import cast

from chat_core import File, JsonObject, JsonValue, NeedsInput
from chat_core.types.json_values import as_list, as_object, as_text

from chat_mcp.errors import ToolError
from chat_mcp.wire import ELICIT


def tool_result(result: JsonObject) -> object:
    """Return what a tool gave: text, JSON, or a list of these and of files.

    `structuredContent` goes before texts that hold the same. A declared output schema is not looked at:
    servers send what it does not describe. Raises `ToolError` for the failure of a tool.
    """
    items = [_item(as_object(item)) for item in as_list(result.get("content"))]
    if result.get("isError") is True:
        raise ToolError(_failure(items, result))
    texts = [item for item in items if isinstance(item, str)]
    if "structuredContent" in result and result["structuredContent"] is not None:
        structured = result["structuredContent"]
        others: list[object] = [item for item in items if not isinstance(item, str)]
        value = _unwrapped(structured, texts)
        is_repeated = all(_is_in(text, structured) for text in texts) or _is_in("\n".join(texts), structured)
        if is_repeated or [_parsed(text) for text in texts] == value:
            return [value, *others] if others else value
        return [*items, structured]
    if len(texts) == len(items):
        return "\n".join(texts)
    return items


def _item(item: JsonObject) -> object:
    match item.get("type"):
        case "text":
            return as_text(item.get("text"))
        case "image" | "audio" as kind:
            return _file(item.get("data"), as_text(item.get("mimeType")) or None, None, f"an {kind}")
        case "resource":
            return _resource(as_object(item.get("resource")))
        case _:
            return item


def _resource(resource: JsonObject) -> object:
    uri = as_text(resource.get("uri"))
    if "blob" not in resource:
        return {name: value for name, value in resource.items() if not name.startswith("_")}
    name = uri.rstrip("/").rpartition("/")[2] or None
    return _file(resource["blob"], as_text(resource.get("mimeType")) or None, name, f"the resource {uri}")


def _file(data: JsonValue, mimetype: str | None, name: str | None, what: str) -> File | str:
    try:
        decoded = base64.b64decode("".join(as_text(data).split()), validate=True)
    except ValueError:
        return f"({what} that cannot be read: it is no base64)"
    return File(mimetype or "application/octet-stream", decoded, name=name)


def _failure(items: list[object], result: JsonObject) -> str:
    texts = [
        item if isinstance(item, str) else json.dumps(item) for item in items if not isinstance(item, File)
    ]
    if not any(text.strip() for text in texts) and result.get("structuredContent") is not None:
        texts = [json.dumps(result["structuredContent"], ensure_ascii=False)]
    files = sum(isinstance(item, File) for item in items)
    left_out = f"({files} file(s) of the failure are left out)" if files else ""
    return "\n".join(filter(None, (*texts, left_out))) or "the tool failed, and the server gave no reason"


def _unwrapped(structured: JsonValue, texts: list[str]) -> JsonValue:
    """Return the value itself where a server has wrapped it to have an object: {"result": value}."""
    if not isinstance(structured, dict) or len(structured) != 1 or not texts:
        return structured
    value = structured.get("result")
    is_wrapped = texts == [value] if isinstance(value, str) else isinstance(value, list | int | float)
    return value if is_wrapped else structured


def _is_in(text: str, structured: JsonValue) -> bool:
    """Return whether a text says nothing that the structured content does not."""
    value = _parsed(text)
    wrapped = structured if isinstance(structured, dict) and len(structured) == 1 else {}
    return value == structured or value in wrapped.values() or text in wrapped.values() or not text.strip()


def _parsed(text: str) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        return text


def wanted_input(result: JsonObject) -> NeedsInput | None:
    """Return what a call needs of a person before it goes on, or None where it needs only another request.

    One form is taken as it is; several become one, with a member for each. Raises `ToolError` for a request
    that a person cannot answer.
    """
    requests = {key: as_object(request) for key, request in as_object(result.get("inputRequests")).items()}
    state: JsonObject = {
        "inputRequests": cast("JsonObject", requests),
        "requestState": result.get("requestState"),
    }
    for request in requests.values():
        if request.get("method") != ELICIT:
            raise ToolError(f"the tool wants {request.get('method')} of this client, which has none")
    forms = {key: as_object(request.get("params")) for key, request in requests.items()}
    if not forms:
        return None
    message = "\n".join(elicitation_message(form) for form in forms.values())
    schemas = {key: schema for key, form in forms.items() if (schema := elicitation_schema(form))}
    if len(forms) == 1:
        return NeedsInput(message, next(iter(schemas.values()), None), state)
    together = {"type": "object", "properties": schemas, "required": list(schemas)}
    return NeedsInput(message, together if schemas else None, state)


def elicitation_message(form: JsonObject) -> str:
    """Return what a person reads: the server's message, and the address to open where there is one."""
    message = as_text(form.get("message")) or "The server wants some input."
    url = as_text(form.get("url"))
    return f"{message}\n{url}" if url else message


def elicitation_schema(form: JsonObject) -> JsonObject | None:
    """Return the schema of the values that a form wants; None where only consent is wanted."""
    schema = as_object(form.get("requestedSchema"))
    return schema if as_object(schema.get("properties")) else None


def input_responses(state: JsonObject, values: JsonObject) -> JsonObject:
    """Return the parameters that continue a call: values for each request, and the server's state."""
    requests = as_object(state.get("inputRequests"))
    answers: JsonObject = {
        key: accepted(values if len(requests) == 1 else as_object(values.get(key)), as_object(request))
        for key, request in requests.items()
    }
    continued: JsonObject = {"inputResponses": answers} if answers else {}
    if state.get("requestState") is not None:
        continued["requestState"] = state["requestState"]
    return continued


def accepted(values: Mapping[str, JsonValue], request: JsonObject) -> JsonObject:
    """Return the result of an elicitation that a person has agreed to."""
    if as_object(request.get("params")).get("mode") == "url":
        return {"action": "accept"}
    return {"action": "accept", "content": dict(values)}


def listed_tools(result: JsonObject) -> Iterator[JsonObject]:
    """Yield the tools of one page of a list."""
    yield from (as_object(tool) for tool in as_list(result.get("tools")))
