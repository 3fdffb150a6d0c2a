"""Waiting for a batch: polling with growing pauses, and a progress bar."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from chat_core.client.polling import poll_until_finished
from chat_core.types.batch import BatchJob
from chat_core.types.progress import ProgressBar

FIRST_POLL = 60.0
_LONGEST_POLL = 600.0

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
    show = _shower(progress, job)
    try:
        return await poll_until_finished(
            status, job, show.update, poll=poll, longest=_LONGEST_POLL, timeout=timeout
        )
    finally:
        show.close()


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
