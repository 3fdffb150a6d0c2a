"""One response of a session, as far as it has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chat_core import (
    ChatResponse,
    File,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Origin,
    Part,
    ReasoningChunk,
    Text,
    TextChunk,
    ToolCallChunk,
    Turn,
    Usage,
)
from chat_core.realtime import AudioChunk, RealtimeUpdate, Transcript
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import CallIds, fail_pending, mark_truncated

from chat_gemini.decode.files import inline_file
from chat_gemini.decode.parts import PartAssembler
from chat_gemini.live.decode import ending_notice, finish
from chat_gemini.live.settings import OUTPUT_RATE

BYTES_PER_MS = OUTPUT_RATE * 2 / 1000
_INTERRUPTED = "The response was interrupted; the call was not run."
# what is read apart; other fields of a `serverContent` are kept in `raw`
_CONTENT = frozenset({"modelTurn", "outputTranscription", "inputTranscription", "interimInputTranscription"})
_OF_CANDIDATE = ("groundingMetadata", "urlContextMetadata")


class LiveResponse:
    """Collects what arrives of a response. `item` names its speech.

    - `is_dropped`: the application interrupted it, `played_ms` into its speech where that is known
    - `is_interrupted`: the server did; of either nothing more is shown
    - `has_spoken`: words or sounds have come, and not thoughts alone
    """

    def __init__(self, item: str, origin: Origin, ids: CallIds, names: Mapping[str, str]) -> None:
        self.item = item
        self.is_dropped = False
        self.is_interrupted = False
        self.played_ms: int | None = None
        self.has_spoken = False
        self._origin = origin
        self._parts = PartAssembler(origin, ids, names)
        self._form: str | None = f"audio/pcm;rate={OUTPUT_RATE}"
        self._speech: list[bytes] = []
        self._words: list[str] = []
        self._is_spoken = False  # words may come before their sounds
        self._fields: JsonObject = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing more of it is shown."""
        return self.is_dropped or self.is_interrupted

    def add_parts(self, parts: Iterable[JsonObject]) -> Iterator[RealtimeUpdate]:
        """Take parts of the model's turn. Raises `InvalidResponse` for speech that cannot be read."""
        for part in parts:
            blob = as_object(part.get("inlineData"))
            if as_text(blob.get("mimeType")).startswith("audio/"):
                yield self._add_speech(blob)
                continue
            for event in self._parts.add(part):
                if isinstance(event, TextChunk | ReasoningChunk | ToolCallChunk):
                    yield event

    def add_words(self, text: str) -> Transcript:
        """Take words that were spoken."""
        self._is_spoken = True
        self._words.append(text)
        self._parts.add({"text": text})
        return Transcript(text, item=self.item)

    def words_end(self) -> Iterator[RealtimeUpdate]:
        """Yield the whole transcript, once."""
        if self._words:
            yield Transcript("".join(self._words), final=True, item=self.item)
            self._words.clear()

    def add_calls(self, calls: Iterable[JsonObject]) -> list[RealtimeUpdate]:
        """Take calls of functions, which come whole."""
        return list(self.add_parts({"functionCall": call} for call in calls))

    def describe(self, content: JsonObject) -> None:
        """Keep what a `serverContent` has besides content."""
        self._fields |= {name: value for name, value in content.items() if name not in _CONTENT}

    def whole(self, model: str, usage: Usage, notices: Iterable[Notice]) -> ChatResponse:
        """Return the response that has ended."""
        message = Message("model", self._heard_parts(), interrupted=self.is_over)
        calls = message.tool_calls
        reason, word = finish(
            self._fields.get("turnCompleteReason"), calls=bool(calls), interrupted=self.is_over
        )
        if self.is_over:
            fail_pending(calls, _INTERRUPTED)
        message.turn = Turn(reason, word, usage, model)
        notice = ending_notice(reason, word)
        notices = dict.fromkeys([*notices, *([notice] if notice else [])])
        return ChatResponse(message, tuple(notices), self._raw(usage))

    def partial(self, model: str, usage: Usage) -> ChatResponse:
        """Return what there is of it, where the connection has ended: none of its calls runs."""
        message = Message("model", self._heard_parts())
        message.turn = Turn(usage=usage, model=model)
        return mark_truncated(ChatResponse(message))

    def _add_speech(self, blob: JsonObject) -> AudioChunk:
        file = inline_file(blob, {}, self._origin)
        self._form = file.mimetype if "rate=" in (file.mimetype or "") else self._form
        self._speech.append(file.data or b"")
        return AudioChunk(self._speech[-1], self.item)

    def _raw(self, usage: Usage) -> JsonObject:
        raw = {name: value for name, value in self._fields.items() if name not in _OF_CANDIDATE}
        candidate = {name: self._fields[name] for name in _OF_CANDIDATE if name in self._fields}
        if candidate:  # where `grounding()` reads it
            raw["candidates"] = [dict[str, JsonValue](candidate)]
        if usage.raw:
            raw["usageMetadata"] = usage.raw
        return raw

    def _heard_parts(self) -> list[Part]:
        """Return the parts: of speech what was played, and its words in proportion."""
        parts = self._parts.parts()
        speech = b"".join(self._speech)
        if self.played_ms is not None and (speech or self._is_spoken):
            heard = min(len(speech), int(self.played_ms * BYTES_PER_MS) // 2 * 2)
            parts = list(_cut(parts, heard / len(speech) if speech else 0.0))
            speech = speech[:heard]
        return [*parts, File(self._form, speech)] if speech else parts


def _cut(parts: list[Part], share: float) -> Iterator[Part]:
    """Yield the parts with the beginning of their words, a share of all of them."""
    left = round(share * sum(len(part.text) for part in parts if isinstance(part, Text)))
    for part in parts:
        if not isinstance(part, Text):
            yield part
        elif left > 0:
            yield Text(part.text[:left], native=part.native)
            left -= len(part.text)
