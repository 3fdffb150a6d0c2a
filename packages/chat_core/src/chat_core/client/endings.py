"""What a decoder of a streamed response tells of its end."""

from __future__ import annotations

from typing import Protocol, cast, runtime_checkable

from chat_core.client.header_reader import HeaderReader


class Ending(Protocol):
    """How far a response has come, as its decoder knows."""

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: what the response is for has come whole.

        It is True before `finished` on wires whose terminal sign follows the finish reason and is left out by
        some servers; on all others it is the same. Then the terminal sign is waited for 2 s, and no failure
        counts.
        """
        ...

    @property
    def finished(self) -> bool:
        """Whether the terminal sign has been fed. What follows is not read."""
        ...


@runtime_checkable
class StallEnding(Ending, Protocol):
    """An ending that knows a stalled turn that is whole, on a wire whose bytes may not end before its
    terminal sign.
    """

    @property
    def may_stall(self) -> bool:
        """Whether only the terminal sign is missing: the stop reason has come, and nothing is open."""
        ...

    def stall(self) -> None:
        """Take the turn as complete: 2 s have brought nothing but pings, and the connection is still open."""
        ...


def abilities(ending: Ending) -> tuple[HeaderReader | None, StallEnding | None]:
    """Return the ending as what it is besides, found once for each class.

    Python looks at a protocol anew for each object, which takes longer than reading twenty events.
    """
    kind = type(ending)
    if kind not in _ABILITIES:
        _ABILITIES[kind] = isinstance(ending, HeaderReader), isinstance(ending, StallEnding)
    reads_headers, may_stall = _ABILITIES[kind]
    return (
        cast("HeaderReader", ending) if reads_headers else None,
        cast("StallEnding", ending) if may_stall else None,
    )


_ABILITIES: dict[type, tuple[bool, bool]] = {}
