"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Final

from chat_core import (
    ChatResponse,
    Done,
    Event,
    File,
    FileReady,
    JsonObject,
    JsonValue,
    Notice,
    Origin,
    TurnEvent,
)
from chat_core.types.json_values import as_count, as_object, as_text
from chat_core.wire import CallIds, FrameReader, FrameShape, mark_truncated

from chat_responses.decode import UNFINISHED, check, event_error, is_error_frame, response
from chat_responses.decode.images import image
from chat_responses.decode.parts import json_text
from chat_responses.decode.response import output_items
from chat_responses.items import without
from chat_responses.sound import Sound
from chat_responses.streamed_output import StreamedOutput

_DELTAS: Final = {  # the kind of text that a delta belongs to, and the member with its index
    "response.output_text.delta": ("text", "content_index"),
    "response.refusal.delta": ("refusal", "content_index"),
    "response.reasoning_summary_text.delta": ("summary", "summary_index"),
    "response.reasoning_text.delta": ("thought", "content_index"),
}
_ARGUMENTS: Final = ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta")
# `_text_delta` and `_arguments_delta` do not look at them: padding, and ids, which some servers change with
# every event (recorded)
_PADDING: Final = ("obfuscation",)
_VARYING: Final = ("item_id",)
_ENDS: Final = {  # the same of the event that ends a text, and the member with the text
    "response.output_text.done": ("text", "content_index", "text"),
    "response.refusal.done": ("refusal", "content_index", "refusal"),
    "response.reasoning_summary_text.done": ("summary", "summary_index", "text"),
    "response.reasoning_text.done": ("thought", "content_index", "text"),
}
_BEGINNINGS: Final = ("response.created", "response.queued", "response.in_progress")
_TERMINAL: Final = {  # the terminal events, and the status of a response object that has none
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
    "response.done": "completed",
}


