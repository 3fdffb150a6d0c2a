"""Speech through a router: the next member is tried as with a turn, for streams before their first event."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, cast

from chat_core.provider import Provider
from chat_core.provider.speech import (
    SpeechProvider,
    SpeechStreamProvider,
    TranscriptionProvider,
    TranscriptionStreamProvider,
)
from chat_core.routing.group import Group
from chat_core.routing.trial import answer_of, open_events
from chat_core.types.messages import Messages
from chat_core.types.request import ChatRequest

if TYPE_CHECKING:
    from chat_core.types.audio import Speech, SpeechEvent, Transcription, TranscriptionEvent
    from chat_core.types.files import File


class Transcribes(Group):
    """What a router has whose members turn speech into text."""

    async def transcribe(
        self, file: File, /, *, model: str | None = None, language: str | None = None
    ) -> Transcription:
        """Return what is said in a recording, by whichever member answers; `model` goes to each as it is.

        Raises a `ChatError` after one pass over all members.
        """

        async def transcribe(client: Provider) -> Transcription:
            able = cast("TranscriptionProvider", client)
            return await able.transcribe(file, model=model, language=language)

        run = await self._pass(ChatRequest(Messages()))
        return await run.in_turn(partial(answer_of, transcribe))


class StreamsTranscriptions(Transcribes):
    """What a router has whose members yield a transcription while it is made."""

    async def stream_transcription(
        self, file: File, /, *, model: str | None = None, language: str | None = None
    ) -> AsyncGenerator[TranscriptionEvent]:
        """Yield the text of whichever member begins one; from its first event on a failure is the caller's.

        Raises a `ChatError` after one pass over all members.
        """

        def start(client: Provider) -> AsyncGenerator[TranscriptionEvent]:
            able = cast("TranscriptionStreamProvider", client)
            return able.stream_transcription(file, model=model, language=language)

        run = await self._pass(ChatRequest(Messages()))
        opened = await run.in_turn(partial(open_events, start))
        async with aclosing(opened.rest()) as events:
            async for event in events:
                yield event


class Speaks(Group):
    """What a router has whose members read text aloud."""

    async def speak(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> Speech:
        """Return a text as speech, of whichever member answers; `voice` and `model` go to each as they are.

        Raises a `ChatError` after one pass over all members.
        """

        async def speak(client: Provider) -> Speech:
            able = cast("SpeechProvider", client)
            return await able.speak(text, voice=voice, model=model, format=format)

        run = await self._pass(ChatRequest(Messages()))
        return await run.in_turn(partial(answer_of, speak))


class StreamsSpeech(Speaks):
    """What a router has whose members yield speech while it is made."""

    async def stream_speech(
        self, text: str, /, *, voice: str, model: str | None = None, format: str | None = None
    ) -> AsyncGenerator[SpeechEvent]:
        """Yield the speech of whichever member begins one; from its first event on a failure is the caller's.

        Raises a `ChatError` after one pass over all members.
        """

        def start(client: Provider) -> AsyncGenerator[SpeechEvent]:
            able = cast("SpeechStreamProvider", client)
            return able.stream_speech(text, voice=voice, model=model, format=format)

        run = await self._pass(ChatRequest(Messages()))
        opened = await run.in_turn(partial(open_events, start))
        async with aclosing(opened.rest()) as events:
            async for event in events:
                yield event
