"""One file for each library, doing the same work the way that library's users write it."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from benchmarks.answers import QUESTION

Turns = Sequence[tuple[str, str]]
"""Role (`user` or `assistant`) and text."""


@dataclass(frozen=True, slots=True)
class Library:
    """A way to talk over a wire: `module` of this folder, its class `Client`, and what that is built with.

    `sync` ones are run where no event loop runs. `alone` ones run without what the environment has besides:
    their process finds what pip installs with this distribution, and no more.
    """

    name: str
    module: str
    wire: str
    options: tuple[str, ...] = ()
    sync: bool = False
    alone: str = ""

    @property
    def base(self) -> str:
        """The library that it is compared with: plain httpx on the same wire."""
        return f"{self.wire} httpx{' sync' if self.sync else ''}"

    @property
    def second_base(self) -> str:
        """The same as it is without `sniffio`, which comes with us and makes httpx faster."""
        return self.base if self.sync else f"{self.base} alone"

    def load(self) -> "type[Contender]":
        contender: type[Contender] = import_module(f"{__name__}.{self.module}").Client
        return contender


def _libraries() -> Iterable[Library]:
    for wire in ("chat", "responses", "claude", "gemini", "ollama"):
        yield Library(f"{wire} httpx", "httpx", wire)
        yield Library(f"{wire} httpx alone", "httpx", wire, alone="httpx")
        yield Library(f"{wire} aiohttp", "aiohttp", wire)
        yield Library(f"{wire} ours", "ours", wire)
        yield Library(f"{wire} ours, the client alone", "ours", wire, ("bare",))
        yield Library(f"{wire} ours on aiohttp", "ours", wire, ("aiohttp",))
    yield Library("chat httpx keeping all connections", "httpx", "chat", ("keeps all",))
    yield Library("chat openai", "openai", "chat")
    yield Library("chat openai on aiohttp", "openai", "chat", ("aiohttp",))
    yield Library("chat litellm", "litellm", "chat")
    yield Library("chat pydantic_ai", "pydantic_ai", "chat")
    yield Library("responses openai", "openai", "responses")
    yield Library("responses openai on aiohttp", "openai", "responses", ("aiohttp",))
    yield Library("claude anthropic", "anthropic", "claude")
    yield Library("claude anthropic on aiohttp", "anthropic", "claude", ("aiohttp",))
    yield Library("gemini google-genai", "google_genai", "gemini")
    yield Library("ollama ollama", "ollama", "ollama")
    for wire in ("chat", "claude"):
        yield Library(f"{wire} httpx sync", "httpx", wire, sync=True)
        yield Library(f"{wire} ours sync", "ours", wire, sync=True)
    yield Library("chat openai sync", "openai", "chat", sync=True)
    yield Library("claude anthropic sync", "anthropic", "claude", sync=True)


LIBRARIES = {library.name: library for library in _libraries()}

IMPORTS = {
    "httpx": "import httpx, pydantic",
    "aiohttp": "import aiohttp, pydantic",
    "ours": "from chat_core import ChatBuilder; from chat_completions import ChatCompletionsBuilder",
    "openai": "from openai import AsyncOpenAI",
    "anthropic": "from anthropic import AsyncAnthropic",
    "google_genai": "from google import genai",
    "ollama": "import ollama",
    "litellm": "from litellm import acompletion",
    "pydantic_ai": "import pydantic_ai.direct, pydantic_ai.models.openai",
}
"""What a program that uses the library imports."""


class Contender(ABC):
    """A client of one library. Every answer is read to its end and handed back.

    Those of a synchronous library await nothing.
    """

    first_at = 0.0
    """CPU seconds of the process at the first text."""

    @abstractmethod
    def __init__(self, server: str, library: Library) -> None:
        """Build the client, as a user of the library does. `server` is the URL, with the scenario as path."""

    @abstractmethod
    async def complete(self, turns: Turns) -> str:
        """Make the library's own messages of the turns, and send them, not streamed. The answer's text."""

    @abstractmethod
    async def stream(self, *, first: bool = False) -> str:
        """Ask `QUESTION`, streamed. The text of all events, joined; with `first`, `mark` the first one."""

    @abstractmethod
    async def aclose(self) -> None:
        """Give the connections back."""

    def mark(self) -> bool:
        """Keep when the first text came. Returns False: it has."""
        self.first_at = time.process_time()
        return False

    kept: Any = None
    """A conversation, as the documentation of the library keeps one."""

    def listed(self, turns: Turns) -> Any:
        """The library's own messages of the turns."""
        return [{"role": role, "content": text} for role, text in turns]

    async def send(self, messages: Any) -> str:
        """Send the library's own messages, not streamed. The answer's text."""
        raise NotImplementedError

    async def go_on(self, history: Turns, most: int) -> str:
        """Ask `QUESTION` in a conversation that is kept, and append the answer. It begins with `history`, and
        anew after `most` messages.
        """
        if self.kept is None or len(self.kept) >= most:
            self.kept = self.listed(history)
        self.kept += self.listed([("user", QUESTION)])
        text = await self.send(self.kept)
        self.kept += self.listed([("assistant", text)])
        return text

    async def typed(self) -> Any:
        """Ask `QUESTION`, and read the answer as a `benchmarks.report.Report`."""
        raise NotImplementedError

    async def tools(self) -> list[tuple[str, dict[str, Any]]]:
        """Read streamed tool calls: names and arguments."""
        raise NotImplementedError

    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector an input, in the form and through the encoding that the library chooses by itself."""
        raise NotImplementedError

    async def streams(self, n: int) -> list[str]:
        """`n` streams at once."""
        return await asyncio.gather(*(self.stream() for _ in range(n)))
