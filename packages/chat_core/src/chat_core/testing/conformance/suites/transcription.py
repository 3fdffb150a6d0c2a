"""What a client has to do with speech that becomes text."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_core.chat.builder import ChatBuilder
from chat_core.provider.speech import TranscriptionProvider, TranscriptionStreamProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal, skip
from chat_core.testing.conformance.expected import usage_differences
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.side_requests import (
    is_sent,
    require_failures,
    require_key_in_header,
    require_no_result,
    require_refused,
    sent_text,
)
from chat_core.testing.conformance.side_streams import require_freed, require_never_whole
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.form import Exchange
from chat_core.transport import Transport
from chat_core.types.audio import Transcription, TranscriptionDone, TranscriptionEvent
from chat_core.types.events import TextChunk
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, as_object

RECORDING = File.from_bytes(b"RIFF\x24\0\0\0WAVE canary-sound-Ww4", "audio/wav", name="canary.wav")
_NOT_SOUND = File.from_bytes(b"\x89PNG\r\n\x1a\n canary", "image/png", name="canary.png")


class TranscriptionSuite(ProviderSuite):
    """A recording comes out as text: `transcription.tape` has a whole response, and a streamed one where the
    client streams.

    Its expectation may have `text`, `language`, `duration`, `segments` and `words` (how many), `model` and
    `usage`.
    """

    def transcription_client(self, transport: Transport) -> TranscriptionProvider:
        """Return a client that transcribes. Raises `ConformanceFailure` where it has no `transcribe`."""
        client = self.client(transport)
        if not isinstance(client, TranscriptionProvider):
            fail(f"{type(client).__name__} has no method transcribe(file, *, model, language).")
        return client

    @check
    async def test_a_recording_comes_out_as_text(self) -> None:
        """`transcribe` returns the text, and what else the server tells of the recording."""
        transcription = await self._transcribe(self._recording_transport())
        _require_transcription(transcription, self.scenario("transcription").expects("whole"))

    @check
    async def test_the_recording_is_sent(self) -> None:
        """The bytes of the recording are sent, with the model and the language."""
        transport = self._recording_transport()
        client = self.transcription_client(transport)
        await client.transcribe(RECORDING, model="canary-model-Ty7", language="de")
        require(is_sent(transport, RECORDING.data or b""), "The bytes are nowhere in what was sent.")
        require("canary-model-Ty7" in sent_text(transport), "model= is not what was asked.")
        plain = self._recording_transport()
        await self._transcribe(plain)
        require(
            self.client(plain).model in sent_text(plain), "Without model=, the client's own was not asked."
        )
        require(len(sent_text(plain)) < len(sent_text(transport)), "language= makes no difference.")

    @check
    async def test_what_is_no_recording_is_not_transcribed(self) -> None:
        """A picture is refused with `ConfigurationError`, before anything is sent."""
        await require_refused(
            lambda transport: self.transcription_client(transport).transcribe(_NOT_SOUND), "A picture"
        )

    @check
    async def test_failures_of_transcriptions_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        await require_failures(self._whole_transcription(), self._transcribe, self.key)

    @check
    async def test_a_body_without_a_text_is_an_error(self) -> None:
        """A body that has no text raises a `ChatError`, and is no empty transcription."""
        await require_no_result(self._whole_transcription(), self._transcribe)

    @check
    async def test_the_key_of_transcriptions_is_in_a_header(self) -> None:
        """The request has the key in a header, and not in its URL or body."""
        transport = self._recording_transport()
        await self._transcribe(transport)
        require_key_in_header(transport, self.key)

    @check
    async def test_a_chat_transcribes(self) -> None:
        """`chat.transcribe` works on the client: `transcribe` takes `model` and `language` by their names."""
        chat = ChatBuilder().with_model(self.transcription_client(self._recording_transport())).build()
        transcription = await chat.transcribe(RECORDING)
        _require_transcription(transcription, self.scenario("transcription").expects("whole"))

    @check
    async def test_a_streamed_transcription_is_whole(self) -> None:
        """`stream_transcription` yields the text as it comes, and ends in exactly one `TranscriptionDone`
        that has all of it.
        """
        transport = WatchedTransport(self._streamed_transcription())
        async with aclosing(self._transcription_stream(transport)) as stream:
            events = [event async for event in stream]
        ends = [event.transcription for event in events if isinstance(event, TranscriptionDone)]
        at_the_end = len(ends) == 1 and isinstance(events[-1], TranscriptionDone)
        require(at_the_end, f"The events are {[type(event).__name__ for event in events]}.")
        chunks = "".join(event.text for event in events if isinstance(event, TextChunk))
        require_equal("The chunks joined", chunks.strip(), ends[0].text.strip())
        _require_transcription(ends[0], self.scenario("transcription").expects("streamed"))

    @check
    async def test_a_cut_transcription_is_truncated(self) -> None:
        """A stream that ends before the wire's terminal sign raises `StreamTruncated`, wherever it is cut."""
        await require_never_whole(self._streamed_transcription(), self._transcription_stream)

    @check
    async def test_leaving_a_transcription_frees_the_connection(self) -> None:
        """Closing the generator in the middle frees the connection: wrap what you iterate in `aclosing`."""
        await require_freed(self._streamed_transcription(), self._transcription_stream)

    def _whole_transcription(self) -> list[Exchange]:
        found = self.scenario("transcription").whole
        require(found, "transcription.tape has no response that was read whole.")
        return found

    def _streamed_transcription(self) -> list[Exchange]:
        """Return the streamed exchanges. Skips where the client does not stream."""
        client = self.transcription_client(WatchedTransport([]))
        if not isinstance(client, TranscriptionStreamProvider):
            skip("the client does not stream transcriptions")
        found = self.scenario("transcription").streamed
        require(found, "The client has stream_transcription, and transcription.tape no streamed response.")
        return found

    def _recording_transport(self) -> WatchedTransport:
        return WatchedTransport(self._whole_transcription())

    async def _transcribe(self, transport: WatchedTransport) -> Transcription:
        return await self.transcription_client(transport).transcribe(RECORDING)

    def _transcription_stream(self, transport: WatchedTransport) -> AsyncGenerator[TranscriptionEvent]:
        client = self.transcription_client(transport)
        if not isinstance(client, TranscriptionStreamProvider):
            skip("the client does not stream transcriptions")
        return client.stream_transcription(RECORDING)


def _require_transcription(came: Transcription, expected: JsonObject) -> None:
    require("text" in expected, "transcription.tape expects no text.")
    for name in ("text", "language", "duration", "model"):
        if name in expected:
            require_equal(name, getattr(came, name), expected[name])
    for name in ("segments", "words"):
        if name in expected:
            require_equal(f"The number of {name}", len(getattr(came, name)), expected[name])
    if "usage" in expected:
        wrong = list(usage_differences(came.usage, as_object(expected["usage"])))
        require(not wrong, " ".join(wrong))
