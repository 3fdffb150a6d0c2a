"""A turn put together from the lines of a stream. A whole answer is one line, so that every field is read in one place."""

from __future__ import annotations

import json

from chat_core import (
    ChatResponse,
    Failed,
    FinishReason,
    JsonObject,
    JsonValue,
    Message,
    Native,
    Notice,
    Origin,
    Part,
    Pending,
    Reasoning,
    ReasoningChunk,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    Turn,
    TurnEvent,
    Usage,
)
from chat_core.calls import CallIds, tool_call
from chat_core.jsonvalue import as_count, as_list, as_object, as_text

_FINISH: dict[str, FinishReason] = {"stop": "stop", "length": "length"}


class Assembly:
    """The parts of one answer, in the order received. `done` is whether its last line has come."""

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._blocks: list[tuple[type[Text | Reasoning], list[str]] | ToolCall] = []
        self._logprobs: list[JsonValue] = []
        self._last: JsonObject = {}

    @property
    def done(self) -> bool:
        """Whether the line that says so has come."""
        return self._last.get("done") is True

    def add(self, line: JsonObject) -> list[TurnEvent]:
        """Take one line; what it says."""
        self._last = line
        self._logprobs += as_list(line.get("logprobs"))
        message = as_object(line.get("message"))
        events: list[TurnEvent] = []
        if thought := as_text(message.get("thinking")):
            self._append(Reasoning, thought)
            events.append(ReasoningChunk(thought))
        if text := as_text(message.get("content")):
            self._append(Text, text)
            events.append(TextChunk(text))
        for item in as_list(message.get("tool_calls")):
            call = self._call(as_object(item))
            self._blocks.append(call)
            events.append(ToolCallChunk(call.id, call.name, call.arguments_text or ""))
        return events

    def response(self, notices: tuple[Notice, ...] = ()) -> ChatResponse:
        """All of it. `raw` is the last line without its message: times in nanoseconds, counts."""
        raw: JsonObject = {key: value for key, value in self._last.items() if key != "message"}
        if self._logprobs:
            raw["logprobs"] = self._logprobs
        parts = [self._part(block) for block in self._blocks]
        return ChatResponse(Message("model", parts, turn=self._turn()), notices, raw)

    def interrupted(self) -> ChatResponse:
        """What there is of a turn that was cut: none of its calls runs."""
        partial = self.response()
        for call in partial.tool_calls:
            if isinstance(call.status, Pending):
                call.status = Failed("The stream was cut; the call was not run.")
        partial.message.interrupted = True
        return partial

    def _append(self, kind: type[Text | Reasoning], text: str) -> None:
        last = self._blocks[-1] if self._blocks else None
        if isinstance(last, tuple) and last[0] is kind:
            last[1].append(text)
        else:
            self._blocks.append((kind, [text]))

    def _call(self, item: JsonObject) -> ToolCall:
        """Servers from before 2026 give no id."""
        function = as_object(item.get("function"))
        arguments = function.get("arguments")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        return tool_call(self._ids.claim(as_text(item.get("id"))), as_text(function.get("name")), text)

    def _part(self, block: tuple[type[Text | Reasoning], list[str]] | ToolCall) -> Part:
        if isinstance(block, ToolCall):
            return block
        kind, pieces = block
        text = "".join(pieces)
        return Text(text) if kind is Text else Reasoning(text, native=Native(self._origin, {"field": "thinking"}))

    def _turn(self) -> Turn:
        line = self._last
        word = as_text(line.get("done_reason")) or None
        reason = _FINISH.get(word or "", "other")
        if reason == "stop" and any(isinstance(block, ToolCall) for block in self._blocks):
            reason = "tool_calls"  # the server says "stop" for both
        counts = {key: value for key, value in line.items() if key.endswith(("_count", "_duration"))}
        usage = Usage(as_count(line.get("prompt_eval_count")), as_count(line.get("eval_count")), raw=counts)
        return Turn(reason, word, usage, as_text(line.get("model")) or None)
