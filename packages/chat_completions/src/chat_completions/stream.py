"""The stream decoder of one turn. It is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Sequence

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
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.seal_turn import seal_turn
from chat_core.wire import CallIds, FrameReader, FrameShape, decode_error, finish_notices

from chat_completions.decode.finish import Finish, finish_of, hold_back
from chat_completions.decode.frames import (
    check_choice,
    checked,
    choices_of,
    completion,
    delta_of,
    holds_more,
    message_of,
    usage_of,
)
from chat_completions.decode.parts import TurnParts
from chat_completions.decode.response import more_choices
from chat_completions.decode.usage import usage
from chat_completions.dialect import Dialect

_ELSEWHERE = frozenset({"usage", "finish_reason", "error", "x_groq"})  # also in a chunk, or in a choice
# what servers were seen to change with every chunk (recorded): padding, and the time. `_plain`, which knows
# the value of each field that it looks at, does not look at them
_PADDING = ("obfuscation", "p")
_VARYING = ("created",)
_IN_TURN = frozenset({"id", "object", "created", "model", "choices", "usage"})


class CompletionsStreamDecoder:
    """Decodes the chunks of one turn. The first choice is the turn.

    state    | event                                  | what happens
    ---------|----------------------------------------|-------------------------------------------
    open     | a chunk with a delta                   | what it adds is returned
    open     | a chunk with a whole `message`         | read as a delta, unless deltas had content
    open     | a chunk with a finish reason           | complete
    complete | a chunk with usage, a better reason, … | read; some servers repeat what has come
    any      | `[DONE]`, or a whole body              | finished
    any      | an error, in any shape                 | `ProviderError`
    any      | what is no chunk                       | `InvalidResponse`, which quotes it

    The terminal signs are `[DONE]` and a finish reason: some servers send only one of them.
    """

    def __init__(
        self, *, origin: Origin, dialect: Dialect, ids: CallIds, notices: tuple[Notice, ...] = ()
    ) -> None:
        self._dialect = dialect
        self._notices = notices
        self._parts = TurnParts(origin, ids, dialect.reasoning.think_tags)
        self._described = False  # whether id and model are known
        self._id: str | None = None
        self._model: str | None = None
        self._finish = Finish()
        self._usage: JsonValue = None
        self._index: JsonValue = None  # of the choice that began first
        self._others: set[str] = set()
        self._raw: JsonObject = {}
        self._logprobs: dict[str, list[JsonValue]] = {}
        self._frames = FrameReader("a completion chunk", FrameShape(_VARYING, padding=_PADDING))
        self._shape = self._frames.shape
        self.finished: bool = False

    @property
    def complete(self) -> bool:
        """Whether the turn has its finish reason: the bytes may end here, and only usage may still come."""
        return self.finished or self._finish.word is not None

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """Return what one event adds.

        Raises `ProviderError` for an error frame, `InvalidResponse` for an unreadable one.
        """
        if (added := self._shape.read(event)) is not None:
            return added
        if event.type == "error":
            raise decode_error(200, {}, event.data.encode("utf-8", "replace"))
        chunk = self._frames.parse(event)
        if chunk is None:
            self.finished = self.finished or self._frames.done
            return self._parts.flush() if self._frames.done else ()
        whole = event.type == "body"  # the server ignored `stream`
        delta = None if whole else self._plain(chunk)
        if delta is not None and len(delta) == 1:  # nothing else of these chunks is kept
            if isinstance(text := delta.get("content"), str):
                added = self._parts.add_text(text)
                self._learn(event, delta)
                return added
            if (fragment := self._parts.add_fragment(delta)) is not None:
                self._learn(event, delta)
                return (fragment,)
        self._frames.check_depth(chunk)
        if delta is not None:
            added = self._parts.add(delta)
            self._learn(event, delta)
            return added
        if whole:
            chunk, _ = completion(chunk)
            self.finished = True
        choices = choices_of(checked(chunk))
        self._describe(chunk, choices)
        events: Sequence[TurnEvent] = ()
        for choice in choices:
            if self._is_first(choice):
                more = self._choice(choice, chunk, whole=whole)
                events = [*events, *more] if events else more
        if self.complete or not choices:
            self._raw |= {key: value for key, value in chunk.items() if value and key not in _IN_TURN}
        return events

    def finish(self) -> Done:
        """Return the whole turn.

        Raises `StreamTruncated` without a terminal sign, and `InvalidResponse` where there was no choice.
        """
        if not self.complete:
            raise self._frames.truncated("its finish reason and before [DONE]", self._response())
        if self._index is None:
            raise InvalidResponse(
                f"the stream held no choice; its last event was {self._frames.quote_last()}",
                response=self._response(),
            )
        return Done(self._response())

    def _learn(self, event: Event, delta: JsonObject) -> None:
        """Tell of a plain chunk that another one like it may be read without parsing.

        `_plain` is sure of every field of the chunk that it looks at, and what else is there it ignores.
        """
        if (continued := self._parts.continuation(delta)) is not None:
            self._frames.learn(event, *continued)

    def _plain(self, chunk: JsonObject) -> JsonObject | None:
        """Return the delta of a chunk that holds nothing else that is new, as nearly all do, else None."""
        choices = chunk.get("choices")
        if not self._described or self._finish.word is not None or not isinstance(choices, list):
            return None
        get = chunk.get
        if len(choices) != 1 or get("usage") or get("error") or get("finish_reason") or get("x_groq"):
            return None
        choice = choices[0]
        if not isinstance(choice, dict):
            return None
        index, delta = choice.get("index"), choice.get("delta")
        if index is None or index != self._index or not isinstance(delta, dict) or not delta:
            return None
        if choice.get("finish_reason") or choice.get("logprobs"):
            return None
        is_usual = len(choice) == 2 + ("finish_reason" in choice) + ("logprobs" in choice)
        if not is_usual and holds_more(choice):
            return None
        return delta if _ELSEWHERE.isdisjoint(delta) else None

    def _describe(self, chunk: JsonObject, choices: list[JsonObject]) -> None:
        """Keep usage, and what the first chunks hold besides content, until they have named response and
        model.
        """
        if not self._described:
            self._id = self._id or as_text(chunk.get("id")) or None
            self._model = self._model or as_text(chunk.get("model")) or None
            self._described = self._id is not None and self._model is not None
            self._raw |= {key: value for key, value in chunk.items() if value and key != "choices"}
        if used := usage_of(chunk, choices):
            at_top = bool(chunk.get("usage"))
            if at_top or self._usage is None or "x_groq" not in chunk:
                self._usage = used

    def _is_first(self, choice: JsonObject) -> bool:
        index = choice.get("index") or 0
        if self._index is None:
            self._index = index
        if index == self._index:
            return True
        self._others.add(str(index)[:40])
        return False

    def _choice(self, choice: JsonObject, chunk: JsonObject, *, whole: bool) -> Sequence[TurnEvent]:
        check_choice(choice)
        if logprobs := choice.get("logprobs"):
            for name, entries in as_object(logprobs).items():
                self._logprobs.setdefault(name, []).extend(as_list(entries))
        delta = delta_of(choice)
        if whole or (not delta and self._parts.is_empty):
            delta = message_of(choice)
        events = self._parts.add(delta, whole=whole) if delta else ()
        finish = finish_of(choice, chunk)
        if finish.word is None:
            return events
        self._finish = self._finish.then(finish)
        self._raw["choices"] = [{key: choice[key] for key in choice if key not in ("delta", "message")}]
        return [*events, *self._parts.flush()]

    def _response(self) -> ChatResponse:
        self._parts.flush()
        raw = self._raw | ({"usage": self._usage} if self._usage else {})
        if self._logprobs:  # where a whole response has them
            [ended] = as_list(raw.get("choices")) or [{}]
            raw["choices"] = [{**as_object(ended), "logprobs": {**self._logprobs}}]
        turn = Turn(*self._finish, usage=usage(self._usage, self._dialect), model=self._model, id=self._id)
        message = Message("model", self._parts.parts(), turn=turn)
        hold_back(message, self._finish)
        notices = finish_notices(*self._finish) + more_choices(1 + len(self._others)) + self._notices
        return ChatResponse(seal_turn(message), notices, raw=raw)
