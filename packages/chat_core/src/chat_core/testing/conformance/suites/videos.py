"""What a client has to do with videos that its server makes."""

from __future__ import annotations

from dataclasses import replace

from chat_core.provider.video import SupportsVideos, VideoProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal
from chat_core.testing.conformance.provider_suite import ProviderSuite, find_tape
from chat_core.testing.conformance.side_requests import (
    error_of,
    in_base64,
    require_failures,
    require_key_in_header,
    require_no_result,
    require_refused,
    sent_text,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.errors import ConfigurationError, ProviderError
from chat_core.types.json_values import as_list
from chat_core.types.video import VideoJob, Videos

_PROMPT = "canary-prompt-Vd2"


class VideosSuite(ProviderSuite):
    """A video goes from its prompt to its bytes, or to its URL, as a job that any process continues.

    `video.tape` has the exchanges of `submit`, of a `status` that finds the job finished, and those of
    `result`. Its expectation has `base64`, the bytes of each video, or `urls`. `video_failed.tape` has a
    `submit`, and a `status` that finds the job failed.
    """

    def videos_client(self, transport: Transport) -> VideoProvider:
        """Return the `videos` of a client. Raises `ConformanceFailure` where it has none."""
        client = self.client(transport)
        if not isinstance(client, SupportsVideos):
            fail(f"{type(client).__name__} has no `videos`, a `chat_core.client.videos.VideoJobs`.")
        return client.videos

    @check
    async def test_a_video_goes_from_its_prompt_to_its_bytes(self) -> None:
        """`submit`, `status` and `result` give the videos of the job, as bytes or by URL."""
        transport = self._video_transport()
        job = await self.videos_client(transport).submit(_PROMPT)
        require(not job.finished, f"A new job is {job.state}.")
        self._require_videos(await self._video_result(transport, job))

    @check
    async def test_a_video_job_is_plain_data(self) -> None:
        """A stored job continues in another process: `VideoJob.from_json(job.to_json())` has all it needs,
        and nothing of the key or of the prompt.
        """
        transport = self._video_transport()
        job = await self.videos_client(transport).submit(_PROMPT)
        stored = job.to_json()
        require(self.key not in stored and _PROMPT not in stored, "The stored job has the key or the prompt.")
        restored = VideoJob.from_json(stored)
        require_equal("The restored job", restored, job)
        self._require_videos(await self._video_result(transport, restored))

    @check
    async def test_what_a_video_is_of_is_sent(self) -> None:
        """The prompt, the model, the length, the shape and fields of the server's own are in the request."""
        transport = self._video_transport()
        client = self.videos_client(transport)
        await client.submit(_PROMPT, seconds=7, aspect_ratio="16:9", options={"canary_field": "canary-Fv8"})
        wanted = (_PROMPT, "7", "16:9", "canary_field", "canary-Fv8", self.client(transport).model)
        missing = [text for text in wanted if text not in sent_text(transport)]
        require(not missing, f"{missing} are nowhere in what was sent.")

    @check
    async def test_the_result_of_a_running_video_is_refused(self) -> None:
        """`result` of a job that still runs raises `ConfigurationError`, and gives no empty list."""
        transport = WatchedTransport([self._video_exchanges()[0]] * 3)
        client = self.videos_client(transport)
        job = replace(await client.submit(_PROMPT), raw_state="running")
        error = await error_of(lambda _: client.result(job), transport)
        require(error is not None, "It gave a result.")

    @check
    async def test_a_video_that_failed_is_an_error(self) -> None:
        """A job that failed is finished, says why, and its `result` raises `ProviderError`."""
        if find_tape(self.tapes, "video_failed") is None and "video_failed" not in self.absent:
            fail("There is no tape video_failed.tape: record it, or give a reason in `absent`.")
        transport = WatchedTransport(self.scenario("video_failed").exchanges)
        client = self.videos_client(transport)
        job = await client.status(await client.submit(_PROMPT))
        require_equal("The state", job.state, "failed")
        require(job.error, "The job does not say why: `ended(job, state, error)` keeps it.")
        error = await error_of(lambda _: client.result(job), transport)
        require(isinstance(error, ProviderError), f"result() raised {error!r}.")

    @check
    async def test_a_video_of_another_server_is_refused(self) -> None:
        """A job of another provider or address is refused with `ConfigurationError`, before anything is
        sent.
        """
        job = await self.videos_client(self._video_transport()).submit(_PROMPT)
        other = replace(job, provider="another", base_url="https://another.invalid")
        await require_refused(lambda transport: self.videos_client(transport).status(other), "Its status")
        await require_refused(lambda transport: self.videos_client(transport).result(other), "Its result")

    @check
    async def test_a_blank_prompt_is_refused(self) -> None:
        """A video of nothing is refused with `ConfigurationError`, before anything is sent."""
        await require_refused(lambda transport: self.videos_client(transport).submit(" "), "A blank prompt")

    @check
    async def test_failures_of_videos_are_read(self) -> None:
        """A failure raises the error of its status, and is sent once: a second request may be a second
        video.
        """
        await require_failures(self._video_exchanges(), self._submitted_video, self.key)

    @check
    async def test_a_body_without_a_job_is_an_error(self) -> None:
        """A body that names no job raises a `ChatError`: there would be nothing to ask for later."""
        await require_no_result(self._video_exchanges(), self._submitted_video)

    @check
    async def test_the_key_of_videos_is_in_a_header(self) -> None:
        """The requests have the key in a header, and not in their URLs and bodies."""
        transport = self._video_transport()
        await self._video_result(transport, await self._submitted_video(transport))
        require_key_in_header(transport, self.key)

    @check
    async def test_waiting_for_a_video_ends(self) -> None:
        """`wait` asks for the state until the job has finished, and returns it as it is then."""
        transport = self._video_transport()
        client = self.videos_client(transport)
        job = await client.wait(await client.submit(_PROMPT), poll=1.0)
        require_equal("The state", job.state, "done")

    def _video_exchanges(self) -> list[Exchange]:
        found = list(self.scenario("video").exchanges)
        require(len(found) > 1, "video.tape needs the exchanges of submit and status, and those of result.")
        return found

    def _video_transport(self) -> WatchedTransport:
        return WatchedTransport(self._video_exchanges())

    async def _submitted_video(self, transport: WatchedTransport) -> VideoJob:
        return await self.videos_client(transport).submit(_PROMPT)

    async def _video_result(self, transport: WatchedTransport, job: VideoJob) -> Videos:
        client = self.videos_client(transport)
        job = await client.status(job)
        require(job.finished, f"The job is {job.state}: video.tape has to finish it with one `status`.")
        try:
            return await client.result(job)
        except ConfigurationError as error:
            fail(f"The finished job gave no result: {error}")

    def _require_videos(self, videos: Videos) -> None:
        expected = self.scenario("video").expected
        require(expected.keys() & {"base64", "urls"}, "video.tape expects neither base64 nor urls.")
        if "base64" in expected:
            found = [in_base64(file.data) for file in videos.files]
            require_equal("The videos, in base64,", found, as_list(expected["base64"]))
        if "urls" in expected:
            require_equal("The URLs", [file.url for file in videos.files], as_list(expected["urls"]))
