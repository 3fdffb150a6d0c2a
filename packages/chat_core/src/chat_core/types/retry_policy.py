"""How often a request is sent again, and how soon: the rules of the one retry owner."""

from __future__ import annotations

from dataclasses import dataclass

from chat_core.types.errors import ChatError, ConfigurationError, ProviderError
from chat_core.types.misuse import kind_of, refuse_unknown_fields
from chat_core.types.short_repr import ShortRepr


@refuse_unknown_fields
@dataclass(frozen=True, slots=True, repr=False)
class RetryPolicy(ShortRepr):
    """How often a request is sent again, and how soon.

    Delays are in seconds: exponential from `base_delay` up to `max_delay`, with full jitter, on top of the
    server's `Retry-After`. A request is not sent again where the server wants more than `max_retry_after`.
    Raises `ConfigurationError` for what is no number, or a negative one.
    """

    max_retries: int = 2
    base_delay: float = 0.5
    max_delay: float = 8.0
    max_retry_after: float = 120.0

    def __post_init__(self) -> None:
        for name in ("max_retries", "base_delay", "max_delay", "max_retry_after"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ConfigurationError(
                    f"RetryPolicy({name}={value!r}): it is a number, not {kind_of(value)}"
                )
            if not value >= 0:
                raise ConfigurationError(f"RetryPolicy({name}={value!r}): it is at least 0")

    def delay(self, retry: int, error: ChatError) -> float | None:
        """Return the seconds to wait before the retry of this number (from 1), or None to give up."""
        if retry > self.max_retries or not error.retryable:
            return None
        floor = error.retry_after or 0.0 if isinstance(error, ProviderError) else 0.0
        if floor > self.max_retry_after:
            return None
        import random  # here, because most requests succeed

        return floor + random.uniform(0.0, min(self.max_delay, self.base_delay * 2 ** (retry - 1)))
