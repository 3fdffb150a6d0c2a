"""Whether the text of a call's arguments, as it was received, is JSON of just these arguments."""

from __future__ import annotations

import marshal
import re
from typing import NamedTuple

from chat_core.types.attached import Attached
from chat_core.types.json_values import JsonObject, read_json
from chat_core.types.sealed import copied, is_sealed, peek, seal, was_sealed

_STARTS_AN_OBJECT = re.compile(r"\s*\{\s*[^\s}]")


class Compared(NamedTuple):
    """A text, arguments (as bytes, unless they are sealed), and whether the text is JSON of them."""

    text: str
    arguments: JsonObject | bytes
    is_same: bool


def are_written_as(call: Attached, text: str) -> bool:
    """Return whether the text is JSON of the arguments. It is parsed once, as long as both are the same."""
    arguments = peek(call)
    form = arguments if is_sealed(call) else _bytes(arguments)
    compared: Compared | None = getattr(call, "_compared", None)
    if (
        compared is not None
        and compared.text is text
        and (compared.arguments is form if form is arguments else compared.arguments == form)
    ):
        return compared.is_same
    is_same = _is_json_of(text, arguments)
    if form is not None:
        object.__setattr__(call, "_compared", Compared(text, form, is_same))
    return is_same


def mark_as_read(call: Attached, text: str) -> None:
    """Note that the arguments of a call were just read from this text: sending it need not parse it again."""
    if (form := _bytes(peek(call))) is not None:
        # one that was encoded twice, or stands behind a placeholder, does not match
        is_object = _STARTS_AN_OBJECT.match(text) is not None
        object.__setattr__(call, "_compared", Compared(text, form, is_object))


def seal_arguments(call: Attached) -> None:
    """Seal the arguments of a call that a decoder has just made."""
    if was_sealed(call):
        return
    sealed = copied(peek(call))
    seal(call, sealed)
    compared: Compared | None = getattr(call, "_compared", None)
    if compared is not None:
        object.__setattr__(call, "_compared", compared._replace(arguments=sealed))


def _bytes(arguments: JsonObject) -> bytes | None:
    """Return bytes that are others as soon as anything in the arguments is; None for what is no JSON."""
    try:
        return marshal.dumps(arguments, 2)
    except ValueError:
        return None


def _is_json_of(text: str, arguments: JsonObject) -> bool:
    if not _STARTS_AN_OBJECT.match(text):
        return False
    try:
        return read_json(text) == arguments
    except ValueError:
        return False
