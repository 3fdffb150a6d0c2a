"""Ours: every wire, on httpx and on aiohttp, through the engine and without it, and from synchronous code."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from chat_core import ChatBuilder, ChatRequest, Message, Messages, Text, TextChunk, ToolCall

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


def builder(wire: str, server: str) -> Any:
    match wire:
        case "chat":
            from chat_completions import ChatCompletionsBuilder

            return ChatCompletionsBuilder().with_base_url(f"{server}/v1")
        case "responses":
            from chat_responses import ResponsesBuilder

            return ResponsesBuilder().with_base_url(f"{server}/v1")
        case "claude":
            from chat_claude import ClaudeBuilder

            return ClaudeBuilder().with_base_url(server)
        case "gemini":
            from chat_gemini import GeminiBuilder

            return GeminiBuilder().with_base_url(server)
        case _:
            from chat_ollama import OllamaBuilder

            return OllamaBuilder().with_base_url(server)


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        self.builder = builder(library.wire, server).with_model("m").with_api_key("key")
        if "aiohttp" in library.options:
            from chat_core.transport import AioHttpTransport

            self.builder = self.builder.with_transport(AioHttpTransport())
        self.client = self.builder.build()
        self.chat: Any = ChatBuilder().with_model(self.client).build()
        self.bare = "bare" in library.options
        self.sync: Any = None
        if library.sync:
            from chat_core.sync import SyncChat

            self.sync = SyncChat(self.chat).__enter__()

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    def listed(self, turns: Turns) -> Messages:
        messages = Messages()
        for role, text in turns:
            messages.append(Message("user" if role == "user" else "model", [Text(text)]))
        return messages

    async def go_on(self, history: Turns, most: int) -> str:
        if self.kept is None or len(self.kept) >= most:
            self.kept = self.listed(history)
        return await self.send(self.kept.add_user(QUESTION))  # the chat appends the answer

    async def typed(self) -> Any:
        response = await self.typed_chat.complete(QUESTION)
        return response.value

    @cached_property
    def typed_chat(self) -> Any:
        from benchmarks.report import Report

        return ChatBuilder().with_model(self.client).with_structured_output(Report).build()

    async def send(self, messages: Messages) -> str:
        if self.sync is not None:
            response = self.sync.complete(messages)
        elif self.bare:
            response = await self.client.complete(ChatRequest(messages))
            messages.append(response.message)
        else:
            response = await self.chat.complete(messages)
        text_of_response: str = response.text
        return text_of_response

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        messages = Messages.from_user(QUESTION)
        if self.sync is not None:
            with self.sync.stream(messages) as events:
                for event in events:
                    if isinstance(event, TextChunk):
                        pieces.append(event.text)
                        if first:
                            first = self.mark()
            return "".join(pieces)
        if self.bare:
            events = self.client.stream(ChatRequest(messages))
            return "".join([event.text async for event in events if isinstance(event, TextChunk)])
        async with self.chat.stream(messages) as events:
            async for event in events:
                if isinstance(event, TextChunk):
                    pieces.append(event.text)
                    if first:
                        first = self.mark()
        return "".join(pieces)

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        found: list[ToolCall] = []
        async for event in self.client.stream(ChatRequest(Messages.from_user(QUESTION))):
            if (response := getattr(event, "response", None)) is not None:
                found = response.tool_calls
        return [(call.name, dict(call.arguments)) for call in found]

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        response = await ChatBuilder().with_model(self.embedder).build().embed(list(inputs))
        return [embedding.vector for embedding in response.embeddings]

    @cached_property
    def embedder(self) -> Any:
        return self.builder.with_embeddings().build()

    async def aclose(self) -> None:
        if self.sync is not None:
            self.sync.__exit__(None, None, None)
            return
        await self.client.aclose()
        if "embedder" in vars(self):
            await self.embedder.aclose()
