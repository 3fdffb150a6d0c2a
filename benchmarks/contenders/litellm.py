"""LiteLLM. It has no client to build: functions, and a cache of clients behind them."""

from collections.abc import Sequence
from typing import Any

import litellm

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        base_url = f"{server}/v1"
        self.server: dict[str, Any] = {"model": "openai/m", "api_base": base_url, "api_key": "key"}

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    async def send(self, messages: Any) -> str:
        response = await litellm.acompletion(messages=messages, **self.server)
        text: str = response.choices[0].message.content
        return text

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        chunks = await litellm.acompletion(
            messages=[{"role": "user", "content": QUESTION}],
            stream=True,
            stream_options={"include_usage": True},
            **self.server,
        )
        async for chunk in chunks:
            if not chunk.choices:  # the usage, at the end
                continue
            if text := chunk.choices[0].delta.content:
                pieces.append(text)
                if first:
                    first = self.mark()
        return "".join(pieces)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        response = await litellm.aembedding(input=list(inputs), **self.server)
        return [item["embedding"] for item in response.data]

    async def aclose(self) -> None:
        """Its clients are cached for the life of the process."""
