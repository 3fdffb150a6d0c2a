"""The one owner of retries: around one model request, never around tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TypeAlias, TypeVar

import anyio

from chat_core.types.errors import ChatError, ProviderError
from chat_core.types.events import Done, TurnEvent
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse, Notice

T = TypeVar("T")
Completes: TypeAlias = Callable[[ChatRequest], Awaitable[ChatResponse]]
Streams: TypeAlias = Callable[[ChatRequest], AsyncGenerator[TurnEvent]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent again, and how soon.

    Delays are in seconds: exponential from `base_delay` up to `max_delay`, with full jitter, on top of the server's
    `Retry-After`. A request is not sent again where the server wants more than `max_retry_after`.
    """

    max_retries: int = 2
    base_delay: float = 0.5
    max_delay: float = 8.0
    max_retry_after: float = 120.0

    def delay(self, retry: int, error: ChatError) -> float | None:
        """Return the seconds to wait before the retry of this number (from 1), or None to give up."""
        if retry > self.max_retries or not error.retryable:
            return None
        floor = error.retry_after or 0.0 if isinstance(error, ProviderError) else 0.0
        if floor > self.max_retry_after:
            return None
        import random  # here, because most requests succeed

        return floor + random.uniform(0.0, min(self.max_delay, self.base_delay * 2 ** (retry - 1)))


TurnSource: TypeAlias = Callable[[ChatRequest, RetryPolicy], AsyncGenerator[TurnEvent]]
"""One model turn, ending with `Done`; it retries."""


async def whole_turn(
    complete: Completes, request: ChatRequest, policy: RetryPolicy
) -> AsyncGenerator[TurnEvent]:
    """Yield a turn that arrives whole, as its `Done`."""
    failures: list[ChatError] = []
    request = replace(request, retry=_Within(policy, failures))
    response = await retried(partial(complete, request), policy, failures)
    yield Done(_with_notices(response, failures))


async def streamed_turn(
    stream: Streams, request: ChatRequest, policy: RetryPolicy
) -> AsyncGenerator[TurnEvent]:
    """Yield a turn as it arrives, begun again after a failure that may pass as long as nothing of it has arrived."""
    failures: list[ChatError] = []
    request = replace(request, retry=_Within(policy, failures))
    for attempt in count(1):
        seen = False
        try:
            async with aclosing(stream(request)) as events:
                async for event in events:
                    seen = True
                    yield (
                        Done(_with_notices(event.response, failures))
                        if failures and isinstance(event, Done)
                        else event
                    )
            return
        except ChatError as error:
            delay = None if seen else policy.delay(attempt, error)
            if delay is None:
                raise
            failures.append(error)
        await anyio.sleep(delay)


async def retried(action: Callable[[], Awaitable[T]], policy: RetryPolicy, failures: list[ChatError]) -> T:
    """Return the result of `action`, run again after a failure that may pass; those are added to `failures`."""
    for attempt in count(1):
        try:
            return await action()
        except ChatError as error:
            delay = policy.delay(attempt, error)
            if delay is None:
                raise
            failures.append(error)
        await anyio.sleep(delay)
    raise AssertionError("count() does not end")


@dataclass(frozen=True, slots=True)
class _Within:
    """Retries of a request within a turn. When they are used up, the turn as a whole is not begun again."""

    policy: RetryPolicy
    failures: list[ChatError]

    async def __call__(self, action: Callable[[], Awaitable[T]], /) -> T:
        try:
            return await retried(action, self.policy, self.failures)
        except ChatError as error:
            error.retryable = False
            raise


def _with_notices(response: ChatResponse, failures: list[ChatError]) -> ChatResponse:
    if not failures:
        return response
    notices = tuple(
        Notice("retry", f"sent again after {type(error).__name__}: {error}") for error in failures
    )
    return replace(response, notices=response.notices + notices)
