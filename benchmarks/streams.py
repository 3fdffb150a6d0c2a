"""Thousands of streams at once in one process: `python -m benchmarks.streams`.

Each of `--streams` streams has 100 events, one in 50 ms. Printed are what went wrong, the CPU time, and how
much the process has grown while all were open; then how long a stream takes beside one whose consumer sleeps.
"""

import argparse
import asyncio
import gc
import os
import sys
import time
from contextlib import ExitStack
from typing import Any

from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Messages, TextChunk
from chat_core.transport import AioHttpTransport, HttpTransport

from benchmarks.answers import QUESTION, SHORT_ANSWER
from benchmarks.processes import start_server

TRANSPORTS = {"HttpTransport": HttpTransport, "AioHttpTransport": AioHttpTransport}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=3_000)
    parser.add_argument("--transports", nargs="+", choices=TRANSPORTS, default=list(TRANSPORTS))
    arguments = parser.parse_args()
    print("| transport | streams | wrong | CPU | KiB per stream | wall clock | while one consumer sleeps |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with ExitStack() as stack:
        server = start_server(stack)
        for name in arguments.transports:
            if os.fork() == 0:  # a process of its own, so that memory is not counted twice
                asyncio.run(measure(name, server, arguments.streams))
                sys.stdout.flush()
                os._exit(0)
            os.wait()


async def measure(name: str, server: str, n: int) -> None:
    client = (
        ChatCompletionsBuilder()
        .with_model("m")
        .with_api_key("key")
        .with_base_url(f"{server}/many/v1")
        .with_transport(TRANSPORTS[name]())
        .build()
    )
    chat: Any = ChatBuilder().with_model(client).build()
    await read(chat)
    before, begun = memory(), Begun(n)
    cpu, wall = time.process_time(), time.perf_counter()
    texts = await asyncio.gather(*(read(chat, begun) for _ in range(n)), return_exceptions=True)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    wrong = sum(text != SHORT_ANSWER for text in texts)
    alone, beside = await asyncio.gather(read(chat, pause=0.2), timed(chat))
    assert alone == SHORT_ANSWER
    grown = (begun.memory - before) / n / 1024
    cells = (name, f"{n:,}", str(wrong), f"{cpu:.1f} s", f"{grown:.0f}", f"{wall:.1f} s", f"{beside:.1f} s")
    print(f"| {' | '.join(cells)} |")
    await client.aclose()


class Begun:
    """How many streams have begun, and the memory once all have."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.memory = 0

    def one(self) -> None:
        self.left -= 1
        if not self.left:
            gc.collect()
            self.memory = memory()


async def read(chat: Any, begun: Begun | None = None, pause: float = 0.0) -> str:
    pieces: list[str] = []
    async with chat.stream(Messages.from_user(QUESTION)) as events:
        async for event in events:
            if isinstance(event, TextChunk):
                if begun is not None and not pieces:
                    begun.one()
                pieces.append(event.text)
                if pause and len(pieces) < 30:
                    await asyncio.sleep(pause)
    return "".join(pieces)


async def timed(chat: Any) -> float:
    """Return how long a stream takes beside one whose consumer is slow."""
    start = time.perf_counter()
    assert await read(chat) == SHORT_ANSWER
    return time.perf_counter() - start


def memory() -> int:
    """The resident memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    main()
