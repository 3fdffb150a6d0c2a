"""Videos of Together's: jobs on the second version of its API.

Facts: Together's reference and its SDK (together 3.1.1), November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chat_completions.settings import Settings
from chat_core import ConfigurationError, File, InvalidResponse, JsonObject
from chat_core.client import joined_url, path_segment, without_end
from chat_core.client.videos import VideoJobs, ended
from chat_core.types.json_values import as_object, as_text
from chat_core.types.video import VideoJob, Videos
from chat_core.wire import error_from_object, is_error_object, read_object

_RUNNING = ("queued", "in_progress")


class TogetherVideos(VideoJobs[Settings]):
    """The videos of a model at Together."""

    def __init__(self, settings: Settings) -> None:
        base_url = joined_url(without_end(settings.base_url, "/v1"), "/v2")
        super().__init__(replace(settings, base_url=base_url), settings.dialect.name)

    async def _submit(
        self,
        prompt: str,
        image: File | None,
        seconds: int | None,
        aspect_ratio: str | None,
        options: Mapping[str, object],
    ) -> str:
        body: dict[str, object] = {"model": self.model, "prompt": prompt}
        if seconds is not None:
            body["seconds"] = str(seconds)
        if aspect_ratio is not None:
            body["ratio"] = aspect_ratio
        if image is not None:
            if image.url is None:
                raise ConfigurationError("Together fetches the first image of a video: File.from_url(...)")
            body["media"] = {"frame_images": [{"input_image": image.url, "frame": "first"}]}
        return as_text((await self._send("POST", "/videos", _decode, {**body, **options})).get("id"))

    async def _status(self, job: VideoJob) -> VideoJob:
        found = await self._poll(job)
        state = as_text(found.get("status"))
        if state in _RUNNING:
            return replace(job, raw_state=state)
        if state == "completed":
            return ended(job, state)
        return ended(job, state, as_text(as_object(found.get("error")).get("message")) or state)

    async def _result(self, job: VideoJob) -> Videos:
        found = await self._poll(job)
        url = as_text(as_object(found.get("outputs")).get("video_url"))
        if not url:
            raise InvalidResponse("the video is done, and the server names no address of it")
        return Videos(
            (File.from_url(url, None if "." in url.rpartition("/")[2] else "video/mp4"),), raw=found
        )

    async def _poll(self, job: VideoJob) -> JsonObject:
        return await self._send("GET", f"/videos/{path_segment(job.id)}", _decode)


def _decode(body: bytes) -> JsonObject:
    found = read_object(body, "a video job")
    if not as_text(found.get("id")):
        if is_error_object(found):
            raise error_from_object(found)
        raise InvalidResponse(f"a video job without an id: {body[:200]!r}")
    return found
