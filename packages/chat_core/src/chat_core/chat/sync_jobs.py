"""The jobs of a client from synchronous code: batches of requests, and videos."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager

from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider import BatchProvider
from chat_core.provider.video import VideoProvider
from chat_core.types.batch import BatchItem, BatchJob, BatchRequests
from chat_core.types.files import File
from chat_core.types.video import VideoJob, Videos


class SyncProviderBatches:
    """The methods of `client.batches` without `await`; `sync_client.batches` is one of these."""

    def __init__(self, batches: BatchProvider, loop: SyncLoop) -> None:
        self._batches = batches
        self._loop = loop

    def submit(self, requests: BatchRequests, /) -> BatchJob:
        """Start a batch of requests by ids of your choice, as `BatchProvider.submit` does."""
        return self._loop.run(self._batches.submit, requests)

    def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`."""
        return self._loop.run(self._batches.status, job)

    def results(self, job: BatchJob, /) -> AbstractContextManager[Generator[BatchItem]]:
        """Yield what became of each request: `with batches.results(job) as items: for item in items: ...`."""
        return self._loop.iterate(self._batches.results, job)

    def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job. Raises a `ChatError`."""
        return self._loop.run(self._batches.cancel, job)

    def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = 60.0,
        timeout: float | None = None,
        progress: bool | Callable[[BatchJob], object] = False,
    ) -> BatchJob:
        """Return the job once it has finished, as `BatchProvider.wait` does. Ctrl-C leaves it running."""
        return self._loop.run(self._batches.wait, job, poll=poll, timeout=timeout, progress=progress)


class SyncVideos:
    """The methods of `client.videos` without `await`; `sync_client.videos` is one of these."""

    def __init__(self, videos: VideoProvider, loop: SyncLoop) -> None:
        self._videos = videos
        self._loop = loop

    def submit(
        self,
        prompt: str,
        /,
        *,
        image: File | None = None,
        seconds: int | None = None,
        aspect_ratio: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> VideoJob:
        """Start a video of what a text describes, as `VideoProvider.submit` does."""
        submit = self._videos.submit
        return self._loop.run(
            submit, prompt, image=image, seconds=seconds, aspect_ratio=aspect_ratio, options=options
        )

    def status(self, job: VideoJob, /) -> VideoJob:
        """Return the job as it is now. Raises a `ChatError`."""
        return self._loop.run(self._videos.status, job)

    def wait(self, job: VideoJob, /, *, poll: float = 10.0, timeout: float | None = None) -> VideoJob:
        """Return the job once it has finished, as `VideoProvider.wait` does. Ctrl-C leaves it running."""
        return self._loop.run(self._videos.wait, job, poll=poll, timeout=timeout)

    def result(self, job: VideoJob, /) -> Videos:
        """Return the videos of a finished job, as `VideoProvider.result` does."""
        return self._loop.run(self._videos.result, job)
