"""The ends of a call that may wait: complete, or paused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias

from typing_extensions import TypeVar

from chat_core.types.call_status import AwaitingApproval, AwaitingResult, Scheduled, Unknown
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    StructuredChunk,
    TextChunk,
    ToolCallChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
)
from chat_core.types.response import ChatResponse
from chat_core.types.tool_call import ToolCall

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)
R = TypeVar("R", bound=ChatResponse)


@dataclass(frozen=True, slots=True)
class PauseReason:
    """The calls that wait, by what they wait for: a person, their time, what became of them, a result from
    outside.
    """

    approvals: tuple[ToolCall, ...] = ()
    scheduled: tuple[ToolCall, ...] = ()
    unknown: tuple[ToolCall, ...] = ()
    external: tuple[ToolCall, ...] = ()

    @staticmethod
    def of(calls: Iterable[ToolCall]) -> PauseReason:
        """Sort waiting calls by what they wait for."""
        waiting = tuple(calls)
        return PauseReason(
            approvals=tuple(call for call in waiting if isinstance(call.status, AwaitingApproval)),
            scheduled=tuple(call for call in waiting if isinstance(call.status, Scheduled)),
            unknown=tuple(call for call in waiting if isinstance(call.status, Unknown)),
            external=tuple(call for call in waiting if isinstance(call.status, AwaitingResult)),
        )

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """All of them."""
        return self.approvals + self.scheduled + self.unknown + self.external

    @property
    def next_wake(self) -> datetime | None:
        """When the first scheduled call is due, or None."""
        return min(
            (call.status.until for call in self.scheduled if isinstance(call.status, Scheduled)), default=None
        )


@dataclass(frozen=True, slots=True)
class Paused:
    """Calls wait. Store the messages, decide, and `resume`. `response` is the turn that called the tools."""

    reason: PauseReason
    response: ChatResponse


@dataclass(frozen=True, slots=True)
class Complete(Generic[R_co]):
    """The model has responded."""

    response: R_co


ChatEvent: TypeAlias = (
    TextChunk
    | ReasoningChunk
    | RefusalChunk
    | ToolCallChunk
    | ToolCalled
    | ToolProgress
    | ToolResult
    | FileReady
    | StructuredChunk
    | Paused
    | Done[R]
)
