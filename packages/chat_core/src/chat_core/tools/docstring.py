"""The descriptions of a function and of its parameters in a docstring, in the Google, NumPy and Sphinx
styles.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from itertools import takewhile

_SPHINX = re.compile(r":param (?:[^:]*\s)?\*{0,2}(\w+):\s*(.*)")
_GOOGLE = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)")
_NUMPY = re.compile(r"\*{0,2}(\w+)\s*(?::.*)?$")
_PARAMETERS = frozenset({"args:", "arguments:", "parameters:", "params:", "parameters", "other parameters"})
_SECTION = re.compile(
    r"(args|arguments|parameters|params|examples?|notes?|see also|warnings?|other "
    r"parameters|attributes)(:$|$)"
    r"|(returns?|yields?|raises)(:|$)",
    re.IGNORECASE,
)


def read_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Return the description before the first section, and one per parameter.

    A docstring in no known style is all description.
    """
    lines = inspect.cleandoc(docstring or "").splitlines()
    head = takewhile(lambda at: not _opens_section(lines, at), range(len(lines)))
    description = "\n".join(lines[at] for at in head).strip()
    return description, {name: " ".join(text.split()) for name, text in _parameters(lines)}


def _opens_section(lines: list[str], at: int) -> bool:
    line = lines[at]
    underlined = at + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[at + 1]) is not None
    titled = _SECTION.match(line) is not None and (":" in line or underlined)
    return titled or line.startswith((":param", ":return", ":raise", ":type", ":rtype"))


def _parameters(lines: list[str]) -> Iterator[tuple[str, str]]:
    inside, column, name, text = False, None, "", ""
    for at, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if found := _SPHINX.match(line):
            yield name, text
            name, text, inside, column = found[1], found[2], True, 0
        elif indent == 0 and _opens_section(lines, at):
            yield name, text
            name, text, inside, column = "", "", line.lower() in _PARAMETERS, None
        elif inside and line.strip() and not re.fullmatch(r"-{3,}", line):
            if column is None:
                column = indent
            found = (_GOOGLE if column else _NUMPY).match(line.strip()) if indent == column else None
            if found:
                yield name, text
                name, text = found[1], found[2] if column else ""
            else:
                text += " " + line
    yield name, text
