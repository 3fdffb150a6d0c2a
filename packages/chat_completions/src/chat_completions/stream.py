"""The machine of one streamed turn: fed with events, asked at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Done,
    Event,
    Failed,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Origin,
    Pending,
    StreamTruncated,
    Turn,
    TurnEvent,
)
from chat_core.calls import CallIds
from chat_core.jsonvalue import as_list, as_object, as_text

from chat_completions.assembly import Assembly
from chat_completions.decode import decode_error, finish_reason, is_error, more_choices, usage
from chat_completions.dialect import Dialect
from chat_completions.wire import read_object


class CompletionTurn:
    """Terminal signs are `[DONE]` and a finish reason: some servers send only one of them. What comes between the reason and the
    end, such as the usage chunk, is still read."""

    def __init__(self, *, origin: Origin, dialect: Dialect, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._dialect = dialect
        self._notices = notices
        self._assembly = Assembly(origin, ids)
        self._turn = Turn()
        self._named = False
        self._usage: JsonValue = None
        self._choices: set[JsonValue] = set()
        self._raw: JsonObject = {}
        self.finished = False

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one event says. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        if event.data.startswith("[DONE]"):
            self.finished = True
            return ()
        chunk = read_object(event.data, "a completion chunk")
        if is_error(chunk) or event.type == "error":
            raise decode_error(200, {}, event.data.encode())
        if not self._named:
            self._name(chunk)
        if used := chunk.get("usage"):
            self._usage = used
        elif "x_groq" in chunk and self._usage is None:
            self._usage = as_object(chunk["x_groq"]).get("usage")
        events: Sequence[TurnEvent] = ()
        for choice in as_list(chunk.get("choices")):
            if isinstance(choice, dict):
                index = choice.get("index") or 0
                self._choices.add(index)
                if index == 0:
                    events = self._choice(choice)
        if event.type == "body":  # the server ignored `stream` and answered whole
            self.finished = bool(self._choices)
        return events

    def end(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without a terminal sign, `InvalidResponse` without any content to finish."""
        if not self.finished and self._turn.raw_finish_reason is None:
            partial = self._response()
            for call in partial.tool_calls:
                if isinstance(call.status, Pending):
                    call.status = Failed("The stream was cut; the call was not run.")
            partial.message.interrupted = True
            raise StreamTruncated("the stream ended before its finish reason and before [DONE]", partial=partial)
        if not self._choices:
            raise InvalidResponse("the stream held no choice", response=self._response())
        return Done(self._response())

    def _name(self, chunk: JsonObject) -> None:
        """Keep what the first chunks say besides content, until one has named both the answer and the model."""
        id = self._turn.id or as_text(chunk.get("id")) or None  # noqa: A001  the field's name
        model = self._turn.model or as_text(chunk.get("model")) or None
        self._turn = replace(self._turn, id=id, model=model)
        self._named = id is not None and model is not None
        self._raw |= {key: value for key, value in chunk.items() if value and key != "choices"}

    def _choice(self, choice: JsonObject) -> Sequence[TurnEvent]:
        if reason := choice.get("finish_reason"):
            if self._turn.raw_finish_reason is None:
                common, own = finish_reason(reason)
                self._turn = replace(self._turn, finish_reason=common, raw_finish_reason=own)
            self._raw["choices"] = [{key: value for key, value in choice.items() if key not in ("delta", "message")}]
        if logprobs := choice.get("logprobs"):
            self._keep_logprobs(as_object(logprobs))
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = as_object(choice.get("message"))
        return self._assembly.add(delta) if delta else ()

    def _keep_logprobs(self, logprobs: JsonObject) -> None:
        kept = as_object(self._raw.setdefault("logprobs", {}))
        for name, entries in logprobs.items():
            if entries:
                as_list(kept.setdefault(name, [])).extend(as_list(entries))

    def _response(self) -> ChatResponse:
        turn = replace(self._turn, usage=usage(self._usage, self._dialect))
        raw = self._raw | ({"usage": self._usage} if self._usage else {})
        notices = more_choices(len(self._choices)) + self._notices
        return ChatResponse(Message("model", self._assembly.parts(), turn=turn), notices, raw=raw)
