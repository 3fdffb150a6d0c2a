"""What a request needs, and which members are known not to have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from chat_core.routing.member import Member
from chat_core.types.errors import ContextWindowExceeded
from chat_core.types.files import File
from chat_core.types.message import Message
from chat_core.types.parts import Reasoning, Structured, Text, ToolCall
from chat_core.types.request import ChatRequest

_CHARACTERS_IN_A_TOKEN = 8  # more than text of any language has: what is too long by this is too long


@dataclass(frozen=True)
class Needs:
    """What one request needs."""

    request: ChatRequest

    @cached_property
    def size(self) -> int:
        """The characters of its messages, files not counted."""
        return sum(map(_size, self.request.messages))

    @cached_property
    def files(self) -> frozenset[str]:
        """The kinds of files that its users give."""
        parts = (
            part for message in self.request.messages if message.role == "user" for part in message.parts
        )
        return frozenset(part.kind for part in parts if isinstance(part, File))

    def unmet(self, member: Member) -> str | None:
        """Return why a member cannot carry the request, None where it can or where nothing is known."""
        return next(self._unmet(member), None)

    def _unmet(self, member: Member) -> Iterator[str]:
        if member.tools is False and self.request.tools:
            yield "it has no tools"
        if member.typed_output is False and self.request.output:
            yield "it holds no schema"
        if member.files is not None and (missing := self.files - member.files):
            yield f"it reads no {' and no '.join(sorted(missing))}"
        window = member.context_window
        if window is not None and self.size > window * _CHARACTERS_IN_A_TOKEN:
            yield f"the conversation does not fit its {window} tokens"


def _size(message: Message) -> int:
    size = 0
    for part in message.parts:
        match part:
            case Text(text) | Reasoning(text):
                size += len(text)
            case Structured():
                size += len(part.as_text())
            case ToolCall():
                size += len(part.arguments_text or "") + (len(part.outcome()) if part.resolved else 0)
            case _:
                pass
    return size


class TooLong:
    """The conversations that a member has found too long: they, and what continues them, do not go there
    again. The newest thousand are known.
    """

    def __init__(self) -> None:
        self._refused: dict[tuple[int, int], ContextWindowExceeded] = {}

    def add(self, request: ChatRequest, error: ContextWindowExceeded) -> None:
        """Remember a conversation."""
        *_, mark = _marks(request)
        self._refused[mark] = error
        if len(self._refused) > _MOST_CONVERSATIONS:
            del self._refused[next(iter(self._refused))]

    def find(self, request: ChatRequest) -> ContextWindowExceeded | None:
        """Return why a conversation, or its beginning, was refused; None where it was not."""
        if not self._refused:
            return None
        return next((self._refused[mark] for mark in _marks(request) if mark in self._refused), None)


_MOST_CONVERSATIONS = 1000


def _marks(request: ChatRequest) -> Iterator[tuple[int, int]]:
    """Yield a mark of each beginning of the conversation: how many messages, and a hash of them."""
    mark = 0
    yield 0, mark
    for at, message in enumerate(request.messages, 1):
        outcomes = tuple(call.outcome() if call.resolved else "" for call in message.tool_calls)
        mark = hash((mark, message.role, message.text, outcomes, len(message.parts)))
        yield at, mark
