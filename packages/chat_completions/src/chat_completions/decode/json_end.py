"""Whether a JSON value that arrives in pieces is whole, each character being read once."""

from __future__ import annotations

import re

_MARKS = re.compile(r'["{}\[\]]')
_IN_STRING = re.compile(r'\\.?|"', re.DOTALL)


class JsonEnd:
    """Fed with the pieces of one object or string, it knows whether the value has ended.

    state        | sign                | what follows
    -------------|---------------------|--------------------------------------
    outside      | `{` or `[`          | one level deeper
    outside      | `}` or `]`          | one level up; at the top: ended
    outside      | `"`                 | inside a string
    in a string  | backslash           | the next character counts for nothing
    in a string  | `"`                 | outside; at the top: ended
    """

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self.ended: bool = False

    def feed(self, piece: str) -> None:
        """Read the next piece."""
        at = 1 if self._escaped and piece else 0
        self._escaped = self._escaped and not piece
        while True:
            found = (_IN_STRING if self._in_string else _MARKS).search(piece, at)
            if found is None:
                return
            at = found.end()
            self._take(found[0])

    def _take(self, sign: str) -> None:
        if self._in_string:
            if sign == '"':
                self._in_string = False
                self.ended = self._depth == 0
            else:
                self._escaped = len(sign) == 1
        elif sign == '"':
            self._in_string = True
        elif sign in "{[":
            self._depth += 1
            self.ended = False
        else:
            self._depth -= 1
            self.ended = self._depth <= 0
