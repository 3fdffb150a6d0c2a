"""Ours."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Message, Messages, Text, TextChunk

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender


class Client(Contender):
    def __init__(self, base_url: str) -> None:
        self.builder = ChatCompletionsBuilder().with_model("m").with_api_key("key").with_base_url(base_url)
        self.client = self.builder.build()
        self.chat = ChatBuilder().with_model(self.client).build()

    async def request(self) -> str:
        return await self.complete(Messages.from_user(QUESTION))

    async def history(self, turns: Sequence[tuple[str, str]]) -> str:
        messages = Messages()
        for role, text in turns:
            messages.append(Message("user" if role == "user" else "model", [Text(text)]))
        return await self.complete(messages)

    async def complete(self, messages: Messages) -> str:
        response = await self.chat.complete(messages)
        return response.text

    async def stream(self) -> str:
        pieces = []
        async with self.chat.stream(Messages.from_user(QUESTION)) as events:
            async for event in events:
                match event:
                    case TextChunk(text):
                        pieces.append(text)
                    case _:
                        pass
        return "".join(pieces)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        response = await ChatBuilder().with_model(self.embedder).build().embed(list(inputs))
        return [embedding.vector for embedding in response.embeddings]

    @cached_property
    def embedder(self) -> Any:
        return self.builder.with_embeddings().build()

    async def aclose(self) -> None:
        await self.client.aclose()
        if "embedder" in vars(self):
            await self.embedder.aclose()
