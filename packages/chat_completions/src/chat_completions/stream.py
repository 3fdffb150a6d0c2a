"""The stream decoder of one turn: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Done,
    Event,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Origin,
    Turn,
    TurnEvent,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire.error_body import NO_HEADERS, decode_error, error_from_object
from chat_core.wire.frames import FrameReader

from chat_completions.assembly import Assembly
from chat_completions.decode import completion, finish_reason, hold_back, is_error, more_choices, usage
from chat_completions.dialect import Dialect

_SAID = frozenset({"id", "object", "created", "model", "choices", "usage"})


class CompletionsStreamDecoder:
    """Terminal signs are `[DONE]` and a finish reason: some servers send only one of them. What comes between the reason and the
    end, such as the usage chunk, is still read."""

    def __init__(
        self, *, origin: Origin, dialect: Dialect, ids: CallIds, notices: tuple[Notice, ...] = ()
    ) -> None:
        self._dialect = dialect
        self._notices = notices
        self._assembly = Assembly(origin, ids, dialect.think_tags)
        self._turn = Turn()
        self._named = False
        self._usage: JsonValue = None
        self._index: JsonValue = None  # of the choice that began first
        self._others: set[str] = set()
        self._raw: JsonObject = {}
        self._logprobs: dict[str, list[JsonValue]] = {}
        self._frames = FrameReader("a completion chunk")
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: a finish reason has come, or `[DONE]`."""
        return self.finished or self._turn.raw_finish_reason is not None

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        kind, data = event
        whole = kind == "body"  # the server ignored `stream` and answered whole
        if kind == "error":
            raise decode_error(200, NO_HEADERS, data.encode())
        chunk = self._frames.read(event)
        if chunk is None:
            self.finished = self.finished or self._frames.done
            return self._assembly.flush() if self._frames.done else ()
        if is_error(chunk):
            raise error_from_object(chunk)
        if whole:
            chunk = completion(chunk)
            self.finished = True
        if not self._named:
            self._name(chunk)
        if used := chunk.get("usage"):
            self._usage = used
        elif self._usage is None and "x_groq" in chunk:
            self._usage = as_object(chunk["x_groq"]).get("usage")
        events: Sequence[TurnEvent] = ()
        choices = as_list(chunk.get("choices"))
        for choice in choices:
            if isinstance(choice, dict):
                index = choice.get("index") or 0
                if self._index is None:
                    self._index = index
                if index == self._index:
                    said = self._choice(choice, whole=whole)
                    events = [*events, *said] if events else said
                else:
                    self._others.add(str(index))
        if self._turn.raw_finish_reason is not None or not choices:
            self._describe(chunk)
        return events

    def finish(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without a terminal sign, `InvalidResponse` without any content to finish."""
        if not self.finished and self._turn.raw_finish_reason is None:
            raise self._frames.truncated("its finish reason and before [DONE]", self._response())
        if self._index is None:
            raise InvalidResponse(
                f"the stream held no choice; its last event was {self._frames.quote_last()}",
                response=self._response(),
            )
        return Done(self._response())

    def _name(self, chunk: JsonObject) -> None:
        """Keep what the first chunks say besides content, until one has named both the answer and the model."""
        id = self._turn.id or as_text(chunk.get("id")) or None
        model = self._turn.model or as_text(chunk.get("model")) or None
        self._turn = replace(self._turn, id=id, model=model)
        self._named = id is not None and model is not None
        self._raw |= {key: value for key, value in chunk.items() if value and key != "choices"}

    def _describe(self, chunk: JsonObject) -> None:
        """Keep what a chunk without content, or one from the end, says besides: moderation, timings, sources."""
        self._raw |= {key: value for key, value in chunk.items() if value and key not in _SAID}

    def _choice(self, choice: JsonObject, *, whole: bool) -> Sequence[TurnEvent]:
        if reason := choice.get("finish_reason"):
            if self._turn.raw_finish_reason is None:
                common, own = finish_reason(reason)
                self._turn = replace(self._turn, finish_reason=common, raw_finish_reason=own)
            if error := choice.get("error"):
                raise error_from_object({"error": error})
            self._raw["choices"] = [
                {key: value for key, value in choice.items() if key not in ("delta", "message")}
            ]
        if logprobs := choice.get("logprobs"):
            self._keep_logprobs(as_object(logprobs))
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = as_object(choice.get("message"))
        events = self._assembly.add(delta, whole=whole) if delta else ()
        return [*events, *self._assembly.flush()] if reason else events

    def _keep_logprobs(self, logprobs: JsonObject) -> None:
        for name, entries in logprobs.items():
            self._logprobs.setdefault(name, []).extend(as_list(entries))

    def _response(self) -> ChatResponse:
        self._assembly.flush()
        turn = replace(self._turn, usage=usage(self._usage, self._dialect))
        raw = self._raw | ({"usage": self._usage} if self._usage else {})
        if self._logprobs:  # where a whole answer has them
            [ended] = as_list(raw.get("choices")) or [{}]
            raw["choices"] = [{**as_object(ended), "logprobs": {**self._logprobs}}]
        notices = more_choices(1 + len(self._others)) + self._notices
        message = Message("model", self._assembly.parts(), turn=turn)
        hold_back(message)
        return ChatResponse(message, notices, raw=raw)
