"""The user's turns of speech in a session: where they begin and end, and their words."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core import JsonObject
from chat_core.realtime import RealtimeUpdate, SpeechStarted, SpeechStopped, Transcript, UserSpoke
from chat_core.types.json_values import as_text

from chat_gemini.live.decode import milliseconds

_STARTS = frozenset({"ACTIVITY_START", "VAD_SIGNAL_TYPE_SOS"})
_ENDS = frozenset({"ACTIVITY_END", "VAD_SIGNAL_TYPE_EOS"})


class UserSpeech:
    """Puts the user's words together.

    The wire has no ids for turns of speech: they are numbered here, behind `items`.

    state  | event                           | what happens
    -------|---------------------------------|--------------------------------------------------------
    silent | words                           | a turn begins: `Transcript`
    silent | the server hears speech         | a turn begins: `SpeechStarted`
    silent | an answer to speech begins      | a turn without words yet is announced by `UserSpoke`
    spoken | words                           | `Transcript`
    spoken | no more speech is heard         | `SpeechStopped`; the turn is announced
    spoken | the last words                  | the turn is announced; the final `Transcript`; silent
    spoken | an answer begins                | the turn is announced
    spoken | the answer speaks, or ends      | the final `Transcript` of the turn that it answers; silent
    spoken | speech begins again             | the same
    """

    def __init__(self, items: str, *, is_transcribed: bool) -> None:
        self._items = items
        self._is_transcribed = is_transcribed
        self._number = 0
        self._item = ""
        self._is_announced = False
        self._words: list[str] = []
        self._was_sent = False
        self._was_ended = False

    def speech_sent(self) -> None:
        """Note that speech was sent."""
        self._was_sent = True

    def speech_ended(self) -> None:
        """Note that the application ended a turn of speech."""
        self._was_ended = self._was_sent

    def turn_sent(self) -> None:
        """Note that something else was sent which the model answers next."""
        self._was_sent = self._was_ended = False

    def words(self, transcription: JsonObject) -> Iterator[RealtimeUpdate]:
        """Read a piece of the transcript."""
        if text := as_text(transcription.get("text")):
            self._item = self._item or self._begin()
            self._words.append(text)
            yield Transcript(text, "user", item=self._item)
        if transcription.get("finished") is True:
            yield from self._closed()

    def activity(self, signal: JsonObject) -> Iterator[RealtimeUpdate]:
        """Read what the server hears: the beginning or the end of speech."""
        kind = as_text(signal.get("voiceActivityType")) or as_text(signal.get("vadSignalType"))
        at_ms = milliseconds(signal.get("audioOffset"))
        if kind in _STARTS:
            yield from self._closed()
            yield SpeechStarted(at_ms, self._begin())
        elif kind in _ENDS:
            item = self._item or self._begin()
            yield SpeechStopped(at_ms, item)
            yield from self._announced()

    def answer_begins(self) -> Iterator[RealtimeUpdate]:
        """Read the beginning of an answer. Without transcripts it is the only sign of a turn of speech."""
        if self._item or self._was_ended or (self._was_sent and not self._is_transcribed):
            yield from self._announced()
        self.turn_sent()

    def answer_speaks(self) -> Iterator[RealtimeUpdate]:
        """Read the first words or sounds of an answer: those of the user that come later are another turn.

        Words that have not come yet may be those of the turn that is answered.
        """
        if self._words and self._is_announced:
            yield from self._closed()

    def answer_ended(self) -> Iterator[RealtimeUpdate]:
        """Read the end of an answer."""
        if self._is_announced:
            yield from self._closed()

    def _begin(self) -> str:
        self._number += 1
        self._item = f"{self._items}user-{self._number}"
        return self._item

    def _announced(self) -> Iterator[RealtimeUpdate]:
        self._item = self._item or self._begin()
        self._was_ended = False
        if not self._is_announced:
            self._is_announced = True
            yield UserSpoke(self._item)

    def _closed(self) -> Iterator[RealtimeUpdate]:
        if self._words:
            yield from self._announced()
            yield Transcript("".join(self._words).strip(), "user", final=True, item=self._item)
        self._item, self._is_announced = "", False
        self._words.clear()
