"""What a client has to do with texts that are read aloud."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from chat_core.chat.builder import ChatBuilder
from chat_core.provider.speech import SpeechProvider, SpeechStreamProvider
from chat_core.testing.conformance.checks import check, fail, require, require_equal, skip
from chat_core.testing.conformance.expected import usage_differences
from chat_core.testing.conformance.provider_suite import ProviderSuite
from chat_core.testing.conformance.side_requests import (
    in_base64,
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
from chat_core.types.audio import Speech, SpeechChunk, SpeechDone, SpeechEvent
from chat_core.types.json_values import JsonObject, as_object

_TEXT, _VOICE = "canary-text-Sp3", "canary-voice-Vo5"
_NO_SOUND = (b"", b"{}", b'{"error": {"message": "no"}}')


class SpeechSuite(ProviderSuite):
    """A text comes out as sound: `speech.tape` has a whole response, and a streamed one where the client
    streams. Its expectation has `base64`, the sound, and may have `mimetype`, `model` and `usage`.
    """

    voice: str = _VOICE
    """The voice that is asked for; one that the server has, where the client knows them."""

    def speech_client(self, transport: Transport) -> SpeechProvider:
        """Return a client that speaks. Raises `ConformanceFailure` where it has no `speak`."""
        client = self.client(transport)
        if not isinstance(client, SpeechProvider):
            fail(f"{type(client).__name__} has no method speak(text, *, voice, model, format).")
        return client

    @check
    async def test_a_text_comes_out_as_speech(self) -> None:
        """`speak` returns the sound byte for byte, with its MIME type, and the text as its transcript."""
        self._require_speech(
            await self._speak(self._speech_transport()), self.scenario("speech").expects("whole")
        )

    @check
    async def test_the_text_and_the_voice_are_sent(self) -> None:
        """The text, the voice and the model are in the request, and `model=` takes the place of the client's
        own.
        """
        transport = self._speech_transport()
        await self._speak(transport)
        wanted = (_TEXT, self.voice, self.client(transport).model)
        missing = [text for text in wanted if text not in sent_text(transport)]
        require(not missing, f"{missing} are nowhere in what was sent.")
        transport = self._speech_transport()
        await self.speech_client(transport).speak(_TEXT, voice=self.voice, model="canary-model-Ty7")
        require("canary-model-Ty7" in sent_text(transport), "model= is not what was asked.")

    @check
    async def test_a_format_that_there_is_not_is_refused(self) -> None:
        """A format that the server does not have is refused with `ConfigurationError`, which names those that
        there are, and is not taken for another.
        """
        await require_refused(
            lambda transport: self.speech_client(transport).speak(_TEXT, voice=self.voice, format="canary"),
            'format="canary"',
        )

    @check
    async def test_a_blank_text_is_not_spoken(self) -> None:
        """A blank text is refused with `ConfigurationError`, before anything is sent."""
        await require_refused(
            lambda transport: self.speech_client(transport).speak(" \n", voice=self.voice), "A blank text"
        )

    @check
    async def test_failures_of_speech_are_read(self) -> None:
        """A failure raises the error of its status, as for turns, and is sent once."""
        await require_failures(self._whole_speech(), self._speak, self.key)

    @check
    async def test_a_body_without_sound_is_an_error(self) -> None:
        """A body that has no sound, or an error in its place, raises a `ChatError`, and is no silence."""
        await require_no_result(self._whole_speech(), self._speak, _NO_SOUND)

    @check
    async def test_the_key_of_speech_is_in_a_header(self) -> None:
        """The request has the key in a header, and not in its URL or body."""
        transport = self._speech_transport()
        await self._speak(transport)
        require_key_in_header(transport, self.key)

    @check
    async def test_a_chat_speaks(self) -> None:
        """`chat.speak` works on the client: `speak` takes `voice`, `model` and `format` by their names."""
        chat = ChatBuilder().with_model(self.speech_client(self._speech_transport())).build()
        speech = await chat.speak(_TEXT, voice=self.voice)
        self._require_speech(speech, self.scenario("speech").expects("whole"))

    @check
    async def test_streamed_speech_is_whole(self) -> None:
        """`stream_speech` yields the sound as it comes, and ends in exactly one `SpeechDone` that has all of
        it.
        """
        async with aclosing(self._speech_stream(WatchedTransport(self._streamed_speech()))) as stream:
            events = [event async for event in stream]
        ends = [event.speech for event in events if isinstance(event, SpeechDone)]
        at_the_end = len(ends) == 1 and isinstance(events[-1], SpeechDone)
        require(at_the_end, f"The events are {[type(event).__name__ for event in events]}.")
        chunks = b"".join(event.data for event in events if isinstance(event, SpeechChunk))
        sound = ends[0].file.data or b""
        same = chunks[-8:] == sound[-8:] and len(chunks) == len(sound)  # a header of wav may have its length
        require(same, f"The chunks have {len(chunks)} bytes, and the speech {len(sound)}, or others.")
        self._require_speech(ends[0], self.scenario("speech").expects("streamed"))

    @check
    async def test_cut_speech_is_truncated(self) -> None:
        """A stream that ends before the wire's terminal sign raises `StreamTruncated`, wherever it is cut."""
        await require_never_whole(self._streamed_speech(), self._speech_stream)

    @check
    async def test_leaving_speech_frees_the_connection(self) -> None:
        """Closing the generator in the middle frees the connection: wrap what you iterate in `aclosing`."""
        await require_freed(self._streamed_speech(), self._speech_stream)

    def _whole_speech(self) -> list[Exchange]:
        found = self.scenario("speech").whole
        require(found, "speech.tape has no response that was read whole.")
        return found

    def _streamed_speech(self) -> list[Exchange]:
        """Return the streamed exchanges. Skips where the client does not stream."""
        if not isinstance(self.speech_client(WatchedTransport([])), SpeechStreamProvider):
            skip("the client does not stream speech")
        found = self.scenario("speech").streamed
        require(found, "The client has stream_speech, and speech.tape no streamed response.")
        return found

    def _speech_transport(self) -> WatchedTransport:
        return WatchedTransport(self._whole_speech())

    async def _speak(self, transport: WatchedTransport) -> Speech:
        return await self.speech_client(transport).speak(_TEXT, voice=self.voice)

    def _speech_stream(self, transport: WatchedTransport) -> AsyncGenerator[SpeechEvent]:
        client = self.speech_client(transport)
        if not isinstance(client, SpeechStreamProvider):
            skip("the client does not stream speech")
        return client.stream_speech(_TEXT, voice=self.voice)

    def _require_speech(self, came: Speech, expected: JsonObject) -> None:
        require("base64" in expected, 'speech.tape expects no sound: "expected": {"base64": "UklG…"}.')
        require_equal("The sound, in base64,", in_base64(came.file.data), expected["base64"])
        require_equal("The transcript", came.file.transcript, _TEXT)
        if "mimetype" in expected:
            require_equal("mimetype", came.file.mimetype, expected["mimetype"])
        if "model" in expected:
            require_equal("model", came.model, expected["model"])
        if "usage" in expected:
            wrong = list(usage_differences(came.usage, as_object(expected["usage"])))
            require(not wrong, " ".join(wrong))
