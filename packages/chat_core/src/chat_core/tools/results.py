"""The result of a tool, taken into the conversation: JSON for the model, and the files that come with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from chat_core.types.files import File
from chat_core.types.json_values import JsonValue
from chat_core.types.parts import Opaque, Structured, Text
from chat_core.types.plain_json import plain_json


def take_result(result: object) -> tuple[JsonValue, tuple[File, ...]]:
    """Return a tool's result as JSON, and the files in it, at any depth, in order.

    A file inside a value leaves a text with its number there. Text and structured parts become their content,
    a provider's block its JSON. Raises `ValueError` for what contains itself or is nested too deeply.
    """
    taker = _Taker()
    items = _items(result)
    if items is None:
        value = taker.of(result)
        return (f"{len(taker.files)} file(s)" if isinstance(result, File) else value), tuple(taker.files)
    rest = [value for item in items for value in [taker.of(item)] if not isinstance(item, File)]
    if not any(isinstance(item, File) for item in items):
        return rest, tuple(taker.files)
    only = rest[0] if len(rest) == 1 else rest
    return only if rest else f"{len(taker.files)} file(s)", tuple(taker.files)


def _items(result: object) -> Sequence[object] | None:
    """Return the items of a list or tuple; None for anything else, a tuple with named fields included."""
    if isinstance(result, list):
        return cast("list[object]", result)
    if isinstance(result, tuple) and not hasattr(type(cast("object", result)), "_fields"):
        return cast("tuple[object, ...]", result)
    return None


class _Taker:
    def __init__(self) -> None:
        self.files: list[File] = []

    def of(self, value: object) -> JsonValue:
        return plain_json(value, self._replace)

    def _replace(self, value: object) -> JsonValue:
        match value:
            case File():
                self.files.append(value)
                return f"(file {len(self.files)}: {value.name or value.mimetype or value.kind})"
            case Text(text=text):
                return text
            case Structured(value=inner):
                return plain_json(inner)
            case Opaque(native=native):
                return plain_json(native.data)
            case _:
                return None
