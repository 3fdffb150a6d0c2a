"""The events of a stream.

Chunks are values like the rest, but not frozen: it would double the time that it takes to make one, and one
is made per event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeAlias

from typing_extensions import TypeVar

from chat_core.types.files import File
from chat_core.types.json_values import JsonValue
from chat_core.types.parts import ToolCall
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import ShortRepr

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)


@dataclass(slots=True, repr=False)
class TextChunk(ShortRepr):
    """Visible text; all of them joined are `response.text`. `Text` explains what an `aside` is."""

    text: str
    aside: bool = field(default=False, kw_only=True)


@dataclass(slots=True)
class ReasoningChunk:
    """Readable reasoning; all of them joined are `response.reasoning`."""

    text: str


@dataclass(slots=True)
class RefusalChunk:
    """Why the model declines; all of them joined are `response.refusal`."""

    text: str


@dataclass(slots=True)
class ToolCallChunk:
    """More of a call's arguments, as text. For showing only: nothing runs on it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A call is whole."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A call is resolved."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """What a running tool yields on its way, as JSON.

    It is for showing only: it is neither stored nor sent.
    """

    call: ToolCall
    value: JsonValue


@dataclass(frozen=True, slots=True)
class FileReady:
    """A generated file; `file.preview` marks an unfinished one, which is not in the response."""

    file: File


@dataclass(frozen=True, slots=True)
class StructuredChunk:
    """The typed output as far as it has come: JSON, not validated, its last string perhaps unfinished."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class Done(Generic[R_co]):
    """The end, and all of it."""

    response: R_co


TurnEvent: TypeAlias = TextChunk | ReasoningChunk | RefusalChunk | ToolCallChunk | FileReady | Done
