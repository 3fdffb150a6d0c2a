"""Batches: many requests that a server runs when it has room, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Generic, Literal, TypeAlias, cast

from typing_extensions import TypeVar

from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.json_values import JsonObject
from chat_core.types.request import AnyRequest
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import Abbreviation, Shown, Values

T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)

BatchState: TypeAlias = Literal["running", "done", "cancelled", "expired", "failed"]
"""How far a batch is. Any but "running" is final, and may have results."""

BatchRequests: TypeAlias = Mapping[str, AnyRequest] | Iterable[tuple[str, AnyRequest]]
"""Requests by ids of the application's choice, which the results come back by."""


NotRunReason: TypeAlias = Literal["cancelled", "expired", "failed", "missing"]
"""Why a request has no result."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[R_co]):
    """A request that the model has answered."""

    id: str
    response: R_co


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that failed: `error` is what the same request would have raised outside a batch."""

    id: str
    error: ChatError


@dataclass(frozen=True, slots=True)
class NotRun:
    """A request without a result: its batch was "cancelled", has "expired" or "failed" as a whole, or the
    result is "missing". `error` is the server's, where it sent one.
    """

    id: str
    reason: NotRunReason
    error: ChatError | None = None


BatchItem: TypeAlias = Answered[R_co] | Refused | NotRun
"""What became of one request."""


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How many requests there are in each state, as far as the server tells."""

    total: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    expired: int = 0

    def __add__(self, other: BatchCounts) -> BatchCounts:
        return BatchCounts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(BatchCounts)))

    @property
    def finished(self) -> int:
        """How many requests need no more work."""
        return self.succeeded + self.failed + self.cancelled + self.expired


@dataclass(frozen=True, slots=True)
class BatchPart:
    """One batch at the server. A job has several where a limit of the server's is lower than its size.

    `id` and `files` are the server's ids, `size` is the number of requests in it, `raw_state` is the server's
    word, and `error` why the whole batch failed.
    """

    id: str
    size: int
    state: BatchState = "running"
    raw_state: str = ""
    counts: BatchCounts = BatchCounts()
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    expires_at: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class BatchJob(Shown):
    """A submitted batch as plain data: store `to_json()`, and any process continues with `from_json(...)`.

    It holds no keys and no requests. `ids` are those of the requests, in order, and `parts` has them in the
    same order. `memory` is what reading a result needs of its request, by id.
    """

    provider: str
    base_url: str
    model: str
    ids: tuple[str, ...]
    parts: tuple[BatchPart, ...]
    submitted_at: datetime
    kind: Literal["chat", "embeddings"] = "chat"
    memory: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    version: Literal[1] = 1

    @property
    def state(self) -> BatchState:
        """ "running" while any part is; then the state that all parts have, or "done" where they differ."""
        states: set[BatchState] = {part.state for part in self.parts}
        if "running" in states:
            return "running"
        return states.pop() if len(states) == 1 else "done"

    @property
    def raw_state(self) -> str:
        """The server's own words, each once."""
        return ", ".join(dict.fromkeys(part.raw_state for part in self.parts))

    @property
    def finished(self) -> bool:
        """Whether nothing runs any more, so that the results can be read."""
        return self.state != "running"

    @property
    def counts(self) -> BatchCounts:
        """The counts of all parts."""
        return sum((part.counts for part in self.parts), BatchCounts())

    @property
    def expires_at(self) -> datetime | None:
        """When the first part expires, where the server tells."""
        return min((part.expires_at for part in self.parts if part.expires_at is not None), default=None)

    def to_json(self) -> str:
        """Return the job as JSON."""
        from pydantic import TypeAdapter

        return TypeAdapter(BatchJob).dump_json(self).decode()

    @staticmethod
    def from_json(data: str | bytes) -> BatchJob:
        """Return the job of `to_json`. Raises `ConfigurationError`, which names the place, for other data."""
        from pydantic import TypeAdapter, ValidationError

        from chat_core.types.pydantic_faults import faults_of

        try:
            return TypeAdapter(BatchJob).validate_json(data)
        except ValidationError as exc:
            raise ConfigurationError(f"not a batch job: {faults_of(exc)}") from exc

    def _shown(self) -> Values:
        yield "provider", self.provider
        yield "model", self.model
        yield "requests", len(self.ids)
        yield "parts", Abbreviation(f"[{', '.join(part.id for part in self.parts[:3])}]")
        yield "state", self.state


def pairs_of(given: Mapping[str, T] | Iterable[tuple[str, T]]) -> Iterable[tuple[str, T]]:
    """Return the ids and values of a mapping, or the pairs as they are."""
    return cast("Mapping[str, T]", given).items() if isinstance(given, Mapping) else given
