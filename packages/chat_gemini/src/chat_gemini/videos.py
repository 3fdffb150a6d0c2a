"""Videos of Veo's models on Vertex: long-running predictions.

Facts: google-genai 3.4.0, and Google's documentation, November 2026. The Gemini API has no such models any
more.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace

from chat_core import ConfigurationError, File, InvalidResponse, JsonObject, Notice
from chat_core.client import resource_path
from chat_core.client.videos import VideoJobs, ended
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.video import VideoJob, Videos
from chat_core.wire import read_object

from chat_gemini.decode import decode_error
from chat_gemini.decode.errors import check_frame
from chat_gemini.names import model_path
from chat_gemini.settings import Settings


class GeminiVideos(VideoJobs[Settings]):
    """The videos of a model of Veo's, such as "veo-3.1-generate-001", on Vertex."""

    def __init__(self, settings: Settings) -> None:
        endpoint = settings.defaults.endpoint
        super().__init__(settings, endpoint.provider, decode_error)
        if not endpoint.has_predict:
            raise ConfigurationError(
                "the Gemini API makes no videos: Veo's models are on Vertex, "
                'GeminiBuilder().with_vertex("my-project")'
            )

    async def _submit(
        self,
        prompt: str,
        image: File | None,
        seconds: int | None,
        aspect_ratio: str | None,
        options: Mapping[str, object],
    ) -> str:
        instance: dict[str, object] = {"prompt": prompt}
        if image is not None:
            instance["image"] = _image(image)
        chosen = {"durationSeconds": seconds, "aspectRatio": aspect_ratio}
        parameters = {name: value for name, value in chosen.items() if value is not None}
        body = {"instances": [instance], "parameters": {**parameters, **options}}
        name = as_text(
            (await self._send("POST", self._path("predictLongRunning"), _decode, body)).get("name")
        )
        if not name:
            raise InvalidResponse("the server has started a video, and does not name its operation")
        return name

    async def _status(self, job: VideoJob) -> VideoJob:
        found = await self._operation(job)
        if found.get("done") is not True:
            return replace(job, raw_state="running")
        error = as_object(found.get("error"))
        if error:
            return ended(job, "failed", as_text(error.get("message")) or str(error.get("code")))
        response = as_object(found.get("response"))
        if not as_list(response.get("videos")):
            return ended(job, "filtered", _filtered(response) or "the server has made no video")
        return ended(job, "done")

    async def _result(self, job: VideoJob) -> Videos:
        response = as_object((await self._operation(job)).get("response"))
        videos = [as_object(video) for video in as_list(response.get("videos"))]
        filtered = _filtered(response)
        notices = (Notice("videos", filtered),) if filtered else ()
        return Videos(tuple(map(_file, videos)), notices, response)

    async def _operation(self, job: VideoJob) -> JsonObject:
        """Return the operation. Its videos are in it once it is done: the server knows no other form."""
        body = {"operationName": job.id}
        return await self._send("POST", self._path("fetchPredictOperation", job.model), _decode, body)

    def _path(self, method: str, model: str | None = None) -> str:
        path = model_path(model or self.model, self._settings.defaults.endpoint)
        return f"/{resource_path(path)}:{method}"


def _decode(body: bytes) -> JsonObject:
    found = read_object(body, "an operation that makes a video")
    if "name" not in found:
        check_frame(found)
    return found


def _image(image: File) -> JsonObject:
    mimetype = image.mimetype or "image/png"
    if image.data is not None:
        return {"bytesBase64Encoded": image.base64(), "mimeType": mimetype}
    address = image.url or image.id or ""
    if not address.startswith("gs://"):
        raise ConfigurationError(
            f"Vertex takes the first image of a video as bytes or at a gs:// address, not {address[:80]!r}"
        )
    return {"gcsUri": address, "mimeType": mimetype}


def _file(video: JsonObject) -> File:
    mimetype = as_text(video.get("mimeType")) or "video/mp4"
    if encoded := as_text(video.get("bytesBase64Encoded")):
        try:
            return File(mimetype, base64.b64decode(encoded, validate=True))
        except ValueError as exc:
            raise InvalidResponse(f"the data of a video is not base64: {encoded[:60]!r}") from exc
    address = as_text(video.get("gcsUri"))
    if not address:
        raise InvalidResponse(f"a video without data and without an address: {list(video)}")
    return File.from_url(address, mimetype)


def _filtered(response: JsonObject) -> str:
    """Return why videos were left out by the server's filter; empty where none were."""
    reasons = [as_text(reason) for reason in as_list(response.get("raiMediaFilteredReasons"))]
    count = response.get("raiMediaFilteredCount")
    if not count and not any(reasons):
        return ""
    return (
        f"{count or len(reasons)} filtered by the server: {'; '.join(filter(None, reasons)) or 'no reason'}"
    )
