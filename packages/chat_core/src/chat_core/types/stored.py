"""The stored form of a conversation: JSON with a version, read strictly, since it may come from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from chat_core.types.call_status import Completed, Running, Unknown
from chat_core.types.errors import ConfigurationError, InvalidHistory
from chat_core.types.json_values import JsonObject, JsonValue, json_fault
from chat_core.types.message import Message, Role
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.parts import Part, Structured, Text, ToolCall
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.seal_turn import seal_restored
from chat_core.types.stored_files import FileStore, put_back, take_out

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

VERSION = 1
"""It rises when a reader of today could not read the form any more.

Fields that are only added do not count: a reader passes over those that it does not know, and gives those
that are missing their default.
"""


@dataclass(frozen=True, slots=True)
class Version:
    version: int


@dataclass(frozen=True, slots=True)
class StoredConversation:
    version: int
    messages: list[Message]
    revision: int = 0
    metadata: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])


def stored_schema() -> JsonObject:
    """Return the JSON schema of a stored conversation."""
    return cast("JsonObject", stored_adapter(StoredConversation).json_schema())


def dump(
    messages: Sequence[Message],
    revision: int,
    files: FileStore | None = None,
    metadata: JsonObject | None = None,
) -> str:
    """Return the conversation as JSON text; with `files`, the bytes of files are there instead."""
    stored = StoredConversation(VERSION, list(messages), revision, metadata or {})
    adapter = stored_adapter(StoredConversation)
    left_out = None if metadata else {"metadata"}
    if files is not None:
        parsed = cast("JsonValue", adapter.dump_python(stored, mode="json", exclude=left_out))
        take_out(parsed, files)
        return json.dumps(parsed, separators=(",", ":"))
    try:
        return adapter.dump_json(stored, exclude=left_out).decode()
    except ValueError:  # half a surrogate pair: JSON can hold it as an escape, UTF-8 cannot
        parsed = adapter.dump_python(stored, mode="json", exclude=left_out)
        return json.dumps(parsed, separators=(",", ":"))


def load(
    data: str | bytes | bytearray | Mapping[str, object], max_bytes: int, files: FileStore | None = None
) -> StoredConversation:
    """Return a stored conversation: messages, revision and metadata. Raises `InvalidHistory`."""
    from pydantic import ValidationError

    if not is_a(data, Mapping, str, bytes, bytearray):
        raise InvalidHistory(
            f"from_json takes JSON text, or the parsed object, not {kind_of(data)}: "
            "path.read_text() reads a file"
        )
    if not isinstance(data, Mapping) and len(data) > max_bytes:
        raise InvalidHistory(
            f"{len(data)} bytes are more than {max_bytes}: from_json(data, max_bytes=...) raises the limit"
        )
    try:
        version = _read(Version, data).version  # first, since another version may look otherwise
        if version != VERSION:
            raise InvalidHistory(
                f"written as version {version}, this library reads version {VERSION}: upgrade it"
            )
        stored = _read(StoredConversation, data if files is None else _with_files(data, files))
    except ValidationError as exc:
        raise InvalidHistory(f"not a stored conversation: {faults_of(exc)}") from exc
    except (ConfigurationError, ValueError, RecursionError) as exc:  # a part that refuses what it cannot be
        raise InvalidHistory(f"not a stored conversation: {_place_of(exc, data)}{exc}") from exc
    _check_values(stored.messages)
    if fault := json_fault(stored.metadata):
        raise InvalidHistory(f"not a stored conversation: metadata: {fault}")
    for message in stored.messages:
        for call in message.tool_calls:
            if isinstance(call.status, Running):
                call.status = Unknown()
        if not isinstance(data, Mapping):  # else the application may hold what was read
            seal_restored(message)
    return stored


def _with_files(
    data: str | bytes | bytearray | Mapping[str, object], files: FileStore
) -> Mapping[str, object]:
    parsed = json.loads(json.dumps(data) if isinstance(data, Mapping) else data)
    put_back(parsed, files)
    return cast("Mapping[str, object]", parsed)


def _read(form: type[T], data: str | bytes | bytearray | Mapping[str, object]) -> T:
    adapter = cast("TypeAdapter[T]", stored_adapter(form))
    if isinstance(data, Mapping):
        return adapter.validate_python(data)
    if not _may_hold_half_a_pair(data):
        return adapter.validate_json(data)
    return adapter.validate_python(json.loads(data))


def _may_hold_half_a_pair(data: str | bytes | bytearray) -> bool:
    """Whether there is an escape of a surrogate, which pydantic reads in pairs only."""
    if isinstance(data, str):
        return "\\ud" in data or "\\uD" in data
    return b"\\ud" in data or b"\\uD" in data


def _place_of(exc: Exception, data: str | bytes | bytearray | Mapping[str, object]) -> str:
    """Return the place of the first message or part that refuses its values: pydantic does not tell."""
    if not isinstance(exc, ConfigurationError):
        return ""
    parsed = cast("JsonValue", data if isinstance(data, Mapping) else json.loads(data))
    messages = parsed.get("messages") if isinstance(parsed, dict) else None
    for at, message in enumerate(messages if isinstance(messages, list) else []):
        parts = message.get("parts") if isinstance(message, dict) else None
        for number, part in enumerate(parts if isinstance(parts, list) else []):
            if _refuses(Part, part):
                return f"messages.{at}.parts.{number}: "
        if _refuses(Message, message):
            return f"messages.{at}: "
    return ""


def _refuses(form: object, value: JsonValue) -> bool:
    try:
        stored_adapter(form).validate_python(value)
    except ConfigurationError:
        return True
    except ValueError:
        pass
    return False


def _check_values(messages: Sequence[Message]) -> None:
    """Refuse what nothing else could read, and calls that nobody but a model can make."""
    for at, message in enumerate(messages):
        for number, part in enumerate(message.parts):
            if fault := _fault_of(part, message.role):
                raise InvalidHistory(f"not a stored conversation: messages.{at}.parts.{number}{fault}")
        if message.turn is not None and (fault := json_fault(message.turn.usage.raw)):
            raise InvalidHistory(f"not a stored conversation: messages.{at}.turn.usage.raw: {fault}")


def _fault_of(part: Part, role: Role) -> str | None:
    """Return the place in a part and what is wrong there, or None."""
    if isinstance(part, ToolCall) and role != "model":
        return f": a tool call in a message of role {role!r}; only the model calls tools"
    for name, value in _values_of(part):
        if fault := json_fault(value):
            return f".{name}: {fault}"
    return None


def _values_of(part: Part) -> Iterator[tuple[str, JsonValue]]:
    if part.native is not None:
        yield "native", part.native.data
    match part:
        case ToolCall(arguments=arguments, edited=edited, status=status):
            yield "arguments", arguments
            yield "edited", edited
            if part.input_request is not None:
                yield "input_request.schema", part.input_request.schema
                yield "input_request.state", part.input_request.state
                yield "input_request.values", part.input_request.values
            if isinstance(status, Completed):
                yield "status.result", status.result
            for file in part.files:
                if file.native is not None:
                    yield "files.native", file.native.data
        case Structured(value=value):
            yield "value", value
        case Text(citations=citations):
            for citation in citations:
                yield "citations", citation.raw
        case _:
            pass


_adapters: dict[object, TypeAdapter[object]] = {}


def stored_adapter(form: object) -> TypeAdapter[object]:
    """Return what reads and writes a type; it is made once."""
    from pydantic import TypeAdapter

    if form not in _adapters:
        _adapters[form] = TypeAdapter(cast("type[object]", form))
    return _adapters[form]
