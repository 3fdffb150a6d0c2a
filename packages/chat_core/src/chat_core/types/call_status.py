"""The state of a tool call. It is stored on the call, so that a pause is only data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonValue, json_fault
from chat_core.types.misuse import checked_instance


def made_json(value: object, what: str) -> JsonValue:
    """Return what an application has put into a conversation as JSON, which can be stored and sent.

    Raises `ConfigurationError` for what contains itself or is nested too deeply.
    """
    if (type(value) is str and value.isascii()) or value is None:  # most results of tools
        return value
    from chat_core.types.plain_json import as_json  # here: for the others

    try:
        return as_json(value)
    except ValueError as exc:
        raise ConfigurationError(f"{what} cannot be JSON: {exc}") from exc


def made_arguments(arguments: JsonValue) -> JsonValue:
    """Return the arguments of a call that an application makes as JSON.

    Raises `ConfigurationError` for what `made_json` refuses, and for NaN, infinite and huge numbers.
    """
    plain = made_json(arguments, "ToolCall(arguments)")
    if fault := json_fault(arguments):
        raise ConfigurationError(f"ToolCall(arguments) cannot be JSON: {fault}")
    return plain


@dataclass(frozen=True, slots=True)
class Pending:
    """Nothing has decided about it yet."""

    type: Literal["pending"] = field(default="pending", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class AwaitingApproval:
    """A person has to decide; `note` is what the person reads about it."""

    note: str | None = None
    type: Literal["awaiting_approval"] = field(default="awaiting_approval", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class AwaitingResult:
    """The call has left the process: it waits for a result from outside; `note` is for whoever sends it."""

    note: str | None = None
    type: Literal["awaiting_result"] = field(default="awaiting_result", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """It runs by itself once `until` has passed and the conversation is resumed. `until` is stored in UTC.

    Raises `ConfigurationError` for a time without a zone.
    """

    until: datetime
    type: Literal["scheduled"] = field(default="scheduled", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        checked_instance(
            self.until, datetime, "Scheduled(until)", "datetime.now(UTC) + timedelta(minutes=20), say"
        )
        if self.until.tzinfo is None:
            raise ConfigurationError(
                "Scheduled(until) needs a time zone: datetime.now(UTC) + timedelta(...), for example"
            )
        object.__setattr__(self, "until", self.until.astimezone(UTC))


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
    """Its function was entered and did not report back: it may have run. Only a decision moves it on."""

    type: Literal["unknown"] = field(default="unknown", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Completed:
    """It ran; `result` is what the model reads."""

    result: JsonValue
    type: Literal["completed"] = field(default="completed", kw_only=True, repr=False)

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for a result that contains itself or is nested too deeply."""
        plain = made_json(self.result, "Completed(result)")
        if plain is not self.result:
            object.__setattr__(self, "result", plain)


def completed_with(result: JsonValue) -> Completed:
    """Return the status of a call with a result that is JSON: it is not walked over once more."""
    status = object.__new__(Completed)
    object.__setattr__(status, "result", result)
    object.__setattr__(status, "type", "completed")
    return status


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work, or never ran; `error` is what the model reads."""

    error: str
    type: Literal["failed"] = field(default="failed", kw_only=True, repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Somebody declined it; `reason` is what the model reads."""

    reason: str | None = None
    type: Literal["rejected"] = field(default="rejected", kw_only=True, repr=False)


Waiting: TypeAlias = AwaitingApproval | AwaitingResult | Scheduled | Unknown
Resolved: TypeAlias = Completed | Failed | Rejected
ToolStatus: TypeAlias = (
    Pending
    | AwaitingApproval
    | AwaitingResult
    | Scheduled
    | Approved
    | Running
    | Unknown
    | Completed
    | Failed
    | Rejected
)
