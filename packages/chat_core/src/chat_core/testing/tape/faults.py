"""What can go wrong with a tape while it plays. Faults are values, and are applied in the order given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from chat_core.types.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that arrive together, `after` so many seconds; each block is an event, or a part of the bytes."""

    after: float
    blocks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Playback:
    """A response as it will play. `ending` is what follows the last piece."""

    status: int
    headers: dict[str, str]
    pieces: tuple[Piece, ...]
    ending: Literal["end", "reset", "stall", "error"] = "end"
    error: tuple[str, str] | None = None
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Reslice:
    """The bytes arrive `size` at a time, whatever the events in them."""

    size: int

    def apply(self, playback: Playback) -> Playback:
        """Return the playback with other slices.

        Raises `ConfigurationError` for slices of less than one byte.
        """
        if self.size < 1:
            raise ConfigurationError(f"Reslice({self.size}): a slice has at least one byte")
        data = _joined(playback)
        slices = (data[at : at + self.size] for at in range(0, len(data), self.size))
        return replace(playback, pieces=tuple(Piece(0.0, (piece,)) for piece in slices))


@dataclass(frozen=True, slots=True)
class Delay:
    """The response begins `seconds` later, and so does every piece with `each`."""

    seconds: float
    each: bool = False

    def apply(self, playback: Playback) -> Playback:
        """Return the playback with delays."""
        pieces = playback.pieces
        if self.each:
            pieces = tuple(replace(piece, after=piece.after + self.seconds) for piece in pieces)
        return replace(playback, before=playback.before + self.seconds, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Cut:
    """The bytes end after `at` of them, as if the response were complete."""

    at: int

    def apply(self, playback: Playback) -> Playback:
        """Return the playback up to the cut."""
        return replace(playback, pieces=_up_to(playback, self.at), ending="end", error=None)


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is lost after `at` bytes: `ConnectionFailed`."""

    at: int = 0

    def apply(self, playback: Playback) -> Playback:
        """Return the playback up to the reset."""
        return replace(playback, pieces=_up_to(playback, self.at), ending="reset", error=None)


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing comes any more after `at` bytes, and the connection stays open."""

    at: int = 0

    def apply(self, playback: Playback) -> Playback:
        """Return the playback up to the stall."""
        return replace(playback, pieces=_up_to(playback, self.at), ending="stall", error=None)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The event of this number, from 0, arrives twice."""

    event: int

    def apply(self, playback: Playback) -> Playback:
        """Return the playback with the event doubled.

        Raises `ConfigurationError` where the tape has no such event.
        """
        blocks = _blocks(playback)
        _check(self.event, len(blocks))
        return _with_blocks(playback, [*blocks[: self.event + 1], *blocks[self.event :]])


@dataclass(frozen=True, slots=True)
class Reorder:
    """The event of this number, from 0, arrives after the one that follows it."""

    event: int

    def apply(self, playback: Playback) -> Playback:
        """Return the playback with two events exchanged.

        Raises `ConfigurationError` where the tape has no such events.
        """
        blocks = _blocks(playback)
        _check(self.event + 1, len(blocks))
        blocks[self.event : self.event + 2] = reversed(blocks[self.event : self.event + 2])
        return _with_blocks(playback, blocks)


@dataclass(frozen=True, slots=True)
class Status:
    """Another response altogether: this status, with this body and these headers."""

    status: int
    body: bytes = b'{"error":{"message":"a fault of the tape"}}'
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def apply(self, playback: Playback) -> Playback:
        """Return the response that comes instead."""
        headers = {"content-type": "application/json", **self.headers}
        return replace(
            playback,
            status=self.status,
            headers=headers,
            pieces=(Piece(0.0, (self.body,)),),
            ending="end",
            error=None,
        )


Fault: TypeAlias = Reslice | Delay | Cut | Reset | Stall | Duplicate | Reorder | Status


def _blocks(playback: Playback) -> list[bytes]:
    return [block for piece in playback.pieces for block in piece.blocks]


def _joined(playback: Playback) -> bytes:
    return b"".join(_blocks(playback))


def _with_blocks(playback: Playback, blocks: list[bytes]) -> Playback:
    return replace(playback, pieces=tuple(Piece(0.0, (block,)) for block in blocks))


def _check(event: int, count: int) -> None:
    if not 0 <= event < count:
        raise ConfigurationError(f"the tape has {count} events here, and none of number {event}")


def _up_to(playback: Playback, size: int) -> tuple[Piece, ...]:
    return tuple(_first(playback, size))


def _first(playback: Playback, size: int) -> Iterator[Piece]:
    for piece in playback.pieces:
        data = b"".join(piece.blocks)
        if size < len(data):
            if size > 0:
                yield Piece(piece.after, (data[:size],))
            return
        yield piece
        size -= len(data)
