"""One file a library, named like its module, each doing the same work the way that library's users write
it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module

LIBRARIES = ("httpx", "chat_completions", "openai", "litellm", "pydantic_ai")
BASE = "httpx"

IMPORTS = {
    "httpx": "import httpx, pydantic",
    "chat_completions": "from chat_core import ChatBuilder; from chat_completions import "
    "ChatCompletionsBuilder",
    "openai": "from openai import AsyncOpenAI",
    "litellm": "from litellm import acompletion",
    "pydantic_ai": "import pydantic_ai.direct, pydantic_ai.models.openai",
}
"""What a program that uses the library imports."""


class Contender(ABC):
    """A client of one library, ready to be asked. Every answer is read to its end and handed back."""

    @abstractmethod
    def __init__(self, base_url: str) -> None:
        """Build the client, as a user of the library does. `base_url` ends in `/v1`."""

    @abstractmethod
    async def request(self) -> str:
        """Ask `QUESTION`, not streamed. The answer's text."""

    @abstractmethod
    async def stream(self) -> str:
        """Ask `QUESTION`, streamed. The text of all events, joined."""

    @abstractmethod
    async def history(self, turns: Sequence[tuple[str, str]]) -> str:
        """Make the library's own messages of the turns (`user` or `assistant`, text), and send them, not
        streamed.
        """

    @abstractmethod
    async def embed(self, inputs: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector an input, in the form and through the encoding that the library chooses by itself."""

    @abstractmethod
    async def aclose(self) -> None:
        """Give the connections back."""

    async def concurrent(self, n: int) -> list[str]:
        """`n` streams at once."""
        return await asyncio.gather(*(self.stream() for _ in range(n)))


def load(library: str) -> type[Contender]:
    """The contender of a library. Importing it imports the library."""
    contender: type[Contender] = import_module(f"{__name__}.{library}").Client
    return contender
