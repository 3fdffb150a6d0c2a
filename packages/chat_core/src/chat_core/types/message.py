"""One message of a conversation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar, Literal, TypeAlias, cast

from chat_core.types.errors import ConfigurationError, UnresolvedTool
from chat_core.types.files import File
from chat_core.types.memo import Memo
from chat_core.types.native import Origin
from chat_core.types.parts import (
    PARTS,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
    as_parts,
)
from chat_core.types.sealed import Seal, Sealed, sealable
from chat_core.types.short_repr import ShortRepr
from chat_core.types.slot_setters import slot_setters
from chat_core.types.usage import Usage
from chat_core.types.watch import note_set

Role: TypeAlias = Literal["system", "user", "model"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "other"]
_ROLES = ("system", "user", "model")
_NO_PARTS = cast("list[Part]", ())  # `as_parts` makes a list of it


@dataclass(frozen=True, slots=True, repr=False)
class Turn(ShortRepr):
    """What a provider reports about a model's turn besides its content.

    `conversation` is the id of the conversation that the provider itself stores the turn in, where there is
    one. `cost` is in US dollars, a decimal number as text; `response.cost` reads it. `origin` is the provider
    that a router chose for it, so that the next turn can go there too.
    """

    finish_reason: FinishReason = "other"
    raw_finish_reason: str | None = None
    usage: Usage = Usage()
    model: str | None = None
    id: str | None = None
    conversation: str | None = None
    cost: str | None = None
    origin: Origin | None = None

    def __init__(
        self,
        finish_reason: FinishReason = "other",
        raw_finish_reason: str | None = None,
        usage: Usage = Usage(),
        model: str | None = None,
        id: str | None = None,
        conversation: str | None = None,
        cost: str | None = None,
        origin: Origin | None = None,
    ) -> None:
        _set_reason(self, finish_reason)
        _set_raw_reason(self, raw_finish_reason)
        _set_usage(self, usage)
        _set_model(self, model)
        _set_id(self, id)
        _set_conversation(self, conversation)
        _set_cost(self, cost)
        _set_origin(self, origin)


_set_reason, _set_raw_reason, _set_usage, _set_model, *_turn_setters = slot_setters(Turn)
_set_id, _set_conversation, _set_cost, _set_origin = _turn_setters


class _Watched(Memo, Sealed[Sequence[Part]]):
    """Notes that a field was set, where somebody has looked into the message."""

    __slots__ = ("_sealed", "_watched")
    SEALED: ClassVar[str] = "parts"

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if hasattr(self, "_watched"):
            note_set()


@dataclass(slots=True, repr=False, init=False)
class Message(ShortRepr, _Watched):
    """One message: a role, and parts in the order received.

    `turn` is there on a model's message; `interrupted` marks a turn that was cut, cancelled or left before
    its end. Raises `ConfigurationError` for another role.
    """

    role: Role
    parts: list[Part] = field(default_factory=list[Part])
    turn: Turn | None = field(default=None, kw_only=True)
    interrupted: bool = field(default=False, kw_only=True)

    def __init__(
        self,
        role: Role,
        parts: list[Part] = _NO_PARTS,
        *,
        turn: Turn | None = None,
        interrupted: bool = False,
    ) -> None:
        _set_role(self, role)  # setting them as usual takes three times as long
        _set_parts(self, parts)
        _set_turn(self, turn)
        _set_interrupted(self, interrupted)
        if role not in _ROLES or not _are_parts(parts):
            self.__post_init__()

    def __post_init__(self) -> None:
        if self.role not in _ROLES:
            raise _no_role(self.role)
        if not _are_parts(parts_of(self)):
            self.parts = as_parts(parts_of(self))

    @property
    def text(self) -> str:
        """Its visible text, joined."""
        parts = parts_of(self)
        if len(parts) == 1 and type(part := parts[0]) is Text:  # nearly always
            return part.text
        return "".join(_visible(parts))

    @property
    def reasoning(self) -> str:
        """Its readable reasoning, joined."""
        return "".join(part.text for part in parts_of(self) if isinstance(part, Reasoning))

    @property
    def refusal(self) -> str | None:
        """The model's reason to decline, where the provider keeps that apart from text."""
        return "".join(part.text for part in parts_of(self) if isinstance(part, Refusal)) or None

    @property
    def tool_calls(self) -> list[ToolCall]:
        """Its calls, in order."""
        return [part for part in parts_of(self) if type(part) is not Text and isinstance(part, ToolCall)]

    @property
    def files(self) -> list[File]:
        """Its files, in order."""
        return [part for part in parts_of(self) if isinstance(part, File)]

    def outcomes(self) -> list[tuple[ToolCall, str]]:
        """Return its calls, in order, each with what the model reads of it.

        Raises `UnresolvedTool` for open calls.
        """
        calls = self.tool_calls
        if unresolved := tuple(call for call in calls if not call.resolved):
            raise UnresolvedTool(unresolved)
        return [(call, call.outcome()) for call in calls]


_set_role, _set_parts, _set_turn, _set_interrupted = slot_setters(Message)
_get_parts: Callable[[Message], Any] = vars(Message)["parts"].__get__
sealable(Message)


def parts_of(message: Message) -> Sequence[Part]:
    """Return the parts as `peek` does, which takes twice as long."""
    parts = _get_parts(message)
    found: Sequence[Part] = parts if parts.__class__ is not Seal else parts.value
    return found


def calls_of(messages: Iterable[Message]) -> list[ToolCall]:
    """Return the calls in messages, in order."""
    parts = chain.from_iterable(map(parts_of, messages))
    return [part for part in parts if type(part) is not Text and isinstance(part, ToolCall)]


def _are_parts(parts: Sequence[Part]) -> bool:
    if parts.__class__ is not list:
        return False
    for part in parts:  # noqa: SIM110  a generator takes twice as long, and a history has hundreds of messages
        if type(part) not in PARTS:
            return False
    return True


def _no_role(role: object) -> ConfigurationError:
    hint = '; what others call assistant is "model" here' if role == "assistant" else ""
    return ConfigurationError(f'the role of a message is "system", "user" or "model", not {role!r}{hint}')


def _visible(parts: Iterable[Part]) -> Iterator[str]:
    for part in parts:
        match part:
            case Text(text):
                yield text
            case Structured():
                yield part.as_text()
            case Reasoning() | Refusal() | ToolCall() | File() | Opaque():
                pass
