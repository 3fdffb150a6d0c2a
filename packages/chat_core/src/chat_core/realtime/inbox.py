"""What comes to the task that iterates a session: from the server, the tools and this side."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from chat_core.realtime.link import Reopened
from chat_core.realtime.tool_work import News
from chat_core.types.errors import ChatError

_AHEAD = 256  # messages of the server that are kept for a reader; beyond them nothing more is read


@dataclass(frozen=True, slots=True)
class Received:
    """A message of the server, over the connection of this number."""

    number: int
    message: str | bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection of this number has ended."""

    number: int
    error: ChatError


@dataclass(frozen=True, slots=True)
class Due:
    """The connection of this number is to be replaced, whatever goes on."""

    number: int
    now: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """No other connection came about."""

    error: ChatError


Item: TypeAlias = Received | Lost | Due | Reopened | Failed | News


class Inbox:
    """Items in the order in which they came. Whoever puts one waits while there are too many."""

    def __init__(self) -> None:
        self._outbox, self._inbox = anyio.create_memory_object_stream[Item | None](_AHEAD)

    @property
    def is_empty(self) -> bool:
        return not self._inbox.statistics().current_buffer_used

    async def put(self, item: Item) -> None:
        """Put an item at the end."""
        await self._outbox.send(item)

    async def take(self) -> Item | None:
        """Wait for the next item; None where something has changed on this side."""
        return await self._inbox.receive()

    def notify(self) -> None:
        """Wake the task that iterates."""
        with suppress(anyio.WouldBlock):  # then there is something for it anyway
            self._outbox.send_nowait(None)

    def close(self) -> None:
        self._outbox.close()
        self._inbox.close()
