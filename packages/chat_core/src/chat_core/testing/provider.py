"""A provider that speaks from a script: for tests of agents, without a wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
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
from chat_core.types.messages import FinishReason, Message, Messages, Turn
from chat_core.types.parts import Part, Reasoning, Refusal, Text, ToolCall, as_part
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse
from chat_core.types.usage import Usage

Line: TypeAlias = str | Part | Sequence[Part | str] | ChatResponse | ChatError

_USAGE = Usage(input_tokens=10, output_tokens=5, total_tokens=15)


class ScriptedProvider:
    """Each turn takes the next line: text, a part, several parts, a whole response, or an error to raise. `requests` are what came.

    Streamed, a text comes in pieces of eight characters.
    """

    def __init__(self, lines: Iterable[Line], *, model: str = "scripted") -> None:
        self._lines = list(lines)
        self._model = model
        self.requests: list[ChatRequest] = []

    @property
    def model(self) -> str:
        """The name it goes by."""
        return self._model

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """The next line."""
        self.requests.append(
            replace(request, messages=Messages(request.messages))
        )  # as it is now: the conversation goes on
        if not self._lines:
            raise AssertionError(f"the script has no line for turn {len(self.requests)}")
        line = self._lines.pop(0)
        if isinstance(line, ChatError):
            raise line
        return line if isinstance(line, ChatResponse) else _response(line, self._model)

    async def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """The next line, in pieces."""
        response = await self.complete(request)
        for part in response.message.parts:
            for event in _pieces(part):
                yield event
        yield Done(response)

    async def aclose(self) -> None:
        """Nothing is open."""


def _response(line: str | Part | Sequence[Part | str], model: str) -> ChatResponse:
    said = [line] if isinstance(line, str) or not isinstance(line, Sequence) else line
    parts = [replace(part) if isinstance(part, ToolCall) else as_part(part) for part in said]
    reason: FinishReason = "tool_calls" if any(isinstance(part, ToolCall) for part in parts) else "stop"
    return ChatResponse(Message("model", parts, turn=Turn(reason, reason, _USAGE, model)))


def _pieces(part: Part) -> Iterable[TurnEvent]:
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
