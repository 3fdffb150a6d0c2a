"""The parts that a message consists of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue, json_fault
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.native import Native
from chat_core.types.sealed import SealedRaw, sealable
from chat_core.types.short_repr import ShortRepr
from chat_core.types.slot_setters import slot_setters
from chat_core.types.tool_call import ToolCall as ToolCall  # here too: it is one of the parts


@dataclass(frozen=True, slots=True, repr=False)
class Citation(ShortRepr, SealedRaw):
    """A source that the model names for a text. `start` and `end` are the provider's character offsets."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


sealable(Citation)


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Text(ShortRepr):
    """Visible text.

    An `aside` is no part of the response proper: what a model writes about its work on the way, where the
    provider marks it. Raises `ConfigurationError` for anything but a `str`.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    aside: bool = field(default=False, kw_only=True)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["text"] = field(default="text", kw_only=True, repr=False)

    def __init__(
        self,
        text: str,
        citations: tuple[Citation, ...] = (),
        *,
        aside: bool = False,
        native: Native | None = None,
        type: Literal["text"] = "text",
    ) -> None:
        _set_text(self, text)
        _set_citations(self, citations)
        _set_aside(self, aside)
        _set_native(self, native)
        _set_type(self, type)
        if text.__class__ is not str:
            self.__post_init__()

    def __post_init__(self) -> None:
        if not is_a(self.text, str):
            raise ConfigurationError(
                f"Text(text) takes a text, not {kind_of(self.text)}: {_as_text(self.text)}"
            )


_set_text, _set_citations, _set_aside, _set_native, _set_type = slot_setters(Text)


@dataclass(frozen=True, slots=True, repr=False)
class Reasoning(ShortRepr):
    """The model's reasoning: its text or a summary; empty where the provider seals it in `native`."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["reasoning"] = field(default="reasoning", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Refusal(ShortRepr):
    """The model's reason to decline, where the provider keeps that apart from text."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["refusal"] = field(default="refusal", kw_only=True, repr=False)


class _ReadLater:
    """The value of a text that is known to hold JSON, read when it is first wanted."""

    __slots__ = ("_read",)

    if not TYPE_CHECKING:  # a checker that saw this would take any name

        def __getattr__(self, name: str) -> JsonValue:  # called for what has not been set
            if name != "value":
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            value = self._read(self.text)
            object.__setattr__(self, "value", value)
            return value


@dataclass(frozen=True, slots=True, repr=False)
class Structured(ShortRepr, _ReadLater):
    """A JSON value: one to show to the model, or the model's typed output; `text` is its text as received.

    Raises `ConfigurationError` for a value that cannot be JSON.
    """

    value: JsonValue
    text: str | None = None
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["structured"] = field(default="structured", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if self.text is None and not _can_be_written(self.value):
            from chat_core.types.plain_json import as_json  # here: most values are JSON already

            try:
                object.__setattr__(self, "value", as_json(self.value))
            except ValueError as exc:
                raise ConfigurationError(f"Structured(value) cannot be JSON: {exc}") from exc

    def as_text(self) -> str:
        """Return the JSON, byte for byte as it was received where it was."""
        return json.dumps(self.value, ensure_ascii=False) if self.text is None else self.text


def structured_text(text: str, native: Native | None, read: Callable[[str], JsonValue]) -> Structured:
    """Return a text in which JSON without faults has been found; `read` gives the `value`, with its first
    use.
    """
    part = object.__new__(Structured)
    for name, given in (("text", text), ("native", native), ("type", "structured"), ("_read", read)):
        object.__setattr__(part, name, given)
    return part


@dataclass(frozen=True, slots=True)
class Opaque:
    """A provider's own block that this library has no type for.

    It is stored, and sent back to where it came from.
    """

    native: Native
    type: Literal["opaque"] = field(default="opaque", kw_only=True, repr=False)


Part: TypeAlias = Text | Reasoning | Refusal | ToolCall | File | Structured | Opaque


PARTS = frozenset((Text, Reasoning, Refusal, ToolCall, File, Structured, Opaque))


def as_part(value: Part | str) -> Part:
    """Return the part; `Text` for a plain string. Raises `ConfigurationError` for anything else."""
    if isinstance(value, str):
        return Text(value)
    if type(value) in PARTS or is_a(value, *PARTS):
        return value
    raise ConfigurationError(
        f"a part is a text, a File or another part, not {kind_of(value)}: {_instead(value)}"
    )


def as_parts(values: object) -> list[Part]:
    """Return the parts of a message, strings as `Text`. Raises `ConfigurationError` for anything else."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ConfigurationError(
            f"Message(role, parts) takes a list of parts, not {kind_of(values)}: "
            "Messages.from_user(...) takes them one by one"
        )
    return [as_part(cast("Part | str", value)) for value in cast("Iterable[object]", values)]


def _instead(value: object) -> str:
    match value:
        case bytes() | bytearray() | memoryview():
            return 'write File.from_bytes(data, "image/png")'
        case PurePath():
            return "write File.from_path(path)"
        case {"role": str()}:
            return "write messages_from_dicts([...]) for dictionaries with role and content"
        case dict():
            return "write Structured(value) for JSON that the model reads"
        case list() | tuple():
            return "pass the parts one by one, from_user(*parts)"
        case None:
            return "leave it out"
        case _ if hasattr(value, "parts") or hasattr(value, "message"):
            return "write messages.append(message)"
        case _:
            return "write str(value)"


def _can_be_written(value: JsonValue) -> bool:
    """Whether a value that the application made is JSON already, with numbers and texts that UTF-8 and JSON
    can hold.
    """
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return json_fault(value) is None


def _as_text(value: object) -> str:
    match value:
        case bytes() | bytearray():
            return "write Text(data.decode())"
        case None:
            return "leave it out"
        case _ if hasattr(value, "text"):
            return "write Text(value.text)"
        case _:
            return "write Text(str(value))"
