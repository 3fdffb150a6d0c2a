"""Where a tool call stands. The state is stored on the call, so that a pause is only data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from chat_core.types.json_values import JsonValue


@dataclass(frozen=True, slots=True)
class Pending:
    """Nobody has looked at it yet."""

    type: Literal["pending"] = field(default="pending", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class AwaitingApproval:
    """A person has to decide; `note` says what about."""

    note: str | None = None
    type: Literal["awaiting_approval"] = field(default="awaiting_approval", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """It runs by itself once `until` (with a time zone) has passed and the conversation is resumed."""

    until: datetime
    type: Literal["scheduled"] = field(default="scheduled", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Approved:
    """It runs when the conversation is resumed."""

    type: Literal["approved"] = field(default="approved", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Running:
    """Its function has been entered. Stored like this, it comes back as `Unknown`."""

    type: Literal["running"] = field(default="running", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Its function was entered and never heard of again: it may have run. Only a decision moves it on."""

    type: Literal["unknown"] = field(default="unknown", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """Done; `result` is what the model is told."""

    result: JsonValue
    type: Literal["completed"] = field(default="completed", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work, or never ran; `error` is what the model is told."""

    error: str
    type: Literal["failed"] = field(default="failed", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Somebody said no; `reason` is what the model is told."""

    reason: str | None = None
    type: Literal["rejected"] = field(default="rejected", kw_only=True, repr=False)


Waiting: TypeAlias = AwaitingApproval | Scheduled | Unknown
Resolved: TypeAlias = Completed | Failed | Rejected
ToolStatus: TypeAlias = (
    Pending | AwaitingApproval | Scheduled | Approved | Running | Unknown | Completed | Failed | Rejected
)
