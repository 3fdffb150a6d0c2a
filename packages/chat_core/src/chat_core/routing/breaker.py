"""The circuit breaker: a member that fails again and again is left alone for a while, then tried once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chat_core.types.errors import ChatError, ConfigurationError, ProviderError, QuotaExceeded, RateLimited
from chat_core.types.misuse import kind_of

CircuitState: TypeAlias = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a member of a router is left alone, and for how long.

    It opens after this many `failures` in a row, for `recover_after` seconds; after those one request tries
    it, and closes it or opens it again. A rate limit opens it at once for as long as the server asks for, a
    quota that is used up for `recover_after` at least. Raises `ConfigurationError` for values out of range.
    """

    failures: int = 3
    recover_after: float = 30.0

    def __post_init__(self) -> None:
        for name, least in (("failures", 1), ("recover_after", 0)):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ConfigurationError(f"Breaker({name}={value!r}): it is a number, not {kind_of(value)}")
            if not value >= least:
                raise ConfigurationError(f"Breaker({name}={value!r}): it is at least {least}")


@dataclass(slots=True, eq=False)
class Circuit:
    """One member's circuit. Times are seconds of one clock, given with each call.

    state     | event                       | what happens
    ----------|-----------------------------|---------------------------------------------------
    closed    | success                     | the count of failures is 0
    closed    | failure                     | counted; open after `failures` of them in a row
    closed    | rate limit with a time      | open until then
    open      | the time is over            | half open
    half open | the first request           | it is the probe; others are not admitted
    half open | the probe succeeds          | closed
    half open | the probe fails             | open again
    half open | the probe is abandoned      | half open: the next request is the probe
    any       | an attempt from before the  | ignored: it tells about the past
              | last change of state ends   |
    """

    breaker: Breaker | None = Breaker()
    failures: int = 0
    open_until: float | None = None
    probe: Attempt | None = None
    generation: int = 0

    def state(self, now: float) -> CircuitState:
        """Return the state at this time."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half_open"

    def admit(self, now: float, *, forced: bool = False) -> Attempt | None:
        """Return an attempt, or None where the member is to be left alone.

        `forced` makes the attempt a probe of a circuit that is still open: for when all of them are.
        """
        state = self.state(now)
        if state == "closed":
            return Attempt(self, self.generation)
        if self.probe is not None or (state == "open" and not forced):
            return None
        self.probe = Attempt(self, self.generation)
        return self.probe

    def close(self) -> None:
        """Close the circuit: the member is well."""
        self.failures, self.probe = 0, None
        if self.open_until is not None:
            self.open_until = None
            self.generation += 1

    def fail(self, now: float, error: ChatError) -> None:
        """Count a failure, and open the circuit where it is one too many. Without a breaker it stays
        closed.
        """
        if self.breaker is None:
            return
        self.failures += 1
        pause = _pause(self.breaker, error)
        if pause is None and self.probe is None and self.failures < self.breaker.failures:
            return
        self.open_until = now + (self.breaker.recover_after if pause is None else pause)
        self.probe = None
        self.generation += 1


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One request to a member; one of its methods is called when it has ended."""

    circuit: Circuit = field(repr=False)
    generation: int

    @property
    def is_probe(self) -> bool:
        """Whether it tries a member whose circuit is not closed."""
        return self.circuit.probe is self

    def succeeded(self) -> None:
        """The member answered."""
        if self.generation == self.circuit.generation:
            self.circuit.close()

    def failed(self, now: float, error: ChatError) -> None:
        """The member failed."""
        if self.generation == self.circuit.generation:
            self.circuit.fail(now, error)

    def abandoned(self) -> None:
        """Nothing is known: it was cancelled, or the request was at fault."""
        if self.is_probe:
            self.circuit.probe = None


def _pause(breaker: Breaker, error: ChatError) -> float | None:
    """Return the seconds for which an error itself opens the circuit, None where failures are counted."""
    after = error.retry_after if isinstance(error, ProviderError) else None
    if isinstance(error, QuotaExceeded):
        return max(after or 0.0, breaker.recover_after)
    return after if isinstance(error, RateLimited) else None
