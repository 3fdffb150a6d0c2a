"""Waiting for a batch: polling with growing pauses, and a progress bar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import anyio

from chat_core.types.batch import BatchJob
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.progress import ProgressBar

FIRST_POLL = 60.0
_LONGEST_POLL = 600.0
_GROWTH = 1.5
_FAILURES = 5  # one after another that are taken for a passing trouble

Progress: TypeAlias = bool | Callable[[BatchJob], object]
"""Whether to show a bar (with tqdm), or what to call with the job after each poll."""


async def wait_for(
    status: Callable[[BatchJob], Awaitable[BatchJob]],
    job: BatchJob,
    *,
    poll: float,
    timeout: float | None,
    progress: Progress,
) -> BatchJob:
    """Return the job once it has finished, or as it is after `timeout` seconds.

    The pause between two polls grows from `poll` seconds by half, up to ten minutes. Errors that may pass are
    polled over, up to five in a row.
    """
    if not poll > 0:
        raise ConfigurationError(f"wait(poll={poll}): the seconds between two polls are more than 0")
    show = _shower(progress, job)
    started, pause, poller = anyio.current_time(), poll, _Poller(status)
    try:
        while True:
            job = await poller.poll(job)
            show.update(job)
            left = None if timeout is None else started + timeout - anyio.current_time()
            if job.finished or (left is not None and left <= 0):
                return job
            await anyio.sleep(pause if left is None else min(pause, left))
            pause = max(pause, min(pause * _GROWTH, _LONGEST_POLL))
    finally:
        show.close()


class _Poller:
    """Polls, over errors that may pass, up to a number of them in a row."""

    def __init__(self, status: Callable[[BatchJob], Awaitable[BatchJob]]) -> None:
        self._status = status
        self._failures = 0

    async def poll(self, job: BatchJob) -> BatchJob:
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


class _Shower(Protocol):
    def update(self, job: BatchJob) -> None: ...
    def close(self) -> None: ...


class _Calls:
    """Calls a function of the application's with the job."""

    def __init__(self, call: Callable[[BatchJob], object]) -> None:
        self._call = call

    def update(self, job: BatchJob) -> None:
        self._call(job)

    def close(self) -> None:
        """Nothing is open."""


class _Bar:
    """A bar of tqdm: requests that have finished, of all."""

    def __init__(self, job: BatchJob) -> None:
        self._bar = ProgressBar("wait", total=len(job.ids), unit="request", desc=f"batch {job.parts[0].id}")

    def update(self, job: BatchJob) -> None:
        self._bar.update(job.counts.finished, job.raw_state)

    def close(self) -> None:
        self._bar.close()


def _shower(progress: Progress, job: BatchJob) -> _Shower:
    if progress is True:
        return _Bar(job)
    return _Calls(_nothing if progress is False else progress)


def _nothing(job: BatchJob) -> None:
    """Show nothing."""
