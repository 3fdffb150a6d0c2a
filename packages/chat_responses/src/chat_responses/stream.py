"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

from chat_core import (
    ChatResponse,
    Done,
    Event,
    File,
    FileReady,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Notice,
    Opaque,
    Origin,
    Part,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.frames import FrameReader

from chat_responses.decode import UNFINISHED, check, event_error, response
from chat_responses.items import (
    PARAGRAPH,
    arguments,
    call_id,
    contents,
    image,
    is_aside,
    read_item,
    thoughts,
    without,
)

_CALLS = ("function_call", "custom_tool_call")
_THOUGHTS = ("summary", "thought")
_CHUNKS: dict[str, Callable[[str], TurnEvent]] = {
    "text": TextChunk,
    "refusal": RefusalChunk,
    "summary": ReasoningChunk,
    "thought": ReasoningChunk,
}
_ENDS = {  # the kind of text that an event ends, what its index is called, and its text
    "response.output_text.done": ("text", "content_index", "text"),
    "response.refusal.done": ("refusal", "content_index", "refusal"),
    "response.reasoning_summary_text.done": ("summary", "summary_index", "text"),
    "response.reasoning_text.done": ("thought", "content_index", "text"),
}


@dataclass(slots=True)
class _Held:
    """What has come of one output item: `pieces` by kind and index, which the item replaces once it is `done`."""

    item: JsonObject = field(default_factory=dict[str, JsonValue])
    done: bool = False
    claimed: str = ""  # the id of a call in this conversation
    pieces: dict[tuple[str, int], list[str]] = field(default_factory=dict[tuple[str, int], list[str]])
    shown: int = 0  # characters of a call's arguments that have been told
    file: File | None = None


class ResponsesStreamDecoder:
    """The terminal sign is `response.completed`, `.incomplete`, `.failed` or `.cancelled`. `sequence` is the number of the last
    event, where they have numbers; `answered` says whether any has come over this connection.

    Items are held by their index in the output, since some servers change the ids with every event, leave out the events before an
    item's end, or finish items out of order.
    """

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._origin = origin
        self._ids = ids
        self._notices = notices
        self._held: dict[int, _Held] = {}
        self._answer: JsonObject = {}
        self._spoken: dict[str, list[str]] = {}
        self._frames = FrameReader("a response event")
        self._resumed = False
        self.finished = False
        self.sequence: int | None = None
        self.answered = False

    @property
    def id(self) -> str:
        """The response's id, empty as long as it is not known."""
        return as_text(self._answer.get("id"))

    def resume(self) -> None:
        """What follows comes over another connection, from the first event on that did not come whole. What came already is passed
        over."""
        self._frames.continue_elsewhere()
        self._resumed = True
        self.answered = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        self.answered = True
        frame = self._frames.read(event)
        if frame is None:  # cut, or the `[DONE]` that some servers send after the terminal event
            return ()
        if event.type == "body":  # the server ignored `stream` and answered whole
            check(frame)
            return (
                self._begin({"response": frame})
                if frame.get("status") in UNFINISHED
                else list(self._end(frame))
            )
        if isinstance(number := frame.get("sequence_number"), int):
            if self._resumed and self.sequence is not None and number <= self.sequence:
                return ()
            self.sequence = number
        kind = as_text(frame.get("type")) or event.type
        if handler := self._handlers.get(kind):
            return handler(self, frame)
        if kind == "error" or (frame.get("error") and not kind.startswith("response.")):
            raise event_error(frame)
        return ()

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without its terminal event."""
        if not self.finished:
            raise self._frames.truncated("its terminal event", self._response())
        return Done(self._response())

    def _begin(self, frame: JsonObject) -> Sequence[TurnEvent]:
        self._answer |= as_object(frame.get("response"))
        return ()

    def _terminal(self, frame: JsonObject) -> Sequence[TurnEvent]:
        if self.finished:
            return ()  # on sockets a `response.done` follows
        answer = as_object(frame.get("response"))
        if frame.get("type") == "response.failed" or answer.get("status") == "failed":
            raise event_error({**answer, "status": "failed"})
        return list(self._end(answer))

    def _end(self, answer: JsonObject) -> Iterator[TurnEvent]:
        """Take the response object of the end. Its output counts; where servers leave that empty, the items that came do."""
        self.finished = True
        output = [item for item in as_list(answer.get("output")) if isinstance(item, dict)]
        self._answer |= answer
        if not output:
            return
        held = [self._match(index, item) for index, item in enumerate(output)]
        self._held = dict(enumerate(held))
        for one, item in zip(held, output, strict=True):
            yield from self._settle(one, item)

    def _match(self, index: int, item: JsonObject) -> _Held:
        """What has come of this item of the final output."""
        there = self._held.get(index, _Held())
        named = [
            one for one in self._held.values() if item.get("id") and one.item.get("id") == item.get("id")
        ]
        if (
            named and there not in named
        ):  # some servers leave items out at the end, and those after them move up
            return named[0]
        return there if there.item.get("type") in (None, item.get("type")) else _Held()

    def _at(self, frame: JsonObject) -> _Held:
        index = frame.get("output_index")
        if not isinstance(index, int):  # a few servers count nothing: the last one that was begun goes on
            index = next(reversed(self._held), 0)
        held = self._held.get(index)
        if held is None:
            held = self._held[index] = _Held()
        return held

    def _added(self, frame: JsonObject) -> Sequence[TurnEvent]:
        held = self._at(frame)
        item = as_object(frame.get("item"))
        if held.done:
            return ()
        held.item = item
        if item.get("type") not in _CALLS:
            return ()
        if begun := _written(item):
            held.pieces.setdefault(("call", 0), []).append(begun)
        return self._argued(held)

    def _item_done(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return list(self._settle(self._at(frame), as_object(frame.get("item"))))

    def _settle(self, held: _Held, item: JsonObject) -> Iterator[TurnEvent]:
        """Take a whole item, and tell what of it has not been told by deltas."""
        held.item, held.done = item, True
        match item.get("type"):
            case "message":
                for kind, index, text in contents(item):
                    yield from self._rest(held, kind, index, text)
            case "reasoning":
                for kind, index, text in thoughts(item):
                    yield from self._rest(held, kind, index, text)
            case "function_call" | "custom_tool_call":
                held.pieces["call", 0] = [_written(item)]
                yield from self._argued(held)
            case "image_generation_call" if held.file is None:
                held.file = image(item, "result")
                if held.file is not None:
                    parts = read_item(item, self._origin, str)
                    yield from (FileReady(part) for part in parts if isinstance(part, File))
            case _:
                pass

    def _rest(self, held: _Held, kind: str, index: int, text: str) -> Iterator[TurnEvent]:
        """The end of a text that its deltas did not say."""
        told = "".join(held.pieces.get((kind, index), ()))
        if text != told and text.startswith(told):
            yield from self._say(held, kind, index, text[len(told) :])

    def _say(self, held: _Held, kind: str, index: int, text: str) -> Sequence[TurnEvent]:
        if not text:
            return ()
        pieces = held.pieces.get((kind, index))
        if pieces is None:
            fresh = held.pieces[kind, index] = [text]
            if kind in _THOUGHTS and any(pieces is not fresh for pieces in held.pieces.values()):
                return (ReasoningChunk(PARAGRAPH + text),)
        else:
            pieces.append(text)
        if kind == "text" and is_aside(held.item):
            return (TextChunk(text, aside=True),)
        return (_CHUNKS[kind](text),)

    def _argued(self, held: _Held) -> Sequence[TurnEvent]:
        """What has come of a call's arguments and was not told yet: not before its name and id are known."""
        name = as_text(held.item.get("name"))
        if not name:
            return ()
        first = not held.claimed
        if first:
            self._claim(held, call_id(held.item))
        said = "".join(held.pieces.get(("call", 0), ()))
        more, held.shown = said[held.shown :], max(held.shown, len(said))
        return (ToolCallChunk(held.claimed, name, more),) if more or first else ()

    def _text(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return self._say(
            self._at(frame), "text", as_count(frame.get("content_index")) or 0, as_text(frame.get("delta"))
        )

    def _refusal(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return self._say(
            self._at(frame), "refusal", as_count(frame.get("content_index")) or 0, as_text(frame.get("delta"))
        )

    def _summary(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return self._say(
            self._at(frame), "summary", as_count(frame.get("summary_index")) or 0, as_text(frame.get("delta"))
        )

    def _thought(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return self._say(
            self._at(frame), "thought", as_count(frame.get("content_index")) or 0, as_text(frame.get("delta"))
        )

    def _arguments(self, frame: JsonObject) -> Sequence[TurnEvent]:
        held = self._at(frame)
        if not (delta := as_text(frame.get("delta"))):
            return ()
        held.pieces.setdefault(("call", 0), []).append(delta)
        if held.claimed and held.item.get("name"):
            held.shown += len(delta)
            return (ToolCallChunk(held.claimed, as_text(held.item["name"]), delta),)
        return self._argued(held)

    def _said(self, frame: JsonObject) -> Sequence[TurnEvent]:
        """The end of one text. It counts, so what its deltas left out is told."""
        held = self._at(frame)
        kind, numbered, field = _ENDS[as_text(frame.get("type"))]
        if field in frame:
            return list(self._rest(held, kind, as_count(frame.get(numbered)) or 0, as_text(frame[field])))
        return ()

    def _argued_whole(self, frame: JsonObject) -> Sequence[TurnEvent]:
        """The end of a call's arguments. It counts."""
        held = self._at(frame)
        said = frame.get("arguments", frame.get("input"))
        if isinstance(said, str):
            held.pieces["call", 0] = [said]
        return self._argued(held)

    def _preview(self, frame: JsonObject) -> Sequence[TurnEvent]:
        preview = image(frame, "partial_image_b64")
        return (FileReady(File(preview.mimetype, preview.data, preview=True)),) if preview else ()

    def _audio(self, frame: JsonObject) -> Sequence[TurnEvent]:
        self._spoken.setdefault(as_text(frame.get("type")), []).append(as_text(frame.get("delta")))
        return ()

    def _parts(self) -> Iterator[Part]:
        """All that has come. An item without its end carries nothing native: it could not be sent back."""
        for _, held in sorted(self._held.items()):
            claim = partial(self._claim, held)
            if held.done:
                yield from read_item(held.item, self._origin, claim)
            elif begun := _begun(held):
                yield from (
                    replace(part, native=None)
                    for part in read_item(begun, self._origin, claim)
                    if not isinstance(part, Opaque)
                )
        yield from self._sound()

    def _claim(self, held: _Held, id: str) -> str:
        if not held.claimed:
            held.claimed = self._ids.claim(id)
        return held.claimed

    def _sound(self) -> Iterator[Part]:
        pieces = self._spoken.get("response.audio.delta")
        if pieces:
            try:
                data = b"".join(base64.b64decode(piece) for piece in pieces)
            except ValueError as exc:
                raise InvalidResponse(f"the audio is not base64: {pieces[0][:60]!r}") from exc
            yield File(
                "audio/unknown",
                data,
                transcript="".join(self._spoken.get("response.audio.transcript.delta", ())) or None,
            )

    def _response(self) -> ChatResponse:
        made = response(self._answer, self._parts(), raw=without(self._answer, "output"))
        return ChatResponse(made.message, made.notices + self._notices, raw=made.raw)

    _handlers: ClassVar[dict[str, Callable[[ResponsesStreamDecoder, JsonObject], Sequence[TurnEvent]]]] = {
        "response.output_text.delta": _text,
        "response.reasoning_summary_text.delta": _summary,
        "response.reasoning_text.delta": _thought,
        "response.refusal.delta": _refusal,
        "response.function_call_arguments.delta": _arguments,
        "response.custom_tool_call_input.delta": _arguments,
        "response.function_call_arguments.done": _argued_whole,
        "response.custom_tool_call_input.done": _argued_whole,
        **dict.fromkeys(_ENDS, _said),
        "response.output_item.added": _added,
        "response.output_item.done": _item_done,
        "response.image_generation_call.partial_image": _preview,
        "response.audio.delta": _audio,
        "response.audio.transcript.delta": _audio,
        **dict.fromkeys(("response.created", "response.queued", "response.in_progress"), _begin),
        **dict.fromkeys(
            (
                "response.completed",
                "response.incomplete",
                "response.failed",
                "response.cancelled",
                "response.done",
            ),
            _terminal,
        ),
    }


def _written(item: JsonObject) -> str:
    """What a model wrote for a call: JSON for a function, plain text for a custom tool."""
    return arguments(item) if item.get("type") == "function_call" else as_text(item.get("input"))


def _begun(held: _Held) -> JsonObject | None:
    """An item as far as its deltas say it, or None if they say nothing."""
    said = {key: "".join(pieces) for key, pieces in sorted(held.pieces.items())}
    kinds = {kind for kind, _ in said}
    if kinds & {"text", "refusal"}:
        content: list[JsonValue] = [
            {"type": "output_text", "text": text} if kind == "text" else {"type": "refusal", "refusal": text}
            for (kind, _), text in sorted(said.items(), key=lambda entry: entry[0][1])
        ]
        return {"type": "message", "content": content, "phase": held.item.get("phase")}
    if kinds & set(_THOUGHTS):
        pieces: dict[str, list[JsonValue]] = {
            kind: [{"text": text} for (other, _), text in said.items() if other == kind] for kind in _THOUGHTS
        }
        return {"type": "reasoning", "summary": pieces["summary"], "content": pieces["thought"]}
    if held.item.get("type") in _CALLS and held.item.get("name"):
        written = said.get(("call", 0), "")
        return {**held.item, "arguments": written, "input": written}
    return None
