"""What carries the messages of the protocol to one server and back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from chat_core import JsonObject

from chat_mcp.wire import WireMessage


class Link(Protocol):
    """A way to a server. Several requests may be on their way at once."""

    @property
    def address(self) -> str:
        """What an error calls the server."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether the server is still the one that a version was agreed on with."""
        ...

    @property
    def has_session(self) -> bool:
        """Whether the server has opened a session that it may forget."""
        ...

    async def open(self) -> None:
        """Make the way ready. Raises `ConnectionFailed`, and `ConfigurationError` where it never will be."""
        ...

    def exchange(self, message: JsonObject, headers: Mapping[str, str]) -> AsyncGenerator[WireMessage]:
        """Send a request and yield what the server sends about it, ending with the answer.

        Leaving early cancels the request at the server. It sends nothing twice. Raises
        `ConnectionFailed`, `TimedOut`, `InvalidResponse` and `ProviderError`.
        """
        ...

    async def send(self, message: JsonObject, headers: Mapping[str, str]) -> None:
        """Send a notification, or the answer to a request of the server's."""
        ...

    def forget(self) -> None:
        """Forget the session: the next request begins a new one."""
        ...

    async def aclose(self) -> None:
        """End the session, and close the way. It can be opened again."""
        ...
