"""The one owner of retries: around one model request, never around tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TypeAlias, TypeVar

import anyio

from chat_core.types.errors import ChatError, InvalidResponse
from chat_core.types.events import Done, TurnEvent
from chat_core.types.request import ChatRequest, OnRetry, once
from chat_core.types.response import ChatResponse, Notice
from chat_core.types.retry_policy import RetryPolicy

T = TypeVar("T")
Completes: TypeAlias = Callable[[ChatRequest], Awaitable[ChatResponse]]
Streams: TypeAlias = Callable[[ChatRequest], AsyncGenerator[TurnEvent]]


TurnSource: TypeAlias = Callable[[ChatRequest, RetryPolicy], AsyncGenerator[TurnEvent]]
"""One model turn, ending with `Done`; it retries."""


Answers: TypeAlias = Callable[[ChatRequest, RetryPolicy], Awaitable[ChatResponse]]
"""One model turn that arrives whole; it retries."""


async def whole_turn(answer: Answers, request: ChatRequest, policy: RetryPolicy) -> AsyncGenerator[TurnEvent]:
    """Yield a turn that arrives whole, as its `Done`: for those who want events."""
    yield Done(await answer(request, policy))


async def whole_response(complete: Completes, request: ChatRequest, policy: RetryPolicy) -> ChatResponse:
    """Return a turn that arrives whole."""
    failures: list[ChatError] = []
    request = _within(request, policy, failures)
    try:
        response = await retried(partial(complete, request), policy, failures, request.on_retry)
    except ChatError as error:
        if (turn := _turn_of(error)) is None:
            raise
        response = turn
    return _with_notices(response, failures)


async def streamed_turn(
    stream: Streams, request: ChatRequest, policy: RetryPolicy
) -> AsyncGenerator[TurnEvent]:
    """Yield a turn as it arrives, begun again after a failure that may pass as long as nothing of it has
    arrived.
    """
    failures: list[ChatError] = []
    request = _within(request, policy, failures)
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
            turn = _turn_of(error) if delay is None and not seen else None
            if delay is None and turn is None:
                raise
            if delay is not None:
                _note_retry(error, attempt, delay, failures, request.on_retry)
        if turn is not None:
            yield Done(_with_notices(turn, failures))
            return
        await anyio.sleep(delay or 0.0)


async def retried(
    action: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    failures: list[ChatError],
    on_retry: OnRetry | None = None,
) -> T:
    """Return the result of `action`, run again after a failure that may pass; `failures` lists those."""
    for attempt in count(1):
        try:
            return await action()
        except ChatError as error:
            delay = policy.delay(attempt, error)
            if delay is None:
                raise
            _note_retry(error, attempt, delay, failures, on_retry)
        await anyio.sleep(delay)
    raise AssertionError("count() does not end")


def _note_retry(
    error: ChatError, attempt: int, delay: float, failures: list[ChatError], on_retry: OnRetry | None
) -> None:
    failures.append(error)
    if on_retry is not None:
        on_retry(error, attempt, delay)
    import logging  # here, because most requests succeed

    logging.getLogger("chat_core").info(
        "attempt %d failed, the next one is in %.1f s: %s: %s", attempt, delay, type(error).__name__, error
    )


class _Within:
    """Retries of a request within a turn. When they are used up, the turn as a whole is not begun again."""

    def __init__(self, policy: RetryPolicy, failures: list[ChatError], on_retry: OnRetry | None) -> None:
        self._policy = policy
        self._failures = failures
        self._on_retry = on_retry

    async def __call__(self, action: Callable[[], Awaitable[T]], /) -> T:
        try:
            return await retried(action, self._policy, self._failures, self._on_retry)
        except ChatError as error:
            error.retryable = False
            raise


def _within(request: ChatRequest, policy: RetryPolicy, failures: list[ChatError]) -> ChatRequest:
    """Return the request with the retries for what comes after its first attempt.

    The request that the engine has made for the turn is completed in place, which takes a tenth of making
    another one; where middleware sends it once more, it is copied.
    """
    retry = _Within(policy, failures, request.on_retry)
    if request.retry is not once:
        return replace(request, retry=retry)
    object.__setattr__(request, "retry", retry)
    return request


def _turn_of(error: ChatError) -> ChatResponse | None:
    """Return the turn of an error that holds a whole one: it was worth a retry, and without one it is the
    response.
    """
    return error.response if isinstance(error, InvalidResponse) and error.retryable else None


def _with_notices(response: ChatResponse, failures: list[ChatError]) -> ChatResponse:
    if not failures:
        return response
    notices = tuple(
        Notice("retry", f"sent again after {type(error).__name__}: {error}") for error in failures
    )
    return replace(response, notices=response.notices + notices)
