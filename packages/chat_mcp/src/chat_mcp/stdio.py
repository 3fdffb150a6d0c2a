"""The way to a server that is a process of its own: a message is a line of its input or output.

No task reads in the background. Whoever waits for an answer reads, one at a time, and hands the others what
is theirs.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import anyio
from chat_core import ConnectionFailed, InvalidResponse, JsonObject, JsonValue, Timeouts
from chat_core.client import Deadlines
from chat_core.wire import dump

from chat_mcp.encode import notification_message
from chat_mcp.process import BROKEN, Process, ProcessSettings
from chat_mcp.wire import CANCELLED, Answer, Notification, WireMessage, read_messages

_LOGGER: Final = logging.getLogger("chat_mcp")
_GOODBYE: Final = 2.0  # seconds for the server to be told that a request has been left


@dataclass(slots=True, eq=False)
class _Waiter:
    """A request that waits: the messages that came for it, and an event that wakes it."""

    process: Process
    messages: deque[WireMessage] = field(default_factory=deque[WireMessage])
    event: anyio.Event = field(default_factory=anyio.Event)
    is_answered: bool = False


class StdioLink:
    """A server as a process. `note` is called with what is worth a notice."""

    def __init__(self, settings: ProcessSettings, timeouts: Timeouts, note: Callable[[str], object]) -> None:
        self._settings = settings
        self._timeouts = timeouts
        self._note = note
        self._process: Process | None = None
        self._waiters: dict[str, _Waiter] = {}
        self._is_reading = False
        self._writing = anyio.Lock()

    @property
    def address(self) -> str:
        """The command, without its arguments, in which there may be a secret."""
        return self._settings.command[0]

    @property
    def is_open(self) -> bool:
        """Whether the process runs that a version was agreed on with."""
        return self._process is not None and self._process.returncode is None

    @property
    def has_session(self) -> bool:
        """False: a process that has ended is a failed connection, no lost session."""
        return False

    async def open(self) -> None:
        """Start the process, unless it runs."""
        if self._process is not None and not self.is_open:
            await self._ended(self._process)
        if self._process is None:
            self._process = await Process.start(self._settings)

    async def exchange(self, message: JsonObject, headers: Mapping[str, str]) -> AsyncGenerator[WireMessage]:
        """Send a request and yield what comes about it, ending with the answer."""
        id = message["id"]
        waiter = self._waiters[str(id)] = _Waiter(self._running())
        is_sent = False
        try:
            with Deadlines(self._timeouts) as deadlines:
                await deadlines.wait(self._write(message, waiter))
                is_sent = True
                while (one := await self._next_for(waiter, deadlines)) is not None:
                    yield one
        finally:
            del self._waiters[str(id)]
            if is_sent and not waiter.is_answered and self._process is waiter.process:
                await self._tell_cancelled(id)

    async def _next_for(self, waiter: _Waiter, deadlines: Deadlines) -> WireMessage | None:
        """Return the next message for a waiter, or None after its answer."""
        while not waiter.messages:
            if waiter.is_answered:
                return None
            await deadlines.wait(self._read_for(waiter))
            if waiter.messages:
                deadlines.progress()
        return waiter.messages.popleft()

    async def send(self, message: JsonObject, headers: Mapping[str, str]) -> None:
        """Write a message that has no answer."""
        await self._write(message)

    def forget(self) -> None:
        """Do nothing: a process that has ended was forgotten when it did."""

    async def aclose(self) -> None:
        """End the process, and all that it has started."""
        process, self._process = self._process, None
        self._wake_all()
        if process is not None:
            await process.stop()

    async def _write(self, message: JsonObject, waiter: _Waiter | None = None) -> None:
        """Write a line. A waiter reads meanwhile: a server that waits to be read from reads nothing."""
        line = dump(message) + b"\n"
        process = self._running()
        failure: Exception | None = None
        async with self._writing, anyio.create_task_group() as tasks:
            if waiter is not None:
                tasks.start_soon(self._read_meanwhile, waiter)
            try:
                await process.write(line)
            except BROKEN as exc:
                failure = exc
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise await self._ended(process) from failure

    async def _read_meanwhile(self, waiter: _Waiter) -> None:
        with suppress(ConnectionFailed, InvalidResponse):  # whoever waits finds it out too
            while not waiter.messages:
                await self._read_for(waiter)

    async def _read_for(self, waiter: _Waiter) -> None:
        """Wait until a message has come for this waiter, or until it may be the one that reads."""
        if self._process is not waiter.process:
            raise _failed(f"{self.address} has ended")
        if self._is_reading:
            await waiter.event.wait()
            waiter.event = anyio.Event()
            return
        self._is_reading = True
        try:
            while not waiter.messages:
                await self._read_line(waiter.process)
        finally:
            self._is_reading = False
            self._wake_all()

    async def _read_line(self, process: Process) -> None:
        try:
            line = await process.read_line()
        except InvalidResponse:
            await self._ended(process)
            raise
        if line is None:
            raise await self._ended(process)
        if not line.strip():
            return
        try:
            messages = list(read_messages(line.decode("utf-8", "replace")))
        except InvalidResponse:  # many servers print what they do to where only messages belong
            text = line[:200].decode("utf-8", "replace")
            _LOGGER.warning("%s wrote a line that is no message: %r", self.address, text)
            self._note(f"a line of the server's output is no message and was passed over: {text!r}")
            return
        for message in messages:
            self._hand_out(message)

    def _hand_out(self, message: WireMessage) -> None:
        for waiter in self._receivers(message):
            waiter.messages.append(message)
            waiter.is_answered = waiter.is_answered or isinstance(message, Answer)
            waiter.event.set()

    def _receivers(self, message: WireMessage) -> Sequence[_Waiter]:
        """Return the callers that a message is for: none where they have left."""
        open_waiters = [waiter for waiter in self._waiters.values() if not waiter.is_answered]
        match message:
            case Answer(id=None):
                return open_waiters[:1] if len(open_waiters) == 1 else []
            case Answer(id=id):
                return [waiter] if (waiter := self._waiters.get(str(id))) in open_waiters and waiter else []
            case Notification(params=params) if "progressToken" in params:
                token = str(params["progressToken"])
                return [waiter] if (waiter := self._waiters.get(token)) in open_waiters and waiter else []
            case _:
                return open_waiters[:1]  # one of them sees to it

    def _running(self) -> Process:
        if self._process is None:
            raise _failed(f"{self.address} has ended")
        return self._process

    async def _ended(self, process: Process) -> ConnectionFailed:
        """Return the error for a process that has ended, and forget it. All who wait find out."""
        if self._process is process:
            self._process = None
            self._wake_all()
            await process.stop()
        code = process.returncode
        return _failed(f"{self.address} has ended" + ("" if code is None else f" with exit code {code}"))

    def _wake_all(self) -> None:
        for waiter in self._waiters.values():
            waiter.event.set()

    async def _tell_cancelled(self, id: JsonValue) -> None:
        sent = notification_message(CANCELLED, {"requestId": id, "reason": "the caller has left"})
        with anyio.move_on_after(_GOODBYE, shield=True):
            with suppress(ConnectionFailed):
                await self._write(sent)


def _failed(message: str) -> ConnectionFailed:
    error = ConnectionFailed(message)
    error.retryable = False  # what was to be done may have been done
    return error
