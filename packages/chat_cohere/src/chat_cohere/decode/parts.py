"""Parts of a message from what Cohere sends: texts with citations, calls, plans."""

from __future__ import annotations

import json
from collections.abc import Iterable

from chat_core import Citation, JsonObject, JsonValue, Native, Origin, Reasoning, Text, ToolCall
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import CallIds, tool_call


def plain_text(value: JsonValue) -> str:
    """Return the text that a value is; of a value that is none, its JSON, so that nothing is lost."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def cited_text(text: str, citations: Iterable[JsonObject], origin: Origin) -> Text:
    """Return a text with the sources that it names, which go back with it."""
    found = list(citations)
    native = Native(origin, {"citations": [*found]}) if found else None
    return Text(text, tuple(citation(item) for item in found), native=native)


def plan_text(text: str) -> Text:
    """Return a tool plan: what the model writes about the calls that it is going to make."""
    return Text(text, aside=True)


def thinking_part(text: str, origin: Origin) -> Reasoning:
    """Return reasoning. Cohere takes it back as it was."""
    return Reasoning(text, native=Native(origin, {"type": "thinking"}))


def call_part(id: str, name: str, arguments: str) -> ToolCall:
    """Return a call. "null" stands for no arguments."""
    if arguments.strip() != "null":
        return tool_call(id, name, arguments)
    call = tool_call(id, name, "")
    call.arguments_text = arguments
    return call


def whole_call(value: JsonValue, ids: CallIds) -> ToolCall:
    """Return a call that came whole. The first version of the API has its fields outside of `function`."""
    call = as_object(value)
    function = as_object(call.get("function"))
    given = function.get("arguments", call.get("parameters"))
    name = as_text(function.get("name")) or as_text(call.get("name"))
    return call_part(ids.claim(as_text(call.get("id"))), name, plain_text(given))


def citation(raw: JsonObject) -> Citation:
    """Return a citation. Its offsets count characters of the text that it belongs to."""
    source = as_object(next(iter(as_list(raw.get("sources"))), None))
    shown = as_object(source.get("document")) or as_object(source.get("tool_output"))
    return Citation(
        url=as_text(shown.get("url")) or None,
        title=as_text(shown.get("title")) or as_text(source.get("id")) or None,
        quote=as_text(shown.get("text")) or None,
        start=as_count(raw.get("start")),
        end=as_count(raw.get("end")),
        raw=raw,
    )
