"""The videos of a client from synchronous code."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider.video import VideoProvider
from chat_core.types.files import File
from chat_core.types.video import VideoJob, Videos


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
