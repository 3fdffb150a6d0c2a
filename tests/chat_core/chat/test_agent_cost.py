"""A step of an agent calls as many functions after ninety steps as after thirty, on each wire."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Messages, StepLimitReached, tool
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_responses import ResponsesBuilder

BUILDERS: dict[str, Callable[[], Any]] = {
    "completions": lambda: ChatCompletionsBuilder().with_base_url("http://x/v1").with_model("m"),
    "responses": lambda: ResponsesBuilder().with_base_url("http://x/v1").with_model("gpt-5.6"),
    "claude": lambda: ClaudeBuilder().with_model("claude-opus-4-8"),
    "gemini": lambda: GeminiBuilder().with_model("gemini-3-pro"),
}


def completions(number: int) -> dict[str, Any]:
    call = {
        "id": f"c{number}",
        "type": "function",
        "function": {"name": "look", "arguments": f'{{"at": {number}}}'},
    }
    message = {"role": "assistant", "content": "Looking.", "tool_calls": [call]}
    return {"choices": [{"message": message, "finish_reason": "tool_calls"}]}


def responses(number: int) -> dict[str, Any]:
    call = {
        "type": "function_call",
        "id": f"f{number}",
        "call_id": f"c{number}",
        "status": "completed",
        "name": "look",
        "arguments": f'{{"at": {number}}}',
    }
    return {"id": f"r{number}", "status": "completed", "output": [call]}


def claude(number: int) -> dict[str, Any]:
    call = {"type": "tool_use", "id": f"c{number}", "name": "look", "input": {"at": number}}
    text = {"type": "text", "text": "Looking."}
    return {"type": "message", "role": "assistant", "content": [text, call], "stop_reason": "tool_use"}


def gemini(number: int) -> dict[str, Any]:
    parts = [{"functionCall": {"id": f"c{number}", "name": "look", "args": {"at": number}}}]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


STEPS: dict[str, Callable[[int], dict[str, Any]]] = {
    "completions": completions,
    "responses": responses,
    "claude": claude,
    "gemini": gemini,
}


def functions_called(wire: str, steps: int, save: Callable[[Messages], object] | None) -> int:
    """Return how many functions are called, of Python and of C, while an agent takes so many steps."""
    transport = FakeTransport()
    for number in range(steps):
        transport.answer(STEPS[wire](number))
    made = BUILDERS[wire]().with_api_key("k").with_transport(transport).build()

    async def look(at: int) -> str:
        return "seen"

    builder = ChatBuilder().with_model(made).with_tools([tool(look)]).with_max_steps(steps)
    chat = (builder if save is None else builder.with_checkpoint(save)).build()
    called = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    async def run() -> None:
        sys.setprofile(count)
        try:
            with pytest.raises(StepLimitReached):
                await chat.complete(Messages.from_user("Go."))
        finally:
            sys.setprofile(None)

    asyncio.run(run())
    return called


@pytest.mark.parametrize("save", [None, Messages.to_json], ids=["not stored", "stored"])
@pytest.mark.parametrize("wire", BUILDERS)
def test_a_late_step_calls_no_more_functions_than_an_early_one(
    wire: str, save: Callable[[Messages], object] | None
) -> None:
    functions_called(wire, 5, save)  # imports
    thirty, sixty, ninety = (functions_called(wire, steps, save) for steps in (30, 60, 90))

    early, late = (sixty - thirty) / 30, (ninety - sixty) / 30

    assert late < early * 1.02
