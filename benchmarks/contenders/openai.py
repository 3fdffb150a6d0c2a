"""The openai SDK: Chat Completions and Responses, on httpx and on aiohttp, and from synchronous code."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from openai import AsyncOpenAI, DefaultAioHttpClient, OpenAI

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        self.wire = library.wire
        self.sync = library.sync
        options: dict[str, Any] = {"base_url": f"{server}/v1", "api_key": "key"}
        if "aiohttp" in library.options:
            options["http_client"] = DefaultAioHttpClient()
        self.client: Any = OpenAI(**options) if library.sync else AsyncOpenAI(**options)

    def create(self, messages: Any, **more: Any) -> Any:
        if self.wire == "responses":
            return self.client.responses.create(model="m", input=messages, store=False, **more)
        if more:
            more["stream_options"] = {"include_usage": True}
        return self.client.chat.completions.create(model="m", messages=messages, **more)

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    async def typed(self) -> Any:
        from benchmarks.report import Report

        if self.wire == "responses":
            parsed = await self.client.responses.parse(
                model="m", input=self.listed([("user", QUESTION)]), text_format=Report, store=False
            )
            return parsed.output_parsed
        parsed = await self.client.chat.completions.parse(
            model="m", messages=self.listed([("user", QUESTION)]), response_format=Report
        )
        return parsed.choices[0].message.parsed

    async def send(self, messages: Any) -> str:
        sent = self.create(messages)
        response = sent if self.sync else await sent
        text: str = response.output_text if self.wire == "responses" else response.choices[0].message.content
        return text

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        sent = self.create(self.listed([("user", QUESTION)]), stream=True)
        if self.sync:
            with sent as chunks:
                for chunk in chunks:
                    if text := self.text(chunk):
                        pieces.append(text)
                        if first:
                            first = self.mark()
            return "".join(pieces)
        async with await sent as chunks:
            async for chunk in chunks:
                if text := self.text(chunk):
                    pieces.append(text)
                    if first:
                        first = self.mark()
        return "".join(pieces)

    def text(self, chunk: Any) -> str:
        if self.wire == "responses":
            text: str = chunk.delta if chunk.type == "response.output_text.delta" else ""
            return text
        return (chunk.choices[0].delta.content or "") if chunk.choices else ""

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        names: dict[int, str] = {}
        arguments: dict[int, list[str]] = {}
        async with await self.create(self.listed([("user", QUESTION)]), stream=True) as chunks:
            async for chunk in chunks:
                for index, name, piece in self.calls(chunk):
                    if name:
                        names[index] = name
                    arguments.setdefault(index, []).append(piece or "")
        return [(names[index], json.loads("".join(arguments[index]))) for index in sorted(names)]

    def calls(self, chunk: Any) -> Iterator[tuple[int, str | None, str | None]]:
        if self.wire == "responses":
            if chunk.type == "response.output_item.added":
                yield chunk.output_index, chunk.item.name, ""
            elif chunk.type == "response.function_call_arguments.delta":
                yield chunk.output_index, None, chunk.delta
        elif chunk.choices:
            for call in chunk.choices[0].delta.tool_calls or ():
                yield call.index, call.function.name, call.function.arguments

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        response = await self.client.embeddings.create(model="m", input=list(inputs))
        return [item.embedding for item in response.data]

    async def aclose(self) -> None:
        if self.sync:
            self.client.close()
        else:
            await self.client.close()
