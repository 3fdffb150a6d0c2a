"""The fields of a tool call that this library has no name for: kept with the call, and sent back with it.

A model behind Ollama's cloud may want something back with its call, such as a signature.
"""

from __future__ import annotations

from dataclasses import replace

from chat_core import JsonObject, Native, Origin
from chat_core.types.json_values import as_object

_KNOWN_OF_CALL = frozenset({"id", "type", "function", "index"})
_KNOWN_OF_FUNCTION = frozenset({"id", "index", "name", "arguments", "description"})


def keep_fields(call: JsonObject, origin: Origin) -> Native | None:
    """Return the unknown fields of a received call as native data, or None where there are none."""
    function = call.get("function")
    if not isinstance(function, dict):  # a server that leaves the envelope out: its fields are the call's own
        return None
    of_call = {name: value for name, value in call.items() if name not in _KNOWN_OF_CALL}
    of_function = {name: value for name, value in function.items() if name not in _KNOWN_OF_FUNCTION}
    if not of_call and not of_function:
        return None
    return Native(_tag(origin), {"call": of_call, "function": of_function})


def fields_to_send(native: Native | None, origin: Origin) -> tuple[JsonObject, JsonObject]:
    """Return the unknown fields of a call and of its function, as far as they came from `origin`."""
    data = native.for_(_tag(origin)) if native else None
    if not data:
        return {}, {}
    return as_object(data.get("call")), as_object(data.get("function"))


def _tag(origin: Origin) -> Origin:
    """Return the tag of data that only this API can read: `/v1` of the same server keeps other fields."""
    return replace(origin, provider=f"{origin.provider}-native")
