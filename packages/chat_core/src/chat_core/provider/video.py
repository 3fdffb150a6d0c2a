"""The protocols of clients whose server makes videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from chat_core.provider import Provider

if TYPE_CHECKING:
    from chat_core.types.files import File
    from chat_core.types.video import VideoJob, Videos


@runtime_checkable
class VideoProvider(Provider, Protocol):
    """The videos of a client: jobs that the server works on for minutes."""

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

        `aspect_ratio` is such as "16:9"; `options` are further fields of the server's. Raises a `ChatError`;
        retries nothing.
        """
        ...

    async def status(self, job: VideoJob, /) -> VideoJob:
        """Return the job as it is now. Raises a `ChatError`."""
        ...

    async def wait(self, job: VideoJob, /, *, poll: float = 10.0, timeout: float | None = None) -> VideoJob:
        """Return the job once it has finished, or as it is after `timeout` seconds. Raises a `ChatError`."""
        ...

    async def result(self, job: VideoJob, /) -> Videos:
        """Return the videos of a finished job. Raises `ConfigurationError` while it runs, and a
        `ChatError`, `InvalidRequest` for a job that has failed."""
        ...


@runtime_checkable
class SupportsVideos(Provider, Protocol):
    """A client whose server makes videos."""

    @property
    def videos(self) -> VideoProvider:
        """The videos of the client's model."""
        ...
