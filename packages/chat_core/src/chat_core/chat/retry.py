"""The one owner of retries: around one model request, never around tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeAlias, TypeVar

import anyio

from chat_core.errors import ChatError, ProviderError
from chat_core.events import Done, TurnEvent
from chat_core.provider import ChatRequest
from chat_core.response import Notice

T = TypeVar("T")
TurnSource: TypeAlias = Callable[[ChatRequest], AsyncGenerator[TurnEvent]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, and how soon. Delays are in seconds: exponential from `base_delay` up to `max_delay`, with full jitter, on top of
    what the server asks for. A server that asks for more than `max_retry_after` is not asked again."""

    max_retries: int = 2
    base_delay: float = 0.5
    max_delay: float = 8.0
    max_retry_after: float = 120.0

    def delay(self, retry: int, error: ChatError) -> float | None:
        """Seconds to wait before the retry of this number (from 1), or None to give up."""
        if retry > self.max_retries or not error.retryable:
            return None
        asked = error.retry_after or 0.0 if isinstance(error, ProviderError) else 0.0
        if asked > self.max_retry_after:
            return None
        import random  # here, because most requests succeed

        return asked + random.uniform(0.0, min(self.max_delay, self.base_delay * 2 ** (retry - 1)))


async def retried_turn(source: TurnSource, request: ChatRequest, policy: RetryPolicy) -> AsyncGenerator[TurnEvent]:
    """A turn of `source`, begun again after a failure that may pass, as long as nothing of it has been seen."""
    failures: list[ChatError] = []
    for attempt in count(1):
        seen = False
        try:
            async with aclosing(source(request)) as events:
                async for event in events:
                    seen = True
                    yield _noting(event, failures) if failures else event
            return
        except ChatError as error:
            delay = None if seen else policy.delay(attempt, error)
            if delay is None:
                raise
            failures.append(error)
        await anyio.sleep(delay)


async def retried(action: Callable[[], Awaitable[T]], policy: RetryPolicy) -> T:
    """The result of `action`, tried again after a failure that may pass."""
    for attempt in count(1):
        try:
            return await action()
        except ChatError as error:
            delay = policy.delay(attempt, error)
            if delay is None:
                raise
        await anyio.sleep(delay)
    raise AssertionError("count() does not end")


def _noting(event: TurnEvent, failures: list[ChatError]) -> TurnEvent:
    if not isinstance(event, Done):
        return event
    notices = tuple(Notice("retry", f"tried again after {type(error).__name__}: {error}") for error in failures)
    return Done(replace(event.response, notices=event.response.notices + notices))
