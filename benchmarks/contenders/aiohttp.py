"""Plain aiohttp with hand-written parsing, as `httpx` is: the least that a library on aiohttp can take."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from benchmarks.answers import QUESTION
from benchmarks.contenders import Library
from benchmarks.contenders.httpx import PATHS, ByHand, body, body_of, call_deltas, delta_of, frame, text_of


class Client(ByHand):
    def __init__(self, server: str, library: Library) -> None:
        self.wire = library.wire
        self.server = server
        self.whole, self.streamed = PATHS[self.wire]
        self.session = aiohttp.ClientSession(
            headers={"authorization": "Bearer key"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=300),
            connector=aiohttp.TCPConnector(limit=5000),
        )

    async def send(self, messages: Any) -> str:
        sent = body_of(self.wire, messages, stream=False)
        async with self.session.post(self.server + self.whole, json=sent) as response:
            response.raise_for_status()
            return text_of(self.wire, json.loads(await response.read()))

    async def stream(self, *, first: bool = False) -> str:
        pieces = []
        async with self.lines() as bursts:
            async for lines in bursts:
                for line in lines:
                    if text := delta_of(self.wire, line):
                        pieces.append(text)
                        if first:
                            first = self.mark()
        return "".join(pieces)

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        names: dict[int, str] = {}
        arguments: dict[int, list[str]] = {}
        async with self.lines() as bursts:
            async for lines in bursts:
                for line in lines:
                    for index, name, piece in call_deltas(self.wire, frame(self.wire, line)):
                        if name:
                            names[index] = name
                        arguments.setdefault(index, []).append(piece)
        return [(names[index], json.loads("".join(arguments[index]))) for index in sorted(names)]

    @asynccontextmanager
    async def lines(self) -> AsyncIterator[AsyncIterator[list[str]]]:
        """The lines that are not blank, those together that arrived together."""
        sent = body(self.wire, [("user", QUESTION)], stream=True)
        async with self.session.post(self.server + self.streamed, json=sent) as response:
            response.raise_for_status()
            yield lines_of(response.content)

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        raise NotImplementedError

    async def aclose(self) -> None:
        await self.session.close()


async def lines_of(content: aiohttp.StreamReader) -> AsyncIterator[list[str]]:
    rest = b""
    async for chunk in content.iter_any():
        *whole, rest = (rest + chunk).split(b"\n")
        yield [line.decode() for each in whole if (line := each.rstrip())]
