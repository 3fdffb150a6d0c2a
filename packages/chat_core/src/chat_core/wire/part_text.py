"""The text of a part, and what an encoder does with a part that has no place on its wire."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from chat_core.types.cache_points import point_of
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.messages import Role
from chat_core.types.native import Native
from chat_core.types.parts import Part, Structured, Text
from chat_core.types.response import Notice

NO_CACHE_POINTS = Notice(
    "cache_point", "a cache point had no effect: this model, this server or this place has none"
)
UNMARKED_POINT = Notice("cache_point", "a cache point without a part before it in its message had no effect")
TextPart: TypeAlias = Text | Structured

_ROLE_HOLDS = {
    "system": "a system message holds text and structured values",
    "user": "a user's message holds text, files and structured values",
    "model": "a model's message holds what a model sends",
}


def part_text(part: TextPart) -> str:
    """Return the text of a text part; of a structured value its JSON, as received where it was received."""
    return part.text if isinstance(part, Text) else part.as_text()


def text_of(part: Part, role: Role = "system") -> str:
    """Return the text of a part of a message that holds text only.

    Raises `ConfigurationError` for other parts.
    """
    if isinstance(part, Text | Structured):
        return part_text(part)
    raise misplaced(part, role)


def joined_text(parts: Iterable[Part], role: Role = "system") -> str:
    """Return the texts of a message that holds text only, as paragraphs. Raises `ConfigurationError`."""
    return "\n\n".join(text for part in parts if (text := text_of(part, role)))


def misplaced(part: Part, role: Role) -> ConfigurationError:
    """Return the error for a part that a message of this role cannot hold."""
    return ConfigurationError(f"{_ROLE_HOLDS[role]}, not {type(part).__name__}")


def foreign_block(native: Native) -> Notice:
    """Return the notice for a native block that only another provider, endpoint or model can read, and for a
    cache point where there are none.
    """
    if point_of(native) is not None:
        return NO_CACHE_POINTS
    origin = native.origin
    return Notice("messages", f"a block that only {origin.provider} ({origin.model}) can read was not sent")


def dropped_points(count: int, most: int) -> Notice:
    """Return the notice for cache points beyond those that a server takes."""
    return Notice("cache_point", f"{count} cache points were left out: a request has {most} at most")


def generated_file(file: File) -> Notice:
    """Return the notice for a file that a model made and that the wire does not take back."""
    return Notice("messages", f"a generated {file.kind} was not sent back: this wire has no place for it")


def unsent_file(file: File, why: object) -> tuple[Text, Notice]:
    """Return the text that stands for a file from a tool's result which the wire cannot carry, and the
    notice.

    A tool's result must never stop a conversation, so such a file is described instead of refused.
    """
    described = f"{file.kind} {file.name!r}" if file.name else f"{file.kind}"
    kind = f" of type {file.mimetype}" if file.mimetype else ""
    text = Text(f"(The tool returned a file, {described}{kind}, which cannot be shown here.)")
    return text, Notice("messages", f"a file that a tool returned was not sent: {why}")


def results_heading(name: str, call_id: str) -> str:
    """Return the words that introduce files of a tool's result where the wire sends them as the user's."""
    return f"What {name} returned for call {call_id}:"
