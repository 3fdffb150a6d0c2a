"""Tool calls of a model's turn, with ids and names as the server takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from chat_core import JsonObject, Origin, ToolCall
from chat_core.types.json_values import as_object, as_text
from chat_core.types.native import sent_data
from chat_core.types.sealed import peek
from chat_core.wire import free_wire_id, wire_id, wire_name

from chat_completions.dialect import Dialect
from chat_completions.wire import CustomCall, FunctionCall

_NINE = re.compile("[A-Za-z0-9]{9}")
_PRINTABLE = re.compile("[!-~]{1,64}")
_OURS = frozenset({"id", "type", "function", "custom", "message", "index"})


def encode_calls(
    calls: Sequence[ToolCall], origin: Origin, dialect: Dialect
) -> list[FunctionCall | CustomCall]:
    """Return the calls of one turn as they go back, with the fields of their own that this server sent with
    them.
    """
    ids = call_ids(calls, origin, dialect)
    encoded = [_encode_call(call, id, origin) for id, call in zip(ids, calls, strict=True)]
    if dialect.fields.numbers_calls:
        for index, call in enumerate(encoded):
            call["index"] = index
    return encoded


def _encode_call(call: ToolCall, id: str, origin: Origin) -> FunctionCall | CustomCall:
    data = sent_data(call.native, origin) or {}
    name = wire_name(call.name)
    if data.get("type") == "custom":
        return {
            "id": id,
            "type": "custom",
            "custom": {"name": name, "input": as_text(peek(call).get("input"))},
        }
    function: JsonObject = {
        **as_object(data.get("function")),
        "name": name,
        "arguments": call.arguments_as_text(),
    }
    fields = {key: value for key, value in data.items() if key not in _OURS}
    return cast("FunctionCall", {**fields, "id": id, "type": "function", "function": function})


def call_ids(calls: Sequence[ToolCall], origin: Origin, dialect: Dialect) -> list[str]:
    """Return the ids of a turn's calls as the server takes them, in order, each one different."""
    taken: set[str] = set()
    return [free_wire_id(_call_id(call, origin, dialect), wire_id(call.id), taken) for call in calls]


def _call_id(call: ToolCall, origin: Origin, dialect: Dialect) -> str:
    """Return the id of a call as the server takes it: its own where it gave an odd one, else mapped where it
    does not fit.
    """
    if dialect.fields.call_ids == "nine":
        return wire_id(call.id, _NINE, length=9, prefix="")
    data = sent_data(call.native, origin) or {}
    given = as_text(data.get("id"))  # some templates read their own form of id, such as functions.add:0
    return given if _PRINTABLE.fullmatch(given) else wire_id(call.id)
