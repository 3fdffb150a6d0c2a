"""The conversation of a session: what was said and answered, in the order in which it belongs."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace

from chat_core.chat.calls import Calls
from chat_core.types.call_status import Failed
from chat_core.types.files import File
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import Part, Text
from chat_core.types.response import ChatResponse

UNHEARD = "(The user spoke. There is no transcript.)"


@dataclass(slots=True)
class Record:
    """Writes a session into `messages`.

    What the user says while the model answers comes after that answer. A turn of speech stands there as soon
    as it has ended; its words follow when they have been transcribed. With `keep_audio` the model's speech is
    stored beside its words.
    """

    messages: Messages
    calls: Calls
    output_rate: int | None
    keep_audio: bool = False
    _later: list[Message] = field(default_factory=list[Message])
    _spoken: dict[str, Message] = field(default_factory=dict[str, Message])  # without words yet, by item
    _words: dict[str, str] = field(default_factory=dict[str, str])  # that came before their turn had ended
    _last_item: str = ""  # of the user's last turn of speech
    _last: tuple[Message, int] | None = None  # the model's last speech, and its length in bytes

    @property
    def turns(self) -> Sequence[Message]:
        """The conversation so far, without the system messages."""
        return [message for message in self.messages if message.role != "system"]

    @property
    def awaits_words(self) -> bool:
        """Whether the user's last turn of speech has no words yet."""
        return self._last_item in self._spoken

    def forget_speech(self) -> None:
        """Note that no more transcripts come of the turns so far."""
        self._spoken.clear()
        self._words.clear()

    def user(self, message: Message, *, during_response: bool) -> None:
        """Add what the user wrote."""
        if during_response:
            self._later.append(message)
        else:
            self.messages.append(message)

    def user_spoke(self, item: str, *, during_response: bool) -> None:
        """Add a turn of the user's speech."""
        self._last_item = item
        words = self._words.pop(item, None)
        message = Message("user", [Text(words or UNHEARD)])
        if words is None:
            self._spoken[item] = message
        self.user(message, during_response=during_response)

    def transcribed(self, item: str, words: str) -> None:
        """Put the words into the turn of speech that they belong to."""
        message = self._spoken.pop(item, None)
        if message is None:
            self._words[item] = words
        elif words.strip():
            message.parts[:] = [Text(words)]
            self.messages.note_change()

    def model(self, response: ChatResponse) -> ChatResponse:
        """Add the model's turn, and return it with calls that have their own ids."""
        parts: list[Part] = response.message.parts
        if not self.keep_audio:
            parts = [part for part in parts if not _is_speech(part)]
        message = Message(
            "model", list(parts), turn=response.message.turn, interrupted=response.message.interrupted
        )
        if parts:
            self.calls.commit(message)
            self._last = (message, sum(len(f.data or b"") for f in response.files if _is_speech(f)))
        self.end_response()
        return response

    def end_response(self) -> None:
        """Add what the user said meanwhile."""
        for message in self._later:
            self.messages.append(message)
        self._later.clear()

    def cancel(self, ids: Set[str]) -> None:
        """Close the calls that wait and that the server wants no results of."""
        for call in self.messages.calls:
            if call.id in ids and call.waiting:
                call.status = Failed("The conversation went on before anybody decided; the call was not run.")
        self.messages.note_change()

    def cut(self, played_ms: int) -> None:
        """Cut the model's last turn of speech at what was played of it, and mark it as interrupted."""
        if self._last is None or self.output_rate is None:
            return
        message, size = self._last
        self._last = None
        heard = max(0, played_ms) * self.output_rate * 2 // 1000
        if heard >= size:
            return
        texts = [at for at, part in enumerate(message.parts) if isinstance(part, Text)]
        for at in texts[-1:]:
            part = message.parts[at]
            assert isinstance(part, Text)
            message.parts[at] = Text(part.text[: round(len(part.text) * heard / size)])
        for at, part in enumerate(message.parts):
            if isinstance(part, File) and _is_speech(part) and part.data is not None:
                message.parts[at] = replace(part, data=part.data[: heard // 2 * 2])
        message.interrupted = True
        self.messages.note_change()


def _is_speech(part: Part) -> bool:
    return isinstance(part, File) and part.kind == "audio"
