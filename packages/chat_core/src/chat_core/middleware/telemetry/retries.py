"""Failed attempts, as events of the span of their request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_core.middleware.telemetry.attributes import Attributes, error_type
from chat_core.types.errors import ChatError
from chat_core.types.request import OnRetry

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def note_retry(span: Span, error: ChatError, attempt: int, delay: float) -> None:
    """Note on a span that an attempt failed, and that the next one comes after `delay` seconds."""
    known: Attributes = {
        "error.type": error_type(error),
        "chat.retry.attempt": attempt,
        "chat.retry.delay": delay,
    }
    span.add_event("chat.retry", known)


def both(first: OnRetry, second: OnRetry | None) -> OnRetry:
    """Return a function that calls both."""
    if second is None:
        return first

    def call(error: ChatError, attempt: int, delay: float) -> None:
        first(error, attempt, delay)
        second(error, attempt, delay)

    return call
