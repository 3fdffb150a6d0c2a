"""The ollama library."""

from typing import Any

from ollama import AsyncClient

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        self.client: Any = AsyncClient(host=server)

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    async def send(self, messages: Any) -> str:
        response = await self.client.chat(model="m", messages=messages)
        text: str = response.message.content
        return text

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        sent = await self.client.chat(
            model="m", messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        async for chunk in sent:
            if text := chunk.message.content:
                pieces.append(text)
                if first:
                    first = self.mark()
        return "".join(pieces)

    async def aclose(self) -> None:
        await self.client._client.aclose()
