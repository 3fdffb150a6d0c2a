"""What a decoder is besides an ending is found once for each class."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.client.endings import abilities


class Plain:
    complete: bool = False
    finished: bool = False


class Stalls(Plain):
    def __init__(self) -> None:
        self.may_stall: bool = False  # of the object, and not of its class

    def stall(self) -> None: ...


class ReadsHeaders(Stalls):
    def read_headers(self, headers: Mapping[str, str], /) -> None: ...


def test_an_ending_is_what_its_class_is() -> None:
    for _ in range(2):
        plain, stalls, reads = Plain(), Stalls(), ReadsHeaders()
        assert abilities(plain) == (None, None)
        assert abilities(stalls) == (None, stalls)
        assert abilities(reads) == (reads, reads)
