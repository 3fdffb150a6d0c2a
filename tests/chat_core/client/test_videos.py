"""Videos: jobs that another process goes on with, at each server that makes them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from chat_core import (
    ConfigurationError,
    File,
    InvalidRequest,
    InvalidResponse,
    NotFound,
    Overloaded,
    ProviderError,
)
from chat_core.provider.video import SupportsVideos, VideoProvider
from chat_core.testing import FakeTransport
from chat_core.types.video import VideoJob
from chat_gemini import GeminiBuilder
from chat_together import TogetherBuilder
from pydantic import TypeAdapter
from together.types import VideoCreateParams

pytestmark = pytest.mark.anyio

MOVIE = b"\0\0\0\x18ftypmp42"
OPERATION = "projects/p/locations/global/publishers/google/models/veo-3.1-generate-001/operations/op-1"
FRAME = File.from_url("https://a.example/first.png", "image/png")


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def vertex(transport: FakeTransport) -> Any:
    builder = GeminiBuilder().with_vertex("p", "global").with_model("veo-3.1-generate-001")
    return builder.with_header("authorization", "Bearer t").with_transport(transport).build()


def together(transport: FakeTransport) -> Any:
    builder = TogetherBuilder().with_model("minimax/video-01").with_api_key("k")
    return builder.with_transport(transport).build()


def operation(**fields: Any) -> dict[str, Any]:
    return {"name": OPERATION, **fields}


def job_of_together(status: str, **fields: Any) -> dict[str, Any]:
    return {"id": "video-1", "model": "m", "status": status, **fields}


@dataclass(frozen=True)
class Server:
    """One server: its client, and what it answers at each point of a job."""

    client: Callable[[FakeTransport], Any]
    running: dict[str, Any]
    done: dict[str, Any]
    failed: dict[str, Any]
    id: str
    file: File


SERVERS = {
    "vertex": Server(
        vertex,
        operation(),
        operation(
            done=True,
            response={
                "videos": [{"mimeType": "video/mp4", "bytesBase64Encoded": base64.b64encode(MOVIE).decode()}]
            },
        ),
        operation(done=True, error={"code": 3, "message": "The prompt is too long."}),
        OPERATION,
        File("video/mp4", MOVIE),
    ),
    "together": Server(
        together,
        job_of_together("in_progress"),
        job_of_together("completed", outputs={"cost": 1, "video_url": "https://cdn.example/a.mp4"}),
        job_of_together("failed", error={"message": "The prompt is too long."}),
        "video-1",
        File("video/mp4", url="https://cdn.example/a.mp4"),
    ),
}
each_server = pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)


@each_server
async def test_another_process_goes_on_with_a_stored_job(server: Server) -> None:
    transport = FakeTransport().answer(server.running)
    client = server.client(transport)
    assert isinstance(client, SupportsVideos)
    assert isinstance(client.videos, VideoProvider)
    stored = (await client.videos.submit("A cat at the piano.", seconds=8, aspect_ratio="16:9")).to_json()
    assert "piano" not in stored

    later = FakeTransport().answer(server.running).answer(server.running).answer(server.done)
    client, job = server.client(later.answer(server.done)), VideoJob.from_json(stored)
    assert (job.id, job.finished) == (server.id, False)
    job = await client.videos.wait(job)
    assert (job.state, job.error) == ("done", None)
    videos = await client.videos.result(VideoJob.from_json(job.to_json()))
    assert videos.files == (server.file,)
    assert len(later.requests) == 4


@each_server
async def test_a_job_that_failed_says_why(server: Server) -> None:
    transport = FakeTransport().answer(server.running).answer(server.failed)
    client = server.client(transport)
    job = await client.videos.wait(await client.videos.submit("A cat."))
    assert (job.state, job.error) == ("failed", "The prompt is too long.")
    with pytest.raises(InvalidRequest, match="The prompt is too long"):
        await client.videos.result(job)


@each_server
async def test_the_result_of_a_job_that_runs_is_refused_with_what_to_do(server: Server) -> None:
    transport = FakeTransport().answer(server.running).answer(server.running).answer(server.running)
    client = server.client(transport)
    job = await client.videos.submit("A cat.")
    with pytest.raises(ConfigurationError, match=r"client\.videos\.wait\(job\)"):
        await client.videos.result(job)
    assert (await client.videos.wait(job, timeout=0.0)).finished is False


@each_server
async def test_waiting_goes_on_over_a_passing_trouble_and_ends_at_a_lasting_one(server: Server) -> None:
    transport = FakeTransport().answer(server.running)
    busy = {"error": {"message": "busy"}}
    transport.answer(busy, status=503).answer(server.done)
    client = server.client(transport)
    job = await client.videos.submit("A cat.")
    assert (await client.videos.wait(job)).state == "done"
    transport.answer({"error": {"message": "no such job"}}, status=404)
    with pytest.raises(NotFound):
        await client.videos.wait(job)
    for _ in range(5):
        transport.answer(busy, status=503)
    with pytest.raises(Overloaded):
        await client.videos.wait(job, poll=0.5)
    with pytest.raises(ConfigurationError, match="more than 0"):
        await client.videos.wait(job, poll=0)


@each_server
async def test_an_error_under_200_and_an_answer_without_a_job_raise(server: Server) -> None:
    transport = FakeTransport().answer({"error": {"message": "no room", "code": 400}}).answer({})
    client = server.client(transport)
    with pytest.raises(ProviderError, match="no room"):
        await client.videos.submit("A cat.")
    with pytest.raises(InvalidResponse):
        await client.videos.submit("A cat.")


async def test_what_is_sent_to_vertex() -> None:
    transport = FakeTransport().answer(operation()).answer(operation()).answer(operation())
    client = vertex(transport)
    image = File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
    more = {"sampleCount": 2, "storageUri": "gs://bucket/cats"}
    job = await client.videos.submit("A cat.", image=image, seconds=8, aspect_ratio="9:16", options=more)
    started = transport.requests[0].url
    assert started.endswith("/publishers/google/models/veo-3.1-generate-001:predictLongRunning")
    assert transport.last_body == {
        "instances": [
            {
                "prompt": "A cat.",
                "image": {"bytesBase64Encoded": image.base64(), "mimeType": "image/png"},
            }
        ],
        "parameters": {"durationSeconds": 8, "aspectRatio": "9:16", **more},
    }
    await client.videos.status(job)
    assert transport.requests[1].url == started.replace("predictLongRunning", "fetchPredictOperation")
    assert transport.last_body == {"operationName": OPERATION}
    with pytest.raises(ConfigurationError, match="gs:// address"):
        await client.videos.submit("A cat.", image=FRAME)
    stored = File.from_url("gs://bucket/first.png", "image/png")
    await client.videos.submit("A cat.", image=stored)
    instance: Any = transport.last_body["instances"]
    assert instance[0]["image"] == {"gcsUri": "gs://bucket/first.png", "mimeType": "image/png"}


async def test_a_filter_of_vertex_is_reported() -> None:
    reasons = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["A face."]}
    stored = {"gcsUri": "gs://bucket/cats/a.mp4", "mimeType": "video/mp4"}
    some = operation(done=True, response={"videos": [stored], **reasons})
    transport = FakeTransport().answer(operation())
    transport.answer(operation(done=True, response=reasons)).answer(some).answer(some)
    client = vertex(transport)
    job = await client.videos.submit("A cat.")
    assert (await client.videos.status(job)).error == "1 filtered by the server: A face."
    videos = await client.videos.result(job)
    assert [file.url for file in videos.files] == ["gs://bucket/cats/a.mp4"]
    assert [notice.message for notice in videos.notices] == ["1 filtered by the server: A face."]


async def test_what_is_sent_to_together_is_what_its_sdk_sends() -> None:
    transport = FakeTransport().answer(job_of_together("queued")).answer(job_of_together("cancelled"))
    client = together(transport)
    job = await client.videos.submit(
        "A cat.", image=FRAME, seconds=8, aspect_ratio="16:9", options={"seed": 7}
    )
    assert transport.requests[0].url == "https://api.together.ai/v2/videos"
    sent = TypeAdapter(VideoCreateParams).validate_python(dict(transport.last_body), extra="forbid")
    assert (sent.get("seconds"), sent.get("ratio"), sent.get("seed")) == ("8", "16:9", 7)
    assert (await client.videos.status(job)).state == "failed"
    assert transport.requests[1].url == "https://api.together.ai/v2/videos/video-1"
    with pytest.raises(ConfigurationError, match="fetches the first image"):
        await client.videos.submit("A cat.", image=File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png"))


async def test_what_cannot_be_is_refused_before_anything_is_sent() -> None:
    client = together(FakeTransport())
    with pytest.raises(ConfigurationError, match="takes an image, not video/mp4"):
        await client.videos.submit("A cat.", image=File.from_bytes(MOVIE, "video/mp4"))
    with pytest.raises(ConfigurationError, match="submit"):
        await client.videos.submit("")
    transport = FakeTransport().answer(operation())
    job = await vertex(transport).videos.submit("A cat.")
    with pytest.raises(ConfigurationError, match="this video is of vertex"):
        await client.videos.status(job)
    with pytest.raises(ConfigurationError, match="not a video job"):
        VideoJob.from_json("{}")
    gemini = GeminiBuilder().with_model("veo-3.1").with_api_key("k").build()
    with pytest.raises(ConfigurationError, match=r"with_vertex\("):
        _ = gemini.videos
