"""The anthropic SDK, on httpx and on aiohttp, and from synchronous code."""

import json
from typing import Any

from anthropic import Anthropic, AsyncAnthropic, DefaultAioHttpClient

from benchmarks.answers import QUESTION
from benchmarks.contenders import Contender, Library, Turns


class Client(Contender):
    def __init__(self, server: str, library: Library) -> None:
        self.sync = library.sync
        options: dict[str, Any] = {"base_url": server, "api_key": "key"}
        if "aiohttp" in library.options:
            options["http_client"] = DefaultAioHttpClient()
        self.client: Any = Anthropic(**options) if library.sync else AsyncAnthropic(**options)

    def create(self, messages: Any, **more: Any) -> Any:
        return self.client.messages.create(model="m", max_tokens=4096, messages=messages, **more)

    async def complete(self, turns: Turns) -> str:
        return await self.send(self.listed(turns))

    async def typed(self) -> Any:
        from benchmarks.report import Report

        parsed = await self.client.messages.parse(
            model="m", max_tokens=4096, messages=self.listed([("user", QUESTION)]), output_format=Report
        )
        return parsed.parsed_output

    async def send(self, messages: Any) -> str:
        sent = self.create(messages)
        text: str = (sent if self.sync else await sent).content[0].text
        return text

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        sent = self.create(self.listed([("user", QUESTION)]), stream=True)
        if self.sync:
            with sent as events:
                for event in events:
                    if event.type == "content_block_delta":
                        pieces.append(event.delta.text)
                        if first:
                            first = self.mark()
            return "".join(pieces)
        async with await sent as events:
            async for event in events:
                if event.type == "content_block_delta":
                    pieces.append(event.delta.text)
                    if first:
                        first = self.mark()
        return "".join(pieces)

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        names: dict[int, str] = {}
        arguments: dict[int, list[str]] = {}
        async with await self.create(self.listed([("user", QUESTION)]), stream=True) as events:
            async for event in events:
                if event.type == "content_block_start":
                    names[event.index], arguments[event.index] = event.content_block.name, []
                elif event.type == "content_block_delta":
                    arguments[event.index].append(event.delta.partial_json)
        return [(names[index], json.loads("".join(arguments[index]))) for index in sorted(names)]

    async def aclose(self) -> None:
        if self.sync:
            self.client.close()
        else:
            await self.client.close()
