"""The JSON form of the events of a stream, for a browser or another process.

It holds what a user interface shows and decides on. What only the conversation needs stays in it: native
data, seals, the keys of calls, the bytes of files that were sent before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from chat_core.types.json_values import JsonObject, JsonValue

if TYPE_CHECKING:
    from chat_core.types.files import File
    from chat_core.types.response import ChatResponse
    from chat_core.types.tool_call import ToolCall
    from chat_core.types.usage import Usage


class JsonEvent:
    """What every event can do."""

    __slots__ = ()
    _json_type: ClassVar[str]

    def to_json(self) -> str:
        """Return the event as one line of JSON, in ASCII: an object whose `type` names the event.

        docs/schema/events.json is its schema. There is no way back: what is stored is `Messages.to_json()`.
        """
        return json.dumps({"type": self._json_type, **self._json_fields()}, separators=(",", ":"))

    def _json_fields(self) -> Mapping[str, JsonValue]:
        """Return the fields beside `type`."""
        raise NotImplementedError


def call_json(call: ToolCall) -> JsonObject:
    """Return a call as a user interface shows it. `digest` is what a `Decision` about it may name."""
    from chat_core.types.plain_json import as_json

    return {
        "id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "edited": call.edited,
        "status": as_json(call.status),
        "note": call.note,
        "input_request": _input_request_json(call),
        "approved_by": call.approved_by,
        "expires": None if call.expires is None else call.expires.isoformat(),
        "digest": call.digest,
        "files": [file_json(file) for file in call.files],
    }


def _input_request_json(call: ToolCall) -> JsonValue:
    """Return what a tool wants of a person, without the tool's own state."""
    request = call.input_request
    if request is None:
        return None
    return {"message": request.message, "schema": request.schema, "values": request.values}


def file_json(file: File, *, with_data: bool = False) -> JsonObject:
    """Return a file; `data` is its bytes in base64, where they are wanted and there are any."""
    return {
        "mimetype": file.mimetype,
        "name": file.name,
        "url": file.url,
        "id": file.id,
        "size": None if file.data is None else len(file.data),
        "data": file.base64() if with_data and file.data is not None else None,
        "transcript": file.transcript,
        "preview": file.preview,
    }


def response_json(response: ChatResponse) -> JsonObject:
    """Return a whole turn. `value` is there for a typed one only."""
    from chat_core.types.parts import Text
    from chat_core.types.plain_json import as_json
    from chat_core.types.response import StructuredResponse

    texts = (part for part in response.message.parts if isinstance(part, Text))
    whole: JsonObject = {
        "text": response.text,
        "reasoning": response.reasoning,
        "refusal": response.refusal,
        "calls": [call_json(call) for call in response.tool_calls],
        "files": [file_json(file) for file in response.files],
        "citations": [
            {"url": each.url, "title": each.title, "quote": each.quote, "start": each.start, "end": each.end}
            for text in texts
            for each in text.citations
        ],
        "finish_reason": response.finish_reason,
        "raw_finish_reason": response.raw_finish_reason,
        "usage": _usage_json(response.usage),
        "total_usage": _usage_json(response.total_usage),
        "cost": None if response.cost is None else str(response.cost),
        "model": response.model,
        "id": response.id,
        "notices": [{"about": notice.about, "message": notice.message} for notice in response.notices],
    }
    if isinstance(response, StructuredResponse):
        whole["value"] = as_json(cast("StructuredResponse[object]", response).value)
    return whole


def _usage_json(usage: Usage) -> JsonObject:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "total_tokens": usage.total_tokens,
    }
