"""A message for whoever only writes it down: what is sealed in it stays so."""

from __future__ import annotations

from operator import is_
from typing import TypeVar, cast

from chat_core.types.message import Message, parts_of
from chat_core.types.parts import Part, Text, ToolCall
from chat_core.types.sealed import Sealed, is_sealed, peek

T = TypeVar("T")


def written_form(message: Message) -> Message:
    """Return a message of the same fields, of which nothing is sealed: itself, where nothing is.

    It has the values that are sealed in the message itself: it must neither be changed nor given to an
    application.
    """
    turn = message.turn
    if turn is not None and is_sealed(turn.usage):
        turn = _with(turn, usage=_opened(turn.usage))
    given = parts_of(message)
    parts = [_written_part(part) for part in given]
    if turn is message.turn and not is_sealed(message) and all(map(is_, parts, given)):
        return message
    return _with(message, parts=parts, turn=turn)


def _written_part(part: Part) -> Part:
    changed: dict[str, object] = {}
    if (native := part.native) is not None and is_sealed(native):
        changed["native"] = _opened(native)
    if isinstance(part, Text) and any(map(is_sealed, part.citations)):
        changed["citations"] = tuple(map(_opened, part.citations))
    if isinstance(part, ToolCall) and is_sealed(part):
        changed["arguments"] = peek(part)
    return _with(part, **changed) if changed else part


def _opened(owner: T) -> T:
    sealed = cast("Sealed[object]", owner)
    return _with(owner, **{sealed.SEALED: peek(sealed)}) if is_sealed(sealed) else owner


def _with(source: T, **changed: object) -> T:
    """Return a copy with other values of some fields, without any check."""
    made = object.__new__(type(source))
    for name in getattr(source, "__dataclass_fields__"):  # noqa: B009  no type checker knows that T has them
        object.__setattr__(made, name, changed[name] if name in changed else getattr(source, name))
    return made
