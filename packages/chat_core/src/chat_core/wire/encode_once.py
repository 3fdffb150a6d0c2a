"""What an encoder has made of a message, a tool or an output type, made again only when that has changed.

A conversation is sent whole with each of its turns, and nearly all of it is as it was. What can change in
place is compared each time: the parts by identity, since they are frozen; a call by identity and by how often
a field of it was set; and JSON, which anybody may change in place, by its bytes.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from operator import is_
from typing import NamedTuple, TypeAlias, TypeVar, cast

from chat_core.types.call_changes import changes_of
from chat_core.types.call_status import Completed
from chat_core.types.files import File
from chat_core.types.memo import keep_memo, memo_of
from chat_core.types.message import Message, parts_of
from chat_core.types.parts import Part, Structured, Text
from chat_core.types.request import OutputSchema, ToolDefinition
from chat_core.types.sealed import peek
from chat_core.types.tool_call import ToolCall

T = TypeVar("T")
Source: TypeAlias = Message | ToolDefinition | OutputSchema

_MOST = 4  # wires of which a value keeps its form
_LARGE = 1 << 20  # bytes of a file, whose form in base64 is not kept beside it


def encoded_once(source: Source, key: tuple[object, ...], encode: Callable[[], T]) -> T:
    """Return what `encode` makes of `source`, from the last time where nothing of it has changed since.

    `key` names the encoder, and holds all that it goes by beside `source`: origin, dialect and so on. What
    `encode` returns must not be changed afterwards.
    """
    state = _state(source)
    if state is None:
        return encode()
    kept = cast("tuple[_Kept, ...]", memo_of(source))
    parts, data = state
    for one in kept:
        if one.key == key:
            if one.data == data and len(one.parts) == len(parts) and all(map(is_, one.parts, parts)):
                return cast("T", one.value)
            break
    value = encode()
    others = [one for one in kept if one.key != key]
    keep_memo(source, (_Kept(key, parts, data, value), *others[: _MOST - 1]))
    return value


class _Kept(NamedTuple):
    """What was made of a value, for whom, and what was compared: frozen objects, and bytes of what may
    change.
    """

    key: tuple[object, ...]
    parts: list[object]
    data: bytes
    value: object


def _state(source: Source) -> tuple[list[object], bytes] | None:
    """Return what of a value is compared; None where it is large, or has JSON in it that is none."""
    parts: list[object] = []
    data: list[object] = []
    if isinstance(source, Message):
        parts = [source.role, source.turn, source.interrupted, *parts_of(source)]
        if not _add_parts(parts_of(source), data):
            return None
    else:
        data.append(source.parameters if isinstance(source, ToolDefinition) else source.schema)
    try:
        return parts, marshal.dumps(data, 2) if data else b""  # 2: later versions write references too
    except ValueError:
        return None


def _add_parts(parts: Iterable[Part], data: list[object]) -> bool:
    """Add what may have changed in parts. Return whether their form is to be kept."""
    for part in parts:
        if (native := part.native) is not None:
            data.append(peek(native))
        kind = type(part)
        if kind is Text:
            if citations := cast("Text", part).citations:
                data += map(peek, citations)
        elif isinstance(part, ToolCall):
            status = part.status
            result = status.result if isinstance(status, Completed) else None
            data += changes_of(part), peek(part), part.edited, result
            if part.files and not _add_parts(part.files, data):
                return False
        elif isinstance(part, Structured):
            data.append(part.value if part.text is None else part.text)  # what of it is sent
        elif isinstance(part, File) and part.data is not None and len(part.data) > _LARGE:
            return False
    return True
