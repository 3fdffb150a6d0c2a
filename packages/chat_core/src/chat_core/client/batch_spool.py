"""The requests of a batch on their way out: lines in a temporary file, in parts under a server's limits."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from chat_core.types.errors import ConfigurationError
from chat_core.wire.write import dump

_IN_MEMORY = 8 * 1024 * 1024  # bytes that need no file


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one batch may hold at a server: requests (of embeddings: inputs), and bytes."""

    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SpooledPart:
    """A part that fits into one batch: where its lines lie, and how many there are."""

    offset: int
    length: int
    size: int


class Spool:
    """Lines in a temporary file, so that memory holds one part at most. Nothing is sent before all are here.

    Used as a context manager, which removes the file.
    """

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed by __exit__
        self._cuts: list[SpooledPart] = []
        self._offset = self._length = self._size = self._weight = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: Mapping[str, object], weight: int = 1) -> None:
        """Add a request; `weight` is what it counts for in the limit.

        Raises `ConfigurationError` for one over a limit by itself, and for what JSON cannot hold.
        """
        data = dump(line) + b"\n"
        if len(data) > self._limits.bytes or weight > self._limits.requests:
            raise ConfigurationError(
                f"it is too large for a batch: {len(data)} bytes of {self._limits.bytes}, "
                f"{weight} inputs of {self._limits.requests}; make it smaller, or send it alone"
            )
        is_full = self._weight + weight > self._limits.requests
        if is_full or self._length + len(data) > self._limits.bytes:
            self._cut()
        self._file.write(data)
        self._length += len(data)
        self._size += 1
        self._weight += weight

    def parts(self) -> list[SpooledPart]:
        """Return the parts, in order, once everything has been added."""
        if self._size:
            self._cut()
        return self._cuts

    def lines(self, part: SpooledPart) -> bytes:
        """Return the lines of a part, each with its line break."""
        self._file.seek(part.offset)
        return self._file.read(part.length)

    def _cut(self) -> None:
        self._cuts.append(SpooledPart(self._offset, self._length, self._size))
        self._offset += self._length
        self._length = self._size = self._weight = 0


def json_array(lines: bytes) -> bytes:
    """Return the lines as one JSON array: inside JSON no line break stands as itself."""
    return b"[" + lines.rstrip(b"\n").replace(b"\n", b",") + b"]"
