"""From a turn in the form of the tools' schema to calls or an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Done,
    InvalidResponse,
    JsonValue,
    Message,
    Notice,
    OutputSchema,
    Part,
    Text,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.wire import CallIds, read_object, tool_call

_NOTICE = Notice(
    "tools", "the model's template has no place for tools, so they were offered to it by a JSON schema"
)


class PromptedToolsDecoder:
    """Makes the events of a turn of those that its JSON came in.

    event                 | what happens
    ----------------------|---------------------------------------------------------
    text                  | kept: it is not known yet whether it is a call or an answer
    `Done`                | the call, or the answer as one chunk of text; then `Done`
    another               | handed on
    """

    def __init__(self, ids: CallIds, output: OutputSchema | None) -> None:
        self._ids = ids
        self._output = output

    def feed(self, event: TurnEvent) -> Iterator[TurnEvent]:
        """Yield the events of the turn."""
        match event:
            case TextChunk():
                pass
            case Done(response):
                yield from self._end(response)
            case _:
                yield event

    def _end(self, response: ChatResponse) -> Iterator[TurnEvent]:
        parts: list[Part] = []
        for part in response.message.parts:
            if not isinstance(part, Text):
                parts.append(part)
                continue
            part, chunk = self._read(part.text)
            parts.append(part)
            yield chunk
        message = Message("model", parts, turn=response.message.turn)
        if message.turn is not None and message.tool_calls and message.turn.finish_reason == "stop":
            message.turn = replace(message.turn, finish_reason="tool_calls")
        yield Done(ChatResponse(message, (*response.notices, _NOTICE), response.raw))

    def _read(self, text: str) -> tuple[Part, TurnEvent]:
        """Return the call or the answer in a text, and its event. A text that was cut stays what it is."""
        try:
            turn = read_object(text, "a call or an answer")
        except InvalidResponse:
            return Text(text), TextChunk(text)
        if isinstance(name := turn.get("tool"), str):
            arguments = json.dumps(turn.get("arguments"), ensure_ascii=False)
            call = tool_call(self._ids.claim(None), name, arguments)
            return call, ToolCallChunk(call.id, name, arguments)
        answer = _as_text(turn.get("answer")) if "answer" in turn else text
        return Text(answer), TextChunk(answer)


def _as_text(answer: JsonValue) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
