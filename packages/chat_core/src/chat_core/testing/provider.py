"""A provider that takes its turns from a script: for tests of agents, without a wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from chat_core.types.errors import ChatError
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.files import File
from chat_core.types.message import FinishReason, Message, Turn
from chat_core.types.messages import Messages
from chat_core.types.parts import Part, Reasoning, Refusal, Text, as_part
from chat_core.types.request import AnyRequest, ChatRequest, as_request
from chat_core.types.response import ChatResponse
from chat_core.types.short_repr import Shown, Values
from chat_core.types.tool_call import ToolCall
from chat_core.types.usage import Usage

Line: TypeAlias = str | Part | Sequence[Part | str] | ChatResponse | ChatError

_USAGE = Usage(input_tokens=10, output_tokens=5, total_tokens=15)


class ScriptedProvider(Shown):
    """Each turn is the next line: text, a part, several parts, a whole response, or an error to raise.

    `requests` are what came, each with the messages as they were then. Streamed, a text comes in pieces of
    eight characters.
    """

    def __init__(self, lines: Iterable[Line], *, model: str = "scripted") -> None:
        self._lines = list(lines)
        self._model = model
        self.requests: list[ChatRequest] = []

    def _shown(self) -> Values:
        yield "model", self._model
        yield "requests", len(self.requests)
        yield "lines_left", len(self._lines)

    @property
    def model(self) -> str:
        """The name of the model."""
        return self._model

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return the next line."""
        request = as_request(given)
        self.requests.append(replace(request, messages=_snapshot(request.messages)))
        if not self._lines:
            raise AssertionError(f"the script has no line for turn {len(self.requests)}")
        line = self._lines.pop(0)
        if isinstance(line, ChatError):
            raise line
        return line if isinstance(line, ChatResponse) else _response(line, self._model)

    async def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield the next line, in pieces."""
        request = as_request(given)
        response = await self.complete(request)
        for part in response.message.parts:
            for event in _pieces(part):
                yield event
        yield Done(response)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""


def _snapshot(messages: Messages) -> Messages:
    """Return a copy that stays as it is when the conversation goes on and its calls change."""
    return Messages(replace(message, parts=_copied(message.parts)) for message in messages)


def _copied(parts: Iterable[Part]) -> list[Part]:
    return [replace(part) if isinstance(part, ToolCall) else part for part in parts]


def _response(line: str | Part | Sequence[Part | str], model: str) -> ChatResponse:
    given = [line] if isinstance(line, str) or not isinstance(line, Sequence) else line
    parts = _copied(as_part(part) for part in given)
    reason: FinishReason = "tool_calls" if any(isinstance(part, ToolCall) for part in parts) else "stop"
    return ChatResponse(Message("model", parts, turn=Turn(reason, reason, _USAGE, model)))


def _pieces(part: Part) -> Iterator[TurnEvent]:
    match part:
        case Text(text):
            yield from (
                TextChunk(text[start : start + 8], aside=part.aside) for start in range(0, len(text), 8)
            )
        case Reasoning(text) if text:
            yield ReasoningChunk(text)
        case Refusal(text):
            yield RefusalChunk(text)
        case File():
            yield FileReady(part)
        case ToolCall():
            yield ToolCallChunk(part.id, part.name, part.arguments_text or "")
        case _:
            pass
