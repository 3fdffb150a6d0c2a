"""What stream decoders may have that read the headers of their response too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable


@runtime_checkable
class HeaderReader(Protocol):
    """A stream decoder of a wire that has facts of a turn in the headers."""

    def read_headers(self, headers: Mapping[str, str], /) -> None:
        """Take the headers, whose names are in lower case, once and before the first event."""
        ...
