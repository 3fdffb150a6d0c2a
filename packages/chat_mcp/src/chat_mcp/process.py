"""A process that is written to and read from in lines, and that leaves nothing behind when it is stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import anyio
import anyio.abc
import anyio.lowlevel
import sniffio
from chat_core import ConfigurationError, InvalidResponse

_PATIENT_END: Final = 2.0  # seconds for the process to end by itself, and once more after the signal to end
_PIECE: Final = 4096  # bytes that a pipe takes whole or not at all
BROKEN: Final = (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError)


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What to start: the command, its whole environment, its folder, and the longest line it may write."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: str | None = None
    max_bytes: int = 128 * 1024 * 1024


class Process:
    """A running process. Its errors go where this process's errors go."""

    def __init__(self, process: anyio.abc.Process, max_bytes: int) -> None:
        self._process = process
        self._max_bytes = max_bytes
        self._unread: list[bytes] = []  # the beginning of a line, joined once it is whole
        self._size = 0
        self._lines: deque[bytes] = deque()
        self._unwritten: deque[bytes] = deque()
        self._is_stopped = False

    @classmethod
    async def start(cls, settings: ProcessSettings) -> Process:
        """Start it. Raises `ConfigurationError` where there is no such command or folder."""
        path = settings.environment.get("PATH")
        name = settings.command[0]
        command = [shutil.which(name, path=path) or name, *settings.command[1:]]
        try:
            process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None,
                env=dict(settings.environment),
                cwd=settings.folder,
                start_new_session=True,  # so that it can be ended with all that it has started
            )
        except (OSError, ValueError) as exc:
            raise ConfigurationError(f"McpServer.command({name!r}, ...) cannot be started: {exc}") from exc
        return cls(process, settings.max_bytes)

    @property
    def returncode(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.returncode

    async def write(self, data: bytes) -> None:
        """Write a line. What a cancellation leaves of it is written before the next one.

        Raises one of `BROKEN` where the process reads no more.
        """
        self._unwritten += (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))
        stdin = self._process.stdin
        assert stdin is not None
        is_buffered = sniffio.current_async_library() == "asyncio"  # it takes a piece before it waits
        while self._unwritten:
            await anyio.lowlevel.checkpoint_if_cancelled()
            piece = self._unwritten.popleft()
            try:
                await stdin.send(piece)
            except anyio.get_cancelled_exc_class():
                if not is_buffered:
                    self._unwritten.appendleft(piece)
                raise

    async def read_line(self) -> bytes | None:
        """Return the next line, or None at the end of the output. Cancelling it loses nothing.

        Raises `InvalidResponse` for a line that is too long.
        """
        stdout = self._process.stdout
        assert stdout is not None
        while not self._lines:
            try:
                chunk = await stdout.receive()
            except (anyio.EndOfStream, *BROKEN):
                return None
            self._take(chunk)
        return self._lines.popleft()

    async def stop(self) -> None:
        """Close its input, and end it and all that it has started if it does not end by itself."""
        if self._is_stopped:
            return
        self._is_stopped = True
        with anyio.CancelScope(shield=True):
            if self._process.stdin is not None:
                with suppress(*BROKEN), anyio.move_on_after(_PATIENT_END):
                    await self._process.stdin.aclose()
            if not await self._ends():
                self._signal("SIGTERM")
                if not await self._ends():
                    self._signal("SIGKILL")
                    await self._ends()
            self._signal("SIGKILL")  # what it has started and left behind
            with suppress(*BROKEN):
                await self._process.aclose()

    def _take(self, chunk: bytes) -> None:
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            self._unread.append(line)
            self._lines.append(b"".join(self._unread))
            self._unread.clear()
            self._size = 0
        if rest:
            self._unread.append(rest)
            self._size += len(rest)
        if self._size > self._max_bytes:
            raise InvalidResponse(f"the server wrote a line of more than {self._max_bytes:,} bytes")

    async def _ends(self) -> bool:
        with anyio.move_on_after(_PATIENT_END) as scope:
            await self._process.wait()
        return not scope.cancelled_caught

    def _signal(self, name: str) -> None:
        """Send a signal to the process and all that it has started; on Windows, end the process."""
        with suppress(OSError):
            if sys.platform == "win32":
                if self._process.returncode is None:
                    self._process.kill()
            else:
                os.killpg(self._process.pid, getattr(signal, name))