class ResponsesStreamDecoder:
    """Decodes the events of one response.

    `sequence` is the number of the last event, where they have numbers; `has_events` says whether any has
    come over this connection.

    state    | event                                      | what happens
    ---------|--------------------------------------------|------------------------------------
    begun    | `response.created`, `.in_progress`, …      | the id, the model and the status are kept
    begun    | an item, a delta, the end of a text        | what it adds is returned
    begun    | `response.completed`, `.incomplete`, …     | the final output counts: finished
    begun    | `response.failed`, `error`, any error      | `ProviderError`
    begun    | a whole response ("body")                  | the same, as one event
    begun    | an event with a number that came before    | nothing
    begun    | an unknown `response.*`, a keep-alive      | nothing
    finished | anything                                   | nothing; on sockets a `response.done` follows
    """

    def __init__(
        self,
        *,
        origin: Origin,
        ids: CallIds,
        notices: tuple[Notice, ...] = (),
        conversation: str | None = None,
    ) -> None:
        self._notices = notices
        self._conversation = conversation
        self._answer: JsonObject = {}
        self._output = StreamedOutput(origin, ids)
        self._settled = False
        self._sound = Sound()
        self._frames = FrameReader("a response event", FrameShape(_VARYING, "sequence_number", _PADDING))
        self._shape = self._frames.shape
        self._seen: dict[int, int] = {}  # the hash of the event of each number
        self._gaps = False
        self._resumed = False
        self.finished: bool = False
        self.sequence: int | None = None
        self.has_events: bool = False

    @property
    def id(self) -> str:
        """The response's id, empty as long as it is not known."""
        return as_text(self._answer.get("id"))

    def resume(self) -> None:
        """Go on over another connection, from the first event that did not come whole.

        Events that came are passed over.
        """
        self._frames.continue_elsewhere()
        self._resumed = True
        self.has_events = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds to the turn.

        Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one.
        """
        self.has_events = True
        if (added := self._shape.read(event)) is not None:
            return added
        frame = self._frames.parse(event)
        if (
            frame is None or self.finished
        ):  # cut, or the `[DONE]` that some servers send after the terminal event
            return ()
        if not _keeps_only_text(frame, event):
            self._frames.check_depth(frame)
        if event.type == "body":  # the server ignored `stream`
            return self._whole(frame)
        if self._is_repeated(frame, event):
            return ()
        type = as_text(frame.get("type"))
        if not type:  # then the event says it
            frame["type"] = type = event.type
        if handler := self._handlers.get(type):
            events = handler(self, frame)
            if type in _DELTAS or type in _ARGUMENTS:
                self._learn(event, frame, type)
            return events
        if is_error_frame(frame, type) or (frame.get("error") and not type.startswith("response.")):
            raise event_error(frame)
        return ()

    def finish(self) -> Done:
        """Return the whole turn. Raises `StreamTruncated` without its terminal event."""
        if not self.finished:
            raise self._frames.truncated("its terminal event", self._response())
        return Done(self._response())

    def partial(self) -> ChatResponse:
        """Return what there is of a turn that goes no further: marked interrupted, its calls failed."""
        return mark_truncated(self._response())

    def _whole(self, answer: JsonObject) -> Sequence[TurnEvent]:
        check(answer)
        if answer.get("status") in UNFINISHED:
            return self._begin({"response": answer})
        return list(self._end(answer))

    def _learn(self, event: Event, frame: JsonObject, type: str) -> None:
        """Tell of an event that has added a text, or arguments, and nothing else."""
        text, item = frame.get("delta"), self._output.at(frame)
        append: Callable[[str], Sequence[TurnEvent]] | None = item.append_arguments
        if type in _DELTAS:
            kind, index = _DELTAS[type]
            append = item.appender(kind, as_count(frame.get(index)) or 0)
        number = frame.get("sequence_number")
        if append is None or not isinstance(text, str) or isinstance(number, bool):
            return
        if isinstance(number, int):
            self._frames.learn(event, text, self._counting(append), number)
        else:
            self._frames.learn(event, text, append)

    def _counting(
        self, append: Callable[[str], Sequence[TurnEvent]]
    ) -> Callable[[str], Sequence[TurnEvent] | None]:
        """Return what does as `append` for events that are numbered, if they have not come before."""
        shape = self._shape

        def append_numbered(text: str) -> Sequence[TurnEvent] | None:
            number, last = shape.number, self.sequence
            if last is None or number <= last:
                return None
            if number != last + 1:
                self._gaps = True
            self._seen[number] = hash(shape.last)
            self.sequence = number
            return append(text)

        return append_numbered

    def _is_repeated(self, frame: JsonObject, event: Event) -> bool:
        """Return whether an event came before, by its number: some servers and proxies send one twice."""
        number = frame.get("sequence_number")
        if not isinstance(number, int):
            return False
        last = self.sequence
        if last is None or number > last:
            self._count(number, event)
            return False
        if self._resumed:
            return True
        digest = hash(event.data)
        repeated = self._seen.get(number) == digest and len(self._seen) > 1  # some give all the same number
        self._seen[number] = digest
        return repeated

    def _count(self, number: int, event: Event) -> None:
        """Take the number of an event that follows those before it."""
        last = self.sequence
        self._gaps = self._gaps or (last is not None and number > last + 1)
        self._seen[number] = hash(event.data)
        self.sequence = number

    def _begin(self, frame: JsonObject) -> Sequence[TurnEvent]:
        self._answer |= as_object(frame.get("response"))
        return ()

    def _terminal(self, frame: JsonObject) -> Sequence[TurnEvent]:
        answer = as_object(frame.get("response"))
        status = as_text(answer.get("status")) or _TERMINAL[as_text(frame.get("type"))]
        if frame.get("type") == "response.failed" or status == "failed":
            raise event_error({**answer, "status": "failed"})
        usage: JsonObject = {} if answer.get("usage") else {"usage": frame.get("usage")}
        return list(self._end({**answer, "status": status, **usage}))

    def _end(self, answer: JsonObject) -> Iterator[TurnEvent]:
        """Take the final response object.

        Its output counts; where servers leave that empty, the items that came do.
        """
        self.finished = True
        self._answer |= answer
        if items := output_items(answer):
            self._settled = True
            yield from self._output.settle(items)

    def _item_added(self, frame: JsonObject) -> Sequence[TurnEvent]:
        item = as_object(frame.get("item"))
        return self._output.of(frame, item).begin(item)

    def _item_done(self, frame: JsonObject) -> Sequence[TurnEvent]:
        item = as_object(frame.get("item"))
        return list(self._output.of(frame, item).complete(item)) if item else ()

    def _text_delta(self, frame: JsonObject) -> Sequence[TurnEvent]:
        kind, index = _DELTAS[as_text(frame.get("type"))]
        text = json_text(frame.get("delta"))
        return self._output.at(frame).append(kind, as_count(frame.get(index)) or 0, text)

    def _text_done(self, frame: JsonObject) -> Sequence[TurnEvent]:
        kind, index, text = _ENDS[as_text(frame.get("type"))]
        item = self._output.at(frame)
        return list(item.end_text(kind, as_count(frame.get(index)) or 0, json_text(frame.get(text))))

    def _arguments_delta(self, frame: JsonObject) -> Sequence[TurnEvent]:
        return self._output.at(frame).append_arguments(json_text(frame.get("delta")))

    def _arguments_done(self, frame: JsonObject) -> Sequence[TurnEvent]:
        arguments: JsonValue = frame.get("arguments", frame.get("input"))
        item = self._output.at(frame)
        return item.end_arguments(json_text(arguments)) if not item.is_whole else ()

    def _preview(self, frame: JsonObject) -> Sequence[TurnEvent]:
        preview = image(frame, "partial_image_b64")
        return (FileReady(File(preview.mimetype, preview.data, preview=True)),) if preview else ()

    def _sound_delta(self, frame: JsonObject) -> Sequence[TurnEvent]:
        self._sound.add(as_text(frame.get("type")), as_text(frame.get("delta")))
        return ()

    def _response(self) -> ChatResponse:
        parts = [*self._output.parts(gaps=self._gaps, settled=self._settled), *self._sound.parts()]
        raw = without(self._answer, "output")
        turn = response(self._answer, parts, raw=raw, conversation=self._conversation)
        return ChatResponse(turn.message, turn.notices + self._notices, raw=turn.raw)

    _handlers: ClassVar[dict[str, Callable[[ResponsesStreamDecoder, JsonObject], Sequence[TurnEvent]]]] = {
        **dict.fromkeys(_DELTAS, _text_delta),
        **dict.fromkeys(_ENDS, _text_done),
        **dict.fromkeys(_ARGUMENTS, _arguments_delta),
        "response.function_call_arguments.done": _arguments_done,
        "response.custom_tool_call_input.done": _arguments_done,
        "response.output_item.added": _item_added,
        "response.output_item.done": _item_done,
        "response.image_generation_call.partial_image": _preview,
        "response.audio.delta": _sound_delta,
        "response.audio.transcript.delta": _sound_delta,
        **dict.fromkeys(_BEGINNINGS, _begin),
        **dict.fromkeys(_TERMINAL, _terminal),
    }


def _keeps_only_text(frame: JsonObject, event: Event) -> bool:
    """Return whether nothing of an event is kept but its text, so that it does not matter how deep it is."""
    type = frame.get("type")
    return isinstance(type, str) and type in _DELTAS and event.type != "body"
