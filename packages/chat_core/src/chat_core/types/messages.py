"""A conversation: what is sent, what came back, and everything a pause needs to survive a restart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, TypeVar, overload

from chat_core.types.call_status import Running, Scheduled, Unknown
from chat_core.types.errors import ConfigurationError, InvalidHistory, UnresolvedTool
from chat_core.types.files import File
from chat_core.types.parts import Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall, as_part
from chat_core.types.pydantic_faults import faults_of
from chat_core.types.short_repr import ShortRepr
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")

Role: TypeAlias = Literal["system", "user", "model"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "other"]

VERSION = 1


@dataclass(frozen=True, slots=True, repr=False)
class Turn(ShortRepr):
    """What a provider says of a model's turn besides its content."""

    finish_reason: FinishReason = "other"
    raw_finish_reason: str | None = None
    usage: Usage = Usage()
    model: str | None = None
    id: str | None = None


@dataclass(slots=True, repr=False)
class Message(ShortRepr):
    """One turn of a conversation: parts in the order received. `turn` is there on what a model said; `interrupted`
    marks a turn that was cut, cancelled or left before its end."""

    role: Role
    parts: list[Part] = field(default_factory=list[Part])
    turn: Turn | None = field(default=None, kw_only=True)
    interrupted: bool = field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        """Its visible text, joined."""
        return "".join(_visible(self.parts))

    @property
    def reasoning(self) -> str:
        """Its readable reasoning, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Reasoning))

    @property
    def refusal(self) -> str | None:
        """Why the model declined, where it did so in words of their own."""
        return "".join(part.text for part in self.parts if isinstance(part, Refusal)) or None

    @property
    def tool_calls(self) -> list[ToolCall]:
        """Its calls, in order."""
        return [part for part in self.parts if isinstance(part, ToolCall)]

    @property
    def files(self) -> list[File]:
        """Its files, in order."""
        return [part for part in self.parts if isinstance(part, File)]

    def outcomes(self) -> list[tuple[ToolCall, str]]:
        """Return its calls, in order, each with what the model is told of it. Raises `UnresolvedTool` for open calls."""
        calls = self.tool_calls
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        return [(call, call.outcome()) for call in calls]


class Messages:
    """A conversation, in order. `complete` and `stream` append to it; sending never changes what is in it."""

    __slots__ = ("_messages",)

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        self._messages = list(messages)

    @classmethod
    def from_user(cls, *parts: Part | str) -> Self:
        """A conversation that starts with the user."""
        return cls().add_user(*parts)

    @classmethod
    def from_system(cls, *parts: Part | str) -> Self:
        """A conversation that starts with instructions."""
        return cls().add_system(*parts)

    def add_user(self, *parts: Part | str) -> Self:
        """Append what the user says; strings are `Text`."""
        return self._add("user", parts)

    def add_system(self, *parts: Part | str) -> Self:
        """Append instructions; strings are `Text`."""
        return self._add("system", parts)

    def append(self, message: Message) -> Self:
        """Append one message."""
        self._messages.append(message)
        return self

    def _add(self, role: Role, parts: tuple[Part | str, ...]) -> Self:
        if not parts:
            raise ConfigurationError(f"a {role} message without parts: pass what it says")
        return self.append(Message(role, [as_part(part) for part in parts]))

    @property
    def calls(self) -> Iterator[ToolCall]:
        """Every tool call, in order."""
        return (part for message in self._messages for part in message.parts if isinstance(part, ToolCall))

    @property
    def pending(self) -> list[ToolCall]:
        """The calls that wait: for approval, for their time, or for word of what became of them."""
        return [call for call in self.calls if call.waiting]

    def find_tool(self, id: str) -> ToolCall:
        """The call with this id; `KeyError` where there is none."""
        for call in self.calls:
            if call.id == id:
                return call
        raise KeyError(f"no tool call {id!r}; there are {[call.id for call in self.calls]}")

    def next_wake(self) -> datetime | None:
        """When the first scheduled call is due, or None."""
        return min(
            (call.status.until for call in self.calls if isinstance(call.status, Scheduled)), default=None
        )

    def to_json(self) -> str:
        """All of it as JSON text, with a version number: store it, and `from_json` continues from there."""
        return _stored().dump_json(_Stored(VERSION, self._messages)).decode()

    @classmethod
    def from_json(cls, data: str | bytes | bytearray | Mapping[str, object]) -> Self:
        """What `to_json` wrote. A call that was running then comes back as `Unknown`. Raises `InvalidHistory`."""
        from pydantic import ValidationError

        try:
            version = _read(_versioned(), data).version  # first, since another version may look otherwise
            if version != VERSION:
                raise InvalidHistory(
                    f"written as version {version}, this library reads version {VERSION}: upgrade it"
                )
            messages = cls(_read(_stored(), data).messages)
        except ValidationError as exc:
            raise InvalidHistory(f"not a stored conversation: {faults_of(exc)}") from exc
        except ConfigurationError as exc:  # a part refuses what it cannot be
            raise InvalidHistory(f"not a stored conversation: {exc}") from exc
        for call in messages.calls:
            if isinstance(call.status, Running):
                call.status = Unknown()
        return messages

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

    __hash__ = None  # type: ignore[assignment]  # it changes, so it has no hash; this is how Python says so

    def __repr__(self) -> str:
        return f"Messages({self._messages!r})"


def _visible(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        match part:
            case Text(text):
                yield text
            case Structured():
                yield part.as_text()
            case Reasoning() | Refusal() | ToolCall() | File() | Opaque():
                pass


@dataclass(frozen=True, slots=True)
class _Versioned:
    version: int


@dataclass(frozen=True, slots=True)
class _Stored:
    version: int
    messages: list[Message]


@cache
def _versioned() -> TypeAdapter[_Versioned]:
    from pydantic import TypeAdapter  # here, because most programs never store a conversation

    return TypeAdapter(_Versioned)


@cache
def _stored() -> TypeAdapter[_Stored]:
    from pydantic import TypeAdapter

    return TypeAdapter(_Stored)


def _read(adapter: TypeAdapter[T], data: str | bytes | bytearray | Mapping[str, object]) -> T:
    return (
        adapter.validate_json(data)
        if isinstance(data, str | bytes | bytearray)
        else adapter.validate_python(data)
    )
