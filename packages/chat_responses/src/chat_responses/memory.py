"""Who remembers a conversation between two requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Stateless:
    """Nobody but the caller: the server stores nothing, and every request holds all items."""


@dataclass(frozen=True, slots=True)
class Chained:
    """The server: a request names the response before it and holds only what is new.

    Without `store` only a WebSocket connection remembers.
    """

    store: bool = True


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation object on the server: a request names it and holds only what is new."""

    id: str


Memory: TypeAlias = Stateless | Chained | Conversation
