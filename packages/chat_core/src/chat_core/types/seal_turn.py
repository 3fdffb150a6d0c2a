"""What a server has sent is sealed as soon as it is decoded, before anybody else has a reference to it."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core.types.arguments_text import seal_arguments
from chat_core.types.files import File
from chat_core.types.message import Message
from chat_core.types.parts import Text, ToolCall
from chat_core.types.received_numbers import cleared_copy
from chat_core.types.sealed import SealedJson, peek, seal, was_sealed


def seal_turn(message: Message) -> Message:
    """Seal a turn that a decoder has just made, and return it: what is not read need not be compared before
    each request.

    Nothing of it may have been given to an application; files are left as they are, since their events come
    before the end of a turn. The raw response and the turn have no JSON in common from now on. Numbers that
    JSON cannot hold become null, as `clear_numbers` has it.
    """
    try:
        for owner in _json_of(message):
            seal(owner, cleared_copy(peek(owner)))
        for part in message.parts:
            if isinstance(part, ToolCall):
                seal_arguments(part)
    except RecursionError:  # nested too deeply: it is compared, as what applications make
        return message
    seal(message, tuple(message.parts))
    return message


def seal_restored(message: Message) -> None:
    """Seal a message that was just read from JSON text, without a copy: nothing else has a part of it."""
    for owner in _json_of(message):
        seal(owner, peek(owner))
    for part in message.parts:
        if isinstance(part, ToolCall):
            seal(part, peek(part))
    seal(message, tuple(message.parts))


def _json_of(message: Message) -> Iterator[SealedJson]:
    """Yield what has JSON to be sealed; each once, though more than one part may have it."""
    if message.turn is not None and peek(message.turn.usage):  # an empty one may be that of other turns too
        yield from _unsealed(message.turn.usage)
    for part in message.parts:
        if part.native is not None and not isinstance(part, File):
            yield from _unsealed(part.native)
        if type(part) is Text:
            for citation in part.citations:
                yield from _unsealed(citation)


def _unsealed(owner: SealedJson) -> Iterator[SealedJson]:
    if not was_sealed(owner):
        yield owner
