"""The ends of a call that may wait: complete, or paused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, TypeAlias

from typing_extensions import TypeVar

from chat_core.types.call_status import AwaitingApproval, AwaitingResult, Scheduled, Unknown
from chat_core.types.events import (
    Done,
    FileReady,
    InputDelivered,
    ReasoningChunk,
    RefusalChunk,
    StructuredChunk,
    TextChunk,
    ToolCallChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
)
from chat_core.types.json_event import JsonEvent, call_json, response_json
from chat_core.types.json_values import JsonValue
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import ShortRepr
from chat_core.types.tool_call import ToolCall

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)
R = TypeVar("R", bound=ChatResponse)


@dataclass(frozen=True, slots=True, repr=False)
class PauseReason(ShortRepr):
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


@dataclass(frozen=True, slots=True, repr=False)
class Paused(ShortRepr, JsonEvent):
    """Calls wait. Store the messages, decide, and `resume`. `response` is the turn that called the tools."""

    _json_type: ClassVar[str] = "paused"
    reason: PauseReason
    response: ChatResponse

    def _json_fields(self) -> Mapping[str, JsonValue]:
        reason, wake = self.reason, self.reason.next_wake
        return {
            "approvals": [call_json(call) for call in reason.approvals],
            "scheduled": [call_json(call) for call in reason.scheduled],
            "unknown": [call_json(call) for call in reason.unknown],
            "external": [call_json(call) for call in reason.external],
            "next_wake": None if wake is None else wake.isoformat(),
            "response": response_json(self.response),
        }


@dataclass(frozen=True, slots=True, repr=False)
class Cancelled(ShortRepr, JsonEvent):
    """A stream was stopped by `cancel()`. `response` is the turn that was cut off, as far as it had come.

    Where that had not begun, it is empty; where tools were running, it is the turn that called them.
    """

    _json_type: ClassVar[str] = "cancelled"
    response: ChatResponse

    def _json_fields(self) -> Mapping[str, JsonValue]:
        return {"response": response_json(self.response)}


@dataclass(frozen=True, slots=True, repr=False)
class Complete(ShortRepr, Generic[R_co]):
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
    | InputDelivered
    | Paused
    | Cancelled
    | Done[R]
)
