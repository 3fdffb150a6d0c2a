"""The JSON of events as types: for checkers, and for the schema in docs/schema/events.json."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypeAlias, cast

from typing_extensions import TypedDict

from chat_core.types.json_values import JsonObject, JsonValue


class FileJson(TypedDict):
    """A file; `data` is base64, and there in `file_ready` only. `size` is in bytes."""

    mimetype: str | None
    name: str | None
    url: str | None
    id: str | None
    size: int | None
    data: str | None
    transcript: str | None
    preview: bool


class StatusJson(TypedDict):
    """What became of a call; which of the other fields are there follows from `type`."""

    type: Literal[
        "pending",
        "awaiting_approval",
        "awaiting_result",
        "scheduled",
        "approved",
        "running",
        "unknown",
        "completed",
        "failed",
        "rejected",
    ]
    note: NotRequired[str | None]
    until: NotRequired[str]
    result: NotRequired[JsonValue]
    error: NotRequired[str]
    reason: NotRequired[str | None]


class InputRequestJson(TypedDict):
    """What a tool wants of a person; `schema` is the JSON schema of the values, `values` what was given."""

    message: str
    schema: JsonObject | None
    values: JsonObject | None


class CallJson(TypedDict):
    """A tool call. `digest` is what a decision may name, `note` why it waits; `expires` is in ISO 8601."""

    id: str
    name: str
    arguments: JsonObject
    edited: JsonObject | None
    status: StatusJson
    note: str | None
    input_request: InputRequestJson | None
    approved_by: str | None
    expires: str | None
    digest: str
    files: list[FileJson]


class UsageJson(TypedDict):
    """Tokens; null where the provider sent no number."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    total_tokens: int | None


class CitationJson(TypedDict):
    """A source that the model names."""

    url: str | None
    title: str | None
    quote: str | None
    start: int | None
    end: int | None


class NoticeJson(TypedDict):
    """Something that was done otherwise than the request wanted."""

    about: str
    message: str


class ResponseJson(TypedDict):
    """A whole turn; `value` is there for a typed one only."""

    text: str
    reasoning: str
    refusal: str | None
    calls: list[CallJson]
    files: list[FileJson]
    citations: list[CitationJson]
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "refusal", "other"]
    raw_finish_reason: str | None
    usage: UsageJson
    total_usage: UsageJson
    cost: str | None
    model: str | None
    id: str | None
    notices: list[NoticeJson]
    value: NotRequired[JsonValue]


class TextChunkJson(TypedDict):
    type: Literal["text_chunk"]
    text: str
    aside: bool


class WordsChunkJson(TypedDict):
    type: Literal["reasoning_chunk", "refusal_chunk"]
    text: str


class ToolCallChunkJson(TypedDict):
    type: Literal["tool_call_chunk"]
    id: str
    name: str
    arguments: str


class CallEventJson(TypedDict):
    type: Literal["tool_called", "tool_result"]
    call: CallJson


class ToolProgressJson(TypedDict):
    type: Literal["tool_progress"]
    call: CallJson
    value: JsonValue


class FileReadyJson(TypedDict):
    type: Literal["file_ready"]
    file: FileJson


class StructuredChunkJson(TypedDict):
    type: Literal["structured_chunk"]
    value: JsonValue


class PausedJson(TypedDict):
    type: Literal["paused"]
    approvals: list[CallJson]
    scheduled: list[CallJson]
    unknown: list[CallJson]
    external: list[CallJson]
    next_wake: str | None
    response: ResponseJson


class AudioChunkJson(TypedDict):
    """`data` is base64."""

    type: Literal["audio_chunk"]
    data: str
    item: str


class TranscriptJson(TypedDict):
    type: Literal["transcript"]
    text: str
    of: Literal["user", "model"]
    final: bool
    item: str


class SpeechJson(TypedDict):
    type: Literal["speech_started", "speech_stopped"]
    at_ms: int | None
    item: str


class InterruptedJson(TypedDict):
    type: Literal["interrupted"]
    item: str


class ReconnectedJson(TypedDict):
    type: Literal["reconnected"]
    restored: bool


class InputDeliveredJson(TypedDict):
    type: Literal["input_delivered"]
    ids: list[str]
    interrupted: bool


class DoneJson(TypedDict):
    type: Literal["done", "cancelled"]
    response: ResponseJson


EventJson: TypeAlias = (
    TextChunkJson
    | WordsChunkJson
    | ToolCallChunkJson
    | CallEventJson
    | ToolProgressJson
    | FileReadyJson
    | StructuredChunkJson
    | PausedJson
    | AudioChunkJson
    | TranscriptJson
    | SpeechJson
    | InterruptedJson
    | ReconnectedJson
    | InputDeliveredJson
    | DoneJson
)


def event_schema() -> JsonObject:
    """Return the JSON schema of what `to_json` of any event writes."""
    from pydantic import Field, TypeAdapter

    form = cast("type[EventJson]", Annotated[EventJson, Field(discriminator="type")])
    return cast("JsonObject", TypeAdapter(form).json_schema())
