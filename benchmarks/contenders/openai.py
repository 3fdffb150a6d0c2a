"""The openai SDK."""

from collections.abc import Sequence
from typing import Any

from openai import AsyncOpenAI

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender


class Client(Contender):
    def __init__(self, base_url: str) -> None:
        self.client = AsyncOpenAI(base_url=base_url, api_key="key")

    async def request(self) -> str:
        return await self.complete([{"role": "user", "content": QUESTION}])

    async def history(self, turns: Sequence[tuple[str, str]]) -> str:
        return await self.complete([{"role": role, "content": text} for role, text in turns])

    async def complete(self, messages: Any) -> str:
        completion = await self.client.chat.completions.create(model="m", messages=messages)
        return completion.choices[0].message.content or ""

    async def stream(self) -> str:
        pieces = []
        async with await self.client.chat.completions.create(
            model="m",
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
        ) as chunks:
            async for chunk in chunks:
                if not chunk.choices:  # the usage, at the end
                    continue
                if text := chunk.choices[0].delta.content:
                    pieces.append(text)
        return "".join(pieces)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        response = await self.client.embeddings.create(model="m", input=list(inputs))
        return [item.embedding for item in response.data]

    async def aclose(self) -> None:
        await self.client.close()
