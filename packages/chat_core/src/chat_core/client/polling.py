"""Asking a server again and again until a job has finished."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

import anyio

from chat_core.types.errors import ChatError, ConfigurationError

_GROWTH = 1.5
_FAILURES = 5  # one after another that are taken for a passing trouble


class Job(Protocol):
    """What is polled: plain data about work of a server."""

    @property
    def finished(self) -> bool:
        """Whether the server has ended its work."""
        ...


J = TypeVar("J", bound=Job)


async def poll_until_finished(
    status: Callable[[J], Awaitable[J]],
    job: J,
    seen: Callable[[J], object],
    *,
    poll: float,
    longest: float,
    timeout: float | None,
) -> J:
    """Return the job once it has finished, or as it is after `timeout` seconds.

    `seen` is called with the job after each poll. The pause between two polls grows from `poll` seconds by
    half, up to `longest`. Errors that may pass are polled over, up to five in a row. Raises
    `ConfigurationError` for a pause that is none, and a `ChatError`.
    """
    if not poll > 0:
        raise ConfigurationError(f"wait(poll={poll}): the seconds between two polls are more than 0")
    started, pause, poller = anyio.current_time(), poll, _Poller(status)
    while True:
        job = await poller.poll(job)
        seen(job)
        left = None if timeout is None else started + timeout - anyio.current_time()
        if job.finished or (left is not None and left <= 0):
            return job
        await anyio.sleep(pause if left is None else min(pause, left))
        pause = max(pause, min(pause * _GROWTH, longest))


class _Poller(Generic[J]):
    """Polls, over errors that may pass, up to a number of them in a row."""

    def __init__(self, status: Callable[[J], Awaitable[J]]) -> None:
        self._status = status
        self._failures = 0

    async def poll(self, job: J) -> J:
        """Return the job as it is now, or as it was where that cannot be known at the moment."""
        try:
            job = await self._status(job)
        except ChatError as error:
            self._failures += 1
            if not error.retryable or self._failures >= _FAILURES:
                raise
        else:
            self._failures = 0
        return job
