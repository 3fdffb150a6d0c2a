"""The google-genai SDK."""

from typing import Any

from google import genai

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns
from benchmarks.contenders.httpx import listed


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        self.client: Any = genai.Client(api_key="key", http_options={"base_url": server})

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    def listed(self, turns: Turns) -> Any:
        return listed("gemini", turns)

    async def send(self, messages: Any) -> str:
        response = await self.client.aio.models.generate_content(model="m", contents=messages)
        text: str = response.text
        return text

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        chunks = await self.client.aio.models.generate_content_stream(model="m", contents=QUESTION)
        async for chunk in chunks:
            if text := chunk.text:
                pieces.append(text)
                if first:
                    first = self.mark()
        return "".join(pieces)

    async def aclose(self) -> None:
        await self.client.aio.aclose()
