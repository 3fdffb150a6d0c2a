"""The tapes of this folder: one for each wire, made by driving the scripted server through a recorder.

    python tests/tapes/wires.py

records them anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path

from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatError, ChatModel, ChatRequest, Messages, Tool, Transport
from chat_core.testing import Call, Failure, LoopbackServer, RecordingTransport, Reply
from chat_core.transport import HttpTransport
from chat_core.types.events import TurnEvent
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder

HERE = Path(__file__).resolve().parent
HOST = "http://127.0.0.1:8000"  # what is compared of an address is its path
TURNS = [
    Reply("It rains in Zürich.", reasoning="The sky is grey.", prompt_tokens=20, completion_tokens=9),
    Reply("I look.", calls=(Call("weather", {"city": "Bern"}, id="one"), Call("weather", {}, id="two"))),
    Reply("It rai", finish_reason="length", cached_tokens=4),
    Failure(429, "slow down", code="rate_limit", retry_after=1.0),
]
QUESTIONS = ["How is it?", "And in Bern?", "Tell me all.", "More."]
WEATHER = Tool(
    "weather", "The weather.", {"type": "object", "properties": {"city": {"type": "string"}}}, dict
)

WIRES: dict[str, Callable[[Transport, str], ChatModel]] = {
    "chat-completions": lambda transport, host: (
        ChatCompletionsBuilder().with_base_url(f"{host}/v1").with_model("m").with_transport(transport).build()
    ),
    "responses": lambda transport, host: (
        OpenAIBuilder()
        .with_base_url(f"{host}/v1")
        .with_api_key("a-key-for-tapes")
        .with_model("m")
        .with_transport(transport)
        .build()
    ),
    "claude": lambda transport, host: (
        ClaudeBuilder()
        .with_base_url(host)
        .with_api_key("a-key-for-tapes")
        .with_model("m")
        .with_transport(transport)
        .build()
    ),
    "gemini": lambda transport, host: (
        GeminiBuilder()
        .with_base_url(host)
        .with_api_key("a-key-for-tapes")
        .with_model("m")
        .with_transport(transport)
        .build()
    ),
    "ollama": lambda transport, host: (
        OllamaBuilder().with_host(host).with_native().with_model("m").with_transport(transport).build()
    ),
}


def asked(question: str) -> ChatRequest:
    """The request with this question."""
    return ChatRequest(Messages.from_user(question), (WEATHER.definition,))


async def events_of(client: ChatModel, question: str) -> AsyncGenerator[TurnEvent]:
    """The events of one streamed turn."""
    async with aclosing(client.stream(asked(question))) as events:
        async for event in events:
            yield event


async def record() -> None:
    for name, build in WIRES.items():
        with LoopbackServer([*TURNS, *TURNS]) as server:
            transport = RecordingTransport(HttpTransport(), HERE / f"{name}.tape")
            client = build(transport, server.host)
            for question in QUESTIONS:
                try:
                    async with aclosing(events_of(client, question)) as events:
                        async for _ in events:
                            pass
                except ChatError as error:
                    print(name, "streamed", type(error).__name__)
            for question in QUESTIONS:
                try:
                    await client.complete(asked(question))
                except ChatError as error:
                    print(name, "whole", type(error).__name__)
            await client.aclose()


if __name__ == "__main__":
    asyncio.run(record())
