"""Jobs for videos, whatever a server calls them: what all of them have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from chat_core.client.base import ClientSettings, ProviderClient
from chat_core.client.polling import poll_until_finished
from chat_core.types.errors import ConfigurationError, InvalidRequest
from chat_core.types.files import File
from chat_core.types.misuse import checked_instance, checked_text
from chat_core.types.video import VideoJob, Videos

S = TypeVar("S", bound=ClientSettings)
_LONGEST_POLL = 60.0


class VideoJobs(ProviderClient[S]):
    """The videos of a model. What a server does differently is in the methods with an underscore."""

    async def submit(
        self,
        prompt: str,
        /,
        *,
        image: File | None = None,
        seconds: int | None = None,
        aspect_ratio: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> VideoJob:
        """Start a video of what a text describes, which begins with `image` where there is one.

        `aspect_ratio` is such as "16:9"; `options` are further fields of the server's. Raises
        `ConfigurationError` for what the server does not take, and a `ChatError`; retries nothing, since a
        second request may be a second video.
        """
        checked_text(prompt, "submit", '"A cat that plays the piano."')
        if image is not None:
            checked_instance(image, File, "submit(image=...)", "write File.from_path(path)")
            if image.mimetype is not None and image.kind != "image":
                raise ConfigurationError(f"submit(image=...) takes an image, not {image.mimetype}")
        id = await self._submit(prompt, image, seconds, aspect_ratio, options or {})
        origin = self._origin
        return VideoJob(origin.provider, origin.endpoint, origin.model, id, datetime.now(UTC))

    async def status(self, job: VideoJob, /) -> VideoJob:
        """Return the job as it is now. Raises a `ChatError`."""
        self._check(job)
        return await self._status(job)

    async def wait(self, job: VideoJob, /, *, poll: float = 10.0, timeout: float | None = None) -> VideoJob:
        """Return the job once it has finished, or as it is after `timeout` seconds.

        The pause between two requests for the state grows from `poll` seconds by half, up to a minute. Errors
        that may pass are polled over, up to five in a row. Raises a `ChatError`.
        """
        return await poll_until_finished(
            self.status, job, lambda _: None, poll=poll, longest=_LONGEST_POLL, timeout=timeout
        )

    async def result(self, job: VideoJob, /) -> Videos:
        """Return the videos of a finished job, as bytes or by URL.

        Raises `ConfigurationError` while it runs, `InvalidRequest` for a job that has failed, and a
        `ChatError`.
        """
        job = await self.status(job) if not job.finished else job
        self._check(job)
        if not job.finished:
            raise ConfigurationError(
                f"the video is still being made ({job.raw_state}): job = await client.videos.wait(job)"
            )
        if job.state == "failed":
            raise InvalidRequest(f"the video has failed: {job.error or job.raw_state}", code=job.raw_state)
        return await self._result(job)

    @abstractmethod
    async def _submit(
        self,
        prompt: str,
        image: File | None,
        seconds: int | None,
        aspect_ratio: str | None,
        options: Mapping[str, object],
    ) -> str:
        """Start a video, and return the server's id of it."""

    @abstractmethod
    async def _status(self, job: VideoJob) -> VideoJob:
        """Return the job as it is now."""

    @abstractmethod
    async def _result(self, job: VideoJob) -> Videos:
        """Return the videos of a job that is done."""

    def _check(self, job: VideoJob) -> None:
        checked_instance(job, VideoJob, "videos", "pass what submit(...) or VideoJob.from_json(...) returned")
        origin = self._origin
        if (job.provider, job.base_url) != (origin.provider, origin.endpoint):
            raise ConfigurationError(
                f"this video is of {job.provider} at {job.base_url}, the client of {origin.provider} at "
                f"{origin.endpoint}: build a client for that server"
            )


def ended(job: VideoJob, raw_state: str, error: str | None = None) -> VideoJob:
    """Return the job at its end: failed where there is an error, else done."""
    return replace(job, state="done" if error is None else "failed", raw_state=raw_state, error=error)
