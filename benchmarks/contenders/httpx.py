"""Plain httpx with hand-written parsing: what everybody else is measured against."""

import json
from array import array
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import httpx

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender


class Client(Contender):
    def __init__(self, base_url: str) -> None:
        self.http = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": "Bearer key"},
            timeout=httpx.Timeout(300, connect=10),
            limits=httpx.Limits(max_connections=1000, max_keepalive_connections=100),
        )

    async def request(self) -> str:
        return await self.complete([{"role": "user", "content": QUESTION}])

    async def history(self, turns: Sequence[tuple[str, str]]) -> str:
        return await self.complete([{"role": role, "content": text} for role, text in turns])

    async def complete(self, messages: list[dict[str, str]]) -> str:
        response = await self.http.post("/chat/completions", json={"model": "m", "messages": messages})
        response.raise_for_status()
        text: str = response.json()["choices"][0]["message"]["content"]
        return text

    async def stream(self) -> str:
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": QUESTION}],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        pieces = []
        async with self.http.stream("POST", "/chat/completions", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if not line.startswith("data: ") or line == "data: [DONE]":
                    continue
                chunk: dict[str, Any] = json.loads(line[6:])
                if not chunk["choices"]:  # the usage, at the end
                    continue
                if text := chunk["choices"][0]["delta"].get("content"):
                    pieces.append(text)
        return "".join(pieces)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        body = {"model": "m", "input": inputs, "encoding_format": "base64"}
        response = await self.http.post("/embeddings", json=body)
        response.raise_for_status()
        return [array("f", b64decode(item["embedding"])) for item in response.json()["data"]]

    async def aclose(self) -> None:
        await self.http.aclose()
