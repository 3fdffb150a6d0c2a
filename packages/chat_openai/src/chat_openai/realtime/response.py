"""One response of a session, as far as it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from chat_core import ChatResponse, File, JsonObject, Message, Native, Opaque, Origin, Text
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.message import Turn
from chat_core.types.parts import Part
from chat_core.types.usage import Usage
from chat_core.wire import fail_pending

from chat_openai.realtime.decode import finish, item_parts, usage
from chat_openai.realtime.settings import PCM_RATE

BYTES_PER_MS = PCM_RATE * 2 / 1000


@dataclass(slots=True)
class Spoken:
    """A piece of the model's speech: the item that it is, and its bytes."""

    item: str
    pieces: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def add(self, data: bytes) -> None:
        """Add the next bytes."""
        self.pieces.append(data)
        self.size += len(data)

    @property
    def milliseconds(self) -> int:
        """How long it takes to play."""
        return int(self.size / BYTES_PER_MS)


@dataclass(slots=True)
class ResponseInProgress:
    """Collects what arrives of a response, until its last event has the whole."""

    id: str
    apart: bool = False
    dropped: bool = False  # it was interrupted: what still arrives is not shown
    played: tuple[str, int] | None = None  # an item, and the milliseconds of it that were heard
    speech: list[Spoken] = field(default_factory=list[Spoken])
    words: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add_words(self, item: str, text: str) -> None:
        """Add words that were written or spoken."""
        self.words.setdefault(item, []).append(text)

    def add_speech(self, item: str, data: bytes) -> None:
        """Add bytes that were spoken."""
        if not self.speech or self.speech[-1].item != item:
            self.speech.append(Spoken(item))
        self.speech[-1].add(data)

    def whole(
        self, frame: JsonObject, origin: Origin, model: str, ran: Iterable[JsonObject] = ()
    ) -> ChatResponse:
        """Return the response that its last event ends, after the items that the server ran before it."""
        response = as_object(frame.get("response"))
        parts: list[Part] = [Opaque(Native(origin, item)) for item in ran]
        parts += self._parts(response, origin)
        message = Message("model", parts)
        reason, word = finish(response, message.tool_calls)
        message.interrupted = self.dropped or as_text(response.get("status")) == "cancelled"
        if message.interrupted:
            fail_pending(message.tool_calls, "The response was interrupted; the call was not run.")
        message.turn = Turn(reason, word, usage(frame), model, self.id or None)
        return ChatResponse(message, raw=response)

    def partial(self, model: str) -> ChatResponse:
        """Return what there is of it, where the connection has ended."""
        parts: list[Part] = [Text(text) for item in self.words if (text := self._heard(item))]
        message = Message("model", [*parts, *self._sound()], interrupted=True)
        message.turn = Turn(usage=Usage(), model=model, id=self.id or None)
        return ChatResponse(message)

    def _parts(self, response: JsonObject, origin: Origin) -> list[Part]:
        parts: list[Part] = []
        left = dict(self.words)
        for item in map(as_object, as_list(response.get("output"))):
            id = as_text(item.get("id"))
            received = list(item_parts(item, origin))
            if self.dropped and item.get("type") == "message":  # the rest of it was not shown
                received = [Text(text)] if (text := self._heard(id)) else []
            elif not received and id in left:  # a server that leaves the words out of the last event
                received = [Text("".join(left[id]))]
            parts += received
            left.pop(id, None)
        parts += [Text(text) for item in left if (text := self._heard(item))]
        return [*parts, *self._sound()]

    def _heard(self, item: str) -> str:
        """Return the words of an item, cut in proportion to what was played of it."""
        text = "".join(self.words.get(item, ()))
        if self.played is None or self.played[0] != item:
            return text
        spoken = next((each for each in self.speech if each.item == item), None)
        if spoken is None or not spoken.size:
            return text
        return text[: round(len(text) * min(1.0, self.played[1] * BYTES_PER_MS / spoken.size))]

    def _sound(self) -> list[Part]:
        data = b"".join(b"".join(each.pieces) for each in self.speech)
        if self.played is not None and self.speech and self.speech[-1].item == self.played[0]:
            unheard = self.speech[-1].size - int(self.played[1] * BYTES_PER_MS) // 2 * 2
            data = data[: len(data) - max(0, unheard)]
        return [File(f"audio/pcm;rate={PCM_RATE}", data)] if data else []
