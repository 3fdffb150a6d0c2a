"""How a call that may wait ends: complete, or paused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias

from typing_extensions import TypeVar

from chat_core.types.call_status import AwaitingApproval, Scheduled, Unknown
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    StructuredChunk,
    TextChunk,
    ToolCallChunk,
    ToolCalled,
    ToolResult,
)
from chat_core.types.parts import ToolCall
from chat_core.types.response import ChatResponse

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)
R = TypeVar("R", bound=ChatResponse)


@dataclass(frozen=True, slots=True)
class PauseReason:
    """The calls that wait: for a person, for their time, and for word of what became of them."""

    approvals: tuple[ToolCall, ...] = ()
    scheduled: tuple[ToolCall, ...] = ()
    unknown: tuple[ToolCall, ...] = ()

    @staticmethod
    def of(calls: Iterable[ToolCall]) -> PauseReason:
        """Sort waiting calls by what they wait for."""
        waiting = tuple(calls)
        return PauseReason(
            approvals=tuple(call for call in waiting if isinstance(call.status, AwaitingApproval)),
            scheduled=tuple(call for call in waiting if isinstance(call.status, Scheduled)),
            unknown=tuple(call for call in waiting if isinstance(call.status, Unknown)),
        )

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """All of them."""
        return self.approvals + self.scheduled + self.unknown

    @property
    def next_wake(self) -> datetime | None:
        """When the first scheduled call is due, or None."""
        return min(
            (call.status.until for call in self.scheduled if isinstance(call.status, Scheduled)), default=None
        )


@dataclass(frozen=True, slots=True)
class Paused:
    """Calls wait. Store the messages, decide, and `resume`. `response` is the turn that asked."""

    reason: PauseReason
    response: ChatResponse


@dataclass(frozen=True, slots=True)
class Complete(Generic[R_co]):
    """The model has answered."""

    response: R_co


ChatEvent: TypeAlias = (
    TextChunk
    | ReasoningChunk
    | RefusalChunk
    | ToolCallChunk
    | ToolCalled
    | ToolResult
    | FileReady
    | StructuredChunk
    | Paused
    | Done[R]
)
