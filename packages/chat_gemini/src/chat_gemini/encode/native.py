"""What a part of a history carries of the wire's own: what goes back with it, and what does not fit."""

from __future__ import annotations

from typing import cast

from chat_core import JsonObject, Native, Origin
from chat_core.types.json_values import as_text
from chat_core.types.native import sent_data

from chat_gemini.encode.text import sendable_object
from chat_gemini.wire import DATA_FIELDS, SIGNATURE, SentPart


def siblings(native: Native | None, origin: Origin) -> JsonObject:
    """Return what stood beside a part's data, where the part comes from `origin`; else nothing.

    Stored conversations may have been changed by others: fields of a wrong type, and a second field of data,
    are left out.
    """
    own = sent_data(native, origin)
    if not own:
        return {}
    return {name: value for name, value in sendable_object(own).items() if _fits_beside(name, value)}


def with_siblings(part: SentPart, beside: JsonObject) -> SentPart:
    """Return the part with what stood beside its data when it was received."""
    return cast("SentPart", {**part, **beside})


def block(native: Native, origin: Origin) -> SentPart | None:
    """Return a native block as it was received, or None where it is not from `origin` or is no part of this
    wire.
    """
    own = sendable_object(sent_data(native, origin) or {})
    data = [name for name in own if name in DATA_FIELDS]
    if len(data) > 1 or not all(_fits(name, value) for name, value in own.items()):
        return None
    has_data = data or any(
        isinstance(value, dict) for value in own.values()
    )  # data of a kind that is yet unknown
    return (
        cast("SentPart", own) if has_data and data not in (["functionCall"], ["functionResponse"]) else None
    )


def call_extras(native: Native | None, origin: Origin) -> JsonObject:
    """Return the fields inside a received `functionCall` that this library has no word for."""
    own = sent_data(native, origin) or {}
    extras = own.get("functionCall")
    return sendable_object(extras) if isinstance(extras, dict) else {}


def is_signed(part: SentPart | JsonObject) -> bool:
    """Return whether a part has a thought signature."""
    return bool(as_text(cast("JsonObject", part).get(SIGNATURE)))


def _fits_beside(name: str, value: object) -> bool:
    return name not in DATA_FIELDS and name != "id" and _fits(name, value)


def _fits(name: str, value: object) -> bool:
    """Return whether a field has the type that the wire wants; of unknown fields nothing is known."""
    if name == "thought":
        return isinstance(value, bool)
    if name in (SIGNATURE, "text"):
        return isinstance(value, str)
    return name not in DATA_FIELDS or isinstance(value, dict)
