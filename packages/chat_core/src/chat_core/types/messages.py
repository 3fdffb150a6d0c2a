"""A conversation: what is sent, what came back, and everything that a pause needs to survive a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self, cast, overload

from chat_core.types.call_changes import changes_of
from chat_core.types.call_status import Rejected, Running, Scheduled
from chat_core.types.conversation import Conversation, call_index
from chat_core.types.errors import CallNotFound, ConfigurationError, ConversationConflict
from chat_core.types.json_values import JsonValue
from chat_core.types.message import FinishReason as FinishReason
from chat_core.types.message import (
    Message as Message,  # the types of what a conversation consists of, here too
)
from chat_core.types.message import Role as Role
from chat_core.types.message import Turn as Turn
from chat_core.types.message import calls_of, parts_of
from chat_core.types.misuse import checked_text, is_a, kind_of
from chat_core.types.parts import Part, Text, ToolCall, as_part
from chat_core.types.plain_json import as_json
from chat_core.types.short_repr import shortened

if TYPE_CHECKING:
    from chat_core.types.decisions import ArgumentsChecker, Decision
    from chat_core.types.seals import ApprovalKey
    from chat_core.types.stored_files import FileStore

MAX_STORED_BYTES = 1 << 28
"""The largest stored conversation that `Messages.from_json` reads by default: 256 MiB."""


class Messages(Conversation):
    """A conversation, in order. `complete` and `stream` append to it; sending never changes what is in it."""

    __slots__ = ("_base_revision", "_messages", "_metadata")

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        super().__init__()
        self._messages = list(messages) if type(messages) in (tuple, list) else _listed(messages)
        for message in self._messages:
            if not is_a(message, Message):
                raise _no_message(message)
        self._metadata: dict[str, JsonValue] = {}
        self._base_revision = -self._changes() if self._messages else 0

    @classmethod
    def from_user(cls, *parts: Part | str) -> Self:
        """Return a conversation that starts with the user."""
        return cls().add_user(*parts)

    @classmethod
    def from_system(cls, *parts: Part | str) -> Self:
        """Return a conversation that starts with instructions."""
        return cls().add_system(*parts)

    def add_user(self, *parts: Part | str) -> Self:
        """Append a user's message; strings are `Text`. Returns the conversation.

        Raises `ConfigurationError` without a part.
        """
        return self._add("user", parts)

    def add_system(self, *parts: Part | str) -> Self:
        """Append instructions; strings are `Text`. Returns the conversation.

        Raises `ConfigurationError` without a part.
        """
        return self._add("system", parts)

    def append(self, message: Message) -> Self:
        """Append one message. Returns the conversation. Raises `ConfigurationError` for anything else."""
        if type(message) is not Message and not is_a(message, Message):
            raise _no_message(message)
        self._messages.append(message)
        self._base_revision += 1
        for part in parts_of(message):
            if type(part) is not Text and isinstance(part, ToolCall):
                self._base_revision -= changes_of(part)
        return self

    def _add(self, role: Role, parts: tuple[Part | str, ...]) -> Self:
        if not parts:
            raise ConfigurationError(f"a {role} message without parts: pass its text or files")
        return self.append(Message(role, [as_part(part) for part in parts]))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Every tool call, in order."""
        return tuple(calls_of(self._messages))

    @property
    def pending(self) -> list[ToolCall]:
        """The calls that wait: for approval, for a result, for their time, or for what became of them."""
        return [call for call in self.calls if call.waiting]

    @property
    def metadata(self) -> Mapping[str, JsonValue]:
        """What the application and middleware have noted about the conversation.

        It is stored with it, and never sent to a provider. `set_metadata` changes it.
        """
        return MappingProxyType(self._metadata)

    def set_metadata(self, name: str, value: object | None) -> Self:
        """Note a value that can be JSON under a name; None removes the name. Returns the conversation.

        Raises `ConfigurationError` for what cannot be JSON.
        """
        if value is None:
            if self._metadata.pop(name, None) is not None:
                self._base_revision += 1
            return self
        try:
            self._metadata[checked_text(name, "set_metadata", '"user_id", value')] = as_json(value)
        except ValueError as exc:
            raise ConfigurationError(f"set_metadata({name!r}, value): it cannot be JSON: {exc}") from exc
        self._base_revision += 1
        return self

    @property
    def revision(self) -> int:
        """A number that rises with each message, each change of a call and of the metadata, stored with the
        conversation.

        A store compares it, in order to refuse a write that is older than what it has.
        """
        return self._base_revision + self._changes()

    def note_change(self) -> None:
        """Count a change of a message's parts in `revision`, where neither a message nor a call was added."""
        self._base_revision += 1

    def find_tool(self, id: str) -> ToolCall:
        """Return the call with this id. Raises `CallNotFound` where there is none."""
        for call in self.calls:
            if call.id == id:
                return call
        raise CallNotFound(f"no tool call {id!r}; there are {[call.id for call in self.calls]}")

    def next_wake(self) -> datetime | None:
        """Return when the first scheduled call is due, or None."""
        return min(
            (call.status.until for call in self.calls if isinstance(call.status, Scheduled)), default=None
        )

    def close_open_calls(self, reason: str = "The user stopped before this call was run.") -> list[ToolCall]:
        """Resolve every open call so that the conversation can go on; for a user who stopped and writes on.

        A call that nothing has started is rejected for `reason`. One whose function was entered is rejected
        too, with a sentence that it may have had its effect. Returns the calls that were closed. Raises
        `ConversationConflict` while a call is running.
        """
        closed = [call for call in self.calls if not call.resolved]
        if running := [call for call in closed if isinstance(call.status, Running)]:
            raise ConversationConflict(
                f"call {running[0].id} of {running[0].name} is running: cancel it, then close what is open"
            )
        for call in closed:
            entered = call.status.type == "unknown"
            call.status = Rejected(_INTERRUPTED if entered else reason)
        return closed

    def decide(
        self,
        decisions: Iterable[Decision],
        *,
        tools: Iterable[ArgumentsChecker] = (),
        key: ApprovalKey | None = None,
    ) -> list[ToolCall]:
        """Apply decisions about waiting calls, all or none of them. Returns the calls that were decided.

        `tools` check edited arguments where another process paused the conversation, `key` seals approvals.
        Raises `InvalidDecision` with a fault for each decision that cannot be applied; all calls then still
        wait.
        """
        from chat_core.types.decisions import decide

        return decide(self.calls, decisions, tools=tools, key=key)

    def to_json(self, *, files: FileStore | None = None) -> str:
        """Return all of it as JSON text, with a version number: `from_json` continues from there.

        With `files` the bytes of files go into that store, and the JSON has their SHA-256.
        """
        if files is None:
            from chat_core.types.write_stored import write_stored  # here: most programs never store any

            return write_stored(self, self.revision, self._metadata)
        from chat_core.types.stored import dump

        return dump(self._messages, self.revision, files, self._metadata)

    @classmethod
    def from_json(
        cls,
        data: str | bytes | bytearray | Mapping[str, object],
        *,
        max_bytes: int = MAX_STORED_BYTES,
        files: FileStore | None = None,
    ) -> Self:
        """Return the conversation that `to_json` wrote, as text or as the parsed object. `files` is the same
        store.

        A call that was running then comes back as `Unknown`. Raises `InvalidHistory`, which names the place,
        for what is no conversation, is larger than `max_bytes`, nested deeper than `MAX_DEPTH`, or of a newer
        version.
        """
        from chat_core.types.stored import load

        stored = load(data, max_bytes, files)
        messages = cls(stored.messages)
        messages._base_revision += stored.revision
        messages._metadata = stored.metadata
        return messages

    def __getstate__(self) -> tuple[object, dict[str, object]]:
        """Return the state for copies and pickles, without what has been made of it."""
        fields, slots = cast("tuple[object, dict[str, object]]", super().__getstate__())
        return fields, {**slots, "_encoders": (), "_index": None}

    def _changes(self) -> int:
        return call_index(self).changes(self._messages)

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> Messages: ...
    def __getitem__(self, index: int | slice) -> Message | Messages:
        return Messages(self._messages[index]) if isinstance(index, slice) else self._messages[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Messages) and self._messages == other._messages

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # it changes, so it has no hash

    def __repr__(self) -> str:
        """Return a few lines: how many messages there are, and the first and the last of them."""
        from chat_core.types.show_messages import lines_of

        return lines_of(self._messages)

    def __rich_repr__(self) -> Iterator[object]:
        """Yield the messages, for rich."""
        yield from cast("list[object]", shortened(self._messages))

    def _repr_markdown_(self) -> str:
        """Return the conversation as Markdown, for a notebook. It loads nothing: pictures that a text names
        become links.
        """
        from chat_core.types.show_messages import markdown_of

        return markdown_of(self._messages)


def _listed(messages: object) -> list[Message]:
    if isinstance(messages, str | Message) or not isinstance(messages, Iterable):
        raise _no_message(messages)
    return list(cast("Iterable[Message]", messages))


def _no_message(given: object) -> ConfigurationError:
    match given:
        case str():
            instead = "write Messages.from_user(text) or messages.add_user(text)"
        case Message():
            instead = "write Messages([message])"
        case {"role": str()}:
            instead = "write messages_from_dicts([...]) for dictionaries with role and content"
        case Messages():
            instead = "append them one by one"
        case _ if hasattr(given, "message"):
            instead = "append response.message; a chat has done that already"
        case _:
            instead = "write Messages.from_user(part, ...)"
    return ConfigurationError(f"Messages consist of Message, not of {kind_of(given)}: {instead}")


_INTERRUPTED = (
    "The user stopped while this call was running. It may have had its effect; its result is not known."
)
