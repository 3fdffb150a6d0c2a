"""How a session gets from one connection to the next: in time, and after a loss where that is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from chat_core.realtime.inbox import Due, Failed, Inbox, Lost, Received
from chat_core.types.errors import ChatError, ConnectionFailed, StreamTruncated

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from chat_core.realtime.link import Link
    from chat_core.types.message import Message
    from chat_core.types.retry_policy import RetryPolicy

_REST = 5.0  # seconds in which what the server had sent is read of a connection that takes no more
_SHORT = 10.0  # seconds that a connection lasts at least, or else it counts as a failed attempt


class Renewal:
    """Reads the connection of a session into its inbox, and replaces the connection.

    A connection is due for it from some time before its end: it is replaced as soon as nothing is under
    way, and at the last moment in any case. For a limit that is known beforehand, these are the last sixth of
    it (at most 10 minutes) and the last twentieth (at most 30 s); for one that the server announces, at once,
    and 5 s before it (at most half of the time).
    """

    def __init__(
        self,
        link: Link,
        inbox: Inbox,
        tasks: TaskGroup,
        policy: RetryPolicy,
        *,
        after_loss: bool,
    ) -> None:
        self._link = link
        self._inbox = inbox
        self._tasks = tasks
        self._policy = policy
        self._after_loss = after_loss
        self._failures = 0  # connections in a row that did not come about, or ended at once
        self._timer = anyio.CancelScope()
        self._opened_at = 0.0
        self._is_due = False

    @property
    def is_due(self) -> bool:
        """Whether the connection is to be replaced once nothing is under way, and nothing more has come."""
        return self._is_due and self._inbox.is_empty

    def begin(self) -> None:
        """Read the first connection."""
        self._opened()
        self._tasks.start_soon(self._read)

    def leaving(self, seconds: float) -> None:
        """Note that the server ends the connection in this time."""
        self._is_due = self._link.is_replaced = True
        self._time(0.0, seconds - min(5.0, seconds / 2))

    def note(self, due: Due) -> bool:
        """Note that the connection is due. Return whether that is so at once."""
        if due.number != self._link.number:
            return False
        self._is_due = self._link.is_replaced = True
        return due.now

    def replace(self, turns: Sequence[Message], lost: ChatError | None = None) -> None:
        """Begin to replace the connection; the inbox gets `Reopened` or `Failed`."""
        self.stop()
        self._link.disconnect()
        lasted = anyio.current_time() - self._opened_at
        self._failures = self._failures + 1 if lasted < _SHORT else 0
        error = lost or ConnectionFailed("the server ended each connection soon after it began")
        self._tasks.start_soon(self._reopen, turns, error)

    def send_failed(self, error: StreamTruncated) -> None:
        """Note that a message could not be sent. What the server had sent before the end is still read."""
        self._tasks.start_soon(self._lose, self._link.number, error)

    async def _lose(self, number: int, error: StreamTruncated) -> None:
        await anyio.sleep(_REST)  # the reader reports the end in most cases, and this then counts no more
        cause = error.__cause__
        await self._inbox.put(Lost(number, cause if isinstance(cause, ChatError) else error))

    def stop(self) -> None:
        """Replace the connection no more."""
        self._timer.cancel()
        self._is_due = False

    async def _reopen(self, turns: Sequence[Message], error: ChatError) -> None:
        import logging  # here, because most sessions have one connection

        logger = logging.getLogger("chat_core")
        while True:
            if self._failures:
                delay = self._policy.delay(self._failures, error)
                if delay is None:
                    await self._inbox.put(Failed(error))
                    return
                await anyio.sleep(delay)
            try:
                reopened = await self._link.reopen(turns)
            except ChatError as exc:
                if self._link.is_closed:
                    return
                error = exc
                self._failures += 1
                logger.info("a session was not reconnected: %s: %s", type(exc).__name__, exc)
                continue
            logger.info("a session goes on over another connection")
            self._opened()
            await self._inbox.put(reopened)
            await self._read()
            return

    def _opened(self) -> None:
        self._opened_at = anyio.current_time()
        self._link.is_replaced = self._after_loss
        if (lasts := self._link.capabilities.max_seconds) is not None:
            self._time(lasts - min(600.0, lasts / 6), lasts - min(30.0, lasts / 20))

    async def _read(self) -> None:
        """Put what the server sends into the inbox, in a task of its own: so pings are answered."""
        number = self._link.number
        try:
            async with aclosing(self._link.messages()) as messages:
                async for message in messages:
                    await self._inbox.put(Received(number, message))
        except ChatError as error:
            await self._inbox.put(Lost(number, error))

    def _time(self, first: float, last: float) -> None:
        self._timer.cancel()
        self._timer = anyio.CancelScope()
        self._tasks.start_soon(self._watch, self._timer, self._link.number, first, last)

    async def _watch(self, scope: anyio.CancelScope, number: int, first: float, last: float) -> None:
        with scope:
            await anyio.sleep(first)
            await self._inbox.put(Due(number))
            await anyio.sleep(last - first)
            await self._inbox.put(Due(number, now=True))
