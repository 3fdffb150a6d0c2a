"""What a message is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chat_core.types.call_status import (
    Approved,
    Completed,
    Failed,
    Pending,
    Rejected,
    Resolved,
    ToolStatus,
    Waiting,
)
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue, as_json
from chat_core.types.native import Native
from chat_core.types.short_repr import ShortRepr


@dataclass(frozen=True, slots=True, repr=False)
class Citation(ShortRepr):
    """A source the model names for a text, as far as the provider says: `start` and `end` are its own character offsets."""

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Text(ShortRepr):
    """Visible text. An `aside` is no part of the answer: what a model says of its work on the way, where the provider marks it."""

    text: str
    citations: tuple[Citation, ...] = ()
    aside: bool = field(default=False, kw_only=True)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["text"] = field(default="text", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Reasoning(ShortRepr):
    """What the model thought: its text or a summary, or nothing readable at all where the provider seals it in `native`."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["reasoning"] = field(default="reasoning", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Refusal(ShortRepr):
    """Why the model declines, where the provider keeps that apart from text."""

    text: str
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["refusal"] = field(default="refusal", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Structured(ShortRepr):
    """A JSON value: one to show to the model, or the model's typed output; `text` is its text as received."""

    value: JsonValue
    text: str | None = None
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["structured"] = field(default="structured", kw_only=True, repr=False)

    def as_text(self) -> str:
        """The JSON, byte for byte as it was received where it was."""
        return json.dumps(self.value, ensure_ascii=False) if self.text is None else self.text


@dataclass(frozen=True, slots=True)
class Opaque:
    """A provider's own block that this library has no word for. It is kept, and sent back to where it came from."""

    native: Native
    type: Literal["opaque"] = field(default="opaque", kw_only=True, repr=False)


_STARTS_AN_OBJECT = re.compile(r"\s*\{\s*[^\s}]")


@dataclass(slots=True, repr=False)
class ToolCall(ShortRepr):
    """One call of a tool, and what became of it: request and result are one part, so half a pair cannot be lost.

    `id` is unique in the conversation. `arguments` are the model's and never change. Where what it wrote is no JSON object they
    are empty, `arguments_text` still holds it, and the call is `Failed`. `edited` are the arguments a reviewer put in their
    place, `approved_by` is who that was. `files` are what the tool returned beside its result.
    """

    id: str
    name: str
    arguments: JsonObject = field(default_factory=dict[str, JsonValue])
    status: ToolStatus = Pending()
    edited: JsonObject | None = field(default=None, kw_only=True)
    approved_by: str | None = field(default=None, kw_only=True)
    files: tuple[File, ...] = field(default=(), kw_only=True)
    arguments_text: str | None = field(default=None, kw_only=True, repr=False)
    native: Native | None = field(default=None, kw_only=True)
    type: Literal["tool_call"] = field(default="tool_call", kw_only=True, repr=False)

    @property
    def effective_arguments(self) -> JsonObject:
        """What the tool runs with: the reviewer's edit where there is one, else the model's own."""
        return self.arguments if self.edited is None else self.edited

    @property
    def resolved(self) -> bool:
        """Whether the model can be told how it ended."""
        return isinstance(self.status, Resolved)

    @property
    def waiting(self) -> bool:
        """Whether it waits: for a person, for its time, or for word of what became of it."""
        return isinstance(self.status, Waiting)

    @property
    def failed(self) -> bool:
        """Whether what the model is told is not a result."""
        return isinstance(self.status, Failed | Rejected)

    def approve(self, arguments: Mapping[str, object] | None = None, by: str | None = None) -> None:
        """Let it run at the next `complete` or `resume`, with other `arguments` where given. On an `Unknown` call: run it again."""
        self._decide("approve")
        if arguments is not None:
            edited = as_json(dict(arguments))
            assert isinstance(edited, dict)
            self.edited = edited
        self.approved_by = by
        self.status = Approved()

    def reject(self, reason: str | None = None) -> None:
        """Do not run it; the model is told `reason`."""
        self._decide("reject")
        self.status = Rejected(reason)

    def complete(self, result: object) -> None:
        """It was done elsewhere; `result` (anything JSON can say) is what the model is told."""
        self._decide("complete")
        self.status = Completed(as_json(result))

    def outcome(self) -> str:
        """What the model is told, as text: the result (JSON unless it is text), the error or the reason."""
        match self.status:
            case Completed(result):
                return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
            case Failed(error):
                return error
            case Rejected(reason):
                return reason or "The call was declined."
            case _:
                raise ConfigurationError(
                    f"call {self.id} of {self.name} has no outcome yet: it is {self.status.type}"
                )

    def arguments_as_text(self) -> str:
        """Return the model's arguments as JSON text of an object, byte for byte as received where that is one.

        Text that is no JSON object is not sent back, since servers refuse it: the result says what was wrong.
        Arguments that came encoded twice, or behind a placeholder `{}`, are encoded once.
        """
        text = self.arguments_text
        if text is not None and self.arguments and _STARTS_AN_OBJECT.match(text):
            return text
        return json.dumps(self.arguments, ensure_ascii=False)

    def _decide(self, decision: str) -> None:
        if self.resolved or self.status.type == "running":
            raise ConfigurationError(
                f"cannot {decision} call {self.id} of {self.name}: it is already {self.status.type}"
            )


Part: TypeAlias = Text | Reasoning | Refusal | ToolCall | File | Structured | Opaque


def as_part(value: Part | str) -> Part:
    """A part; text where a plain string stands for one."""
    return Text(value) if isinstance(value, str) else value
