"""The events of a stream.

Chunks are values like the rest, but not frozen: it would double the time that it takes to make one, and one
is made per event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeAlias

from typing_extensions import TypeVar

from chat_core.types.files import File
from chat_core.types.json_event import JsonEvent, call_json, file_json, response_json
from chat_core.types.json_values import JsonValue
from chat_core.types.parts import ToolCall
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import ShortRepr

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)


@dataclass(slots=True, repr=False)
class TextChunk(ShortRepr, JsonEvent):
    """Visible text; all of them joined are `response.text`. `Text` explains what an `aside` is."""

    _json_type: ClassVar[str] = "text_chunk"
    text: str
    aside: bool = field(default=False, kw_only=True)

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"text": self.text, "aside": self.aside}


@dataclass(slots=True, repr=False)
class ReasoningChunk(ShortRepr, JsonEvent):
    """Readable reasoning; all of them joined are `response.reasoning`."""

    _json_type: ClassVar[str] = "reasoning_chunk"
    text: str

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"text": self.text}


@dataclass(slots=True, repr=False)
class RefusalChunk(ShortRepr, JsonEvent):
    """Why the model declines; all of them joined are `response.refusal`."""

    _json_type: ClassVar[str] = "refusal_chunk"
    text: str

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"text": self.text}


@dataclass(slots=True, repr=False)
class ToolCallChunk(ShortRepr, JsonEvent):
    """More of a call's arguments, as text. For showing only: nothing runs on it."""

    _json_type: ClassVar[str] = "tool_call_chunk"
    id: str
    name: str
    arguments: str

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"id": self.id, "name": self.name, "arguments": self.arguments}


@dataclass(frozen=True, slots=True, repr=False)
class ToolCalled(ShortRepr, JsonEvent):
    """A call is whole."""

    _json_type: ClassVar[str] = "tool_called"
    call: ToolCall

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"call": call_json(self.call)}


@dataclass(frozen=True, slots=True, repr=False)
class ToolResult(ShortRepr, JsonEvent):
    """A call is resolved."""

    _json_type: ClassVar[str] = "tool_result"
    call: ToolCall

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"call": call_json(self.call)}


@dataclass(frozen=True, slots=True, repr=False)
class ToolProgress(ShortRepr, JsonEvent):
    """What a running tool yields on its way, as JSON.

    It is for showing only: it is neither stored nor sent.
    """

    _json_type: ClassVar[str] = "tool_progress"
    call: ToolCall
    value: JsonValue

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"call": call_json(self.call), "value": self.value}


@dataclass(frozen=True, slots=True, repr=False)
class FileReady(ShortRepr, JsonEvent):
    """A generated file; `file.preview` marks an unfinished one, which is not in the response."""

    _json_type: ClassVar[str] = "file_ready"
    file: File

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"file": file_json(self.file, with_data=True)}


@dataclass(frozen=True, slots=True, repr=False)
class StructuredChunk(ShortRepr, JsonEvent):
    """The typed output as far as it has come: JSON, not validated, its last string perhaps unfinished.

    None says that the value begins anew, and the text with it: what came did not fit, and the model answers
    again.
    """

    _json_type: ClassVar[str] = "structured_chunk"
    value: JsonValue

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"value": self.value}


@dataclass(frozen=True, slots=True, repr=False)
class InputDelivered(ShortRepr, JsonEvent):
    """What was sent while the model answered is in the conversation; what follows answers it.

    `ids` are those of the inputs, in order; each is a user's message at the end of the conversation.
    `interrupted` says that a turn was cut off for them: what was shown of it is all that there is.
    """

    _json_type: ClassVar[str] = "input_delivered"
    ids: tuple[str, ...]
    interrupted: bool = False

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"ids": list(self.ids), "interrupted": self.interrupted}


@dataclass(frozen=True, slots=True, repr=False)
class Done(ShortRepr, JsonEvent, Generic[R_co]):
    """The end, and all of it."""

    _json_type: ClassVar[str] = "done"
    response: R_co

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"response": response_json(self.response)}


TurnEvent: TypeAlias = TextChunk | ReasoningChunk | RefusalChunk | ToolCallChunk | FileReady | Done
