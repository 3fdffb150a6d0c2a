"""What to say where no Ollama answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import TypeVar

from chat_core import ConnectionFailed, TurnEvent
from chat_core.providerclient import ClientSettings, ProviderClient
from chat_core.turn import TurnMachine

S = TypeVar("S", bound=ClientSettings)
T = TypeVar("T")


class Explaining(ProviderClient[S]):
    """A client whose `ConnectionFailed` says how to install and start Ollama."""

    async def _ask(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> T:
        try:
            return await super()._ask(method, path, read, body, headers)
        except ConnectionFailed as error:
            raise self._explained(error) from error

    async def _stream_turn(
        self, path: str, machine: TurnMachine, body: bytes, headers: Mapping[str, str] | None = None
    ) -> AsyncGenerator[TurnEvent]:
        try:
            async with aclosing(super()._stream_turn(path, machine, body, headers)) as events:
                async for event in events:
                    yield event
        except ConnectionFailed as error:
            raise self._explained(error) from error

    def _explained(self, error: ConnectionFailed) -> ConnectionFailed:
        explained = ConnectionFailed(
            f"Ollama does not answer at {self._settings.base_url}: `ollama serve` starts it, https://ollama.com/download has it,"
            f" and .with_host(...) or OLLAMA_HOST says where else it is ({error})"
        )
        explained.retryable = error.retryable
        return explained
