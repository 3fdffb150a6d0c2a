"""What a strategy may decide about a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import checked_instance


@dataclass(frozen=True, slots=True)
class Execute:
    """Run it now."""


@dataclass(frozen=True, slots=True)
class RequireApproval:
    """A person decides first; `note` is what the person reads about it."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Defer:
    """Run it once `until` has passed.

    Raises `ConfigurationError` for a time without a zone: the process that resumes may live in another one.
    """

    until: datetime

    def __post_init__(self) -> None:
        checked_instance(
            self.until, datetime, "Defer(until)", "datetime.now(UTC) + timedelta(minutes=20), say"
        )
        if self.until.tzinfo is None:
            raise ConfigurationError(
                "Defer(until) needs a time zone: datetime.now(UTC) + timedelta(...), for example"
            )


@dataclass(frozen=True, slots=True)
class External:
    """The call leaves the process: its result comes from outside, by `call.complete(result)`.

    It is never run here.
    """

    note: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not run it; the model reads `reason`."""

    reason: str | None = None


Action: TypeAlias = Execute | RequireApproval | Defer | External | Reject
