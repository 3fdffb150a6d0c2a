"""Characters that a server has cut between two texts of one document."""

from __future__ import annotations

import re

_FIRST_HALF = re.compile(r'(?<!\\)(?:\\\\)*(\\u[dD][89abAB][0-9a-fA-F]{2})"')
_SECOND_HALF = re.compile(r'"(\\u[dD][c-fC-F][0-9a-fA-F]{2})')


def with_whole_characters(document: str) -> str:
    """Return a JSON document in which no text ends in half a surrogate pair.

    Where the other half begins a later text, the character is put there; else U+FFFD stands for it. Servers
    that stream a JSON array cut their texts anywhere.
    """
    if "\\ud" not in document and "\\uD" not in document:
        return document
    pieces: list[str] = []
    at, second = 0, _SECOND_HALF.search(document)
    while (first := _FIRST_HALF.search(document, at)) is not None:
        if second is not None and second.start() < first.end(1):
            second = _SECOND_HALF.search(document, first.end(1))
        if second is None:
            pieces += [document[at : first.start(1)], "\\ufffd"]
            at = first.end(1)
        else:
            pieces += [document[at : first.start(1)], document[first.end(1) : second.start(1)], first[1]]
            at = second.start(1)
    return "".join([*pieces, document[at:]])
