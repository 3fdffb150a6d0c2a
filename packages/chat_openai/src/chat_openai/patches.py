"""Patches in V4A form, the one that OpenAI's models are trained on.

A line begins with a space (it stands there), `-` (it goes) or `+` (it comes). `@@ text` leads to a line
further down, and `*** End of File` says that the lines before it are the last ones.
Facts: OpenAI's guide to the apply_patch tool, November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chat_core import ToolFailure

_END: Final = "*** End of File"
_LIKENESSES: Final[tuple[Callable[[str], str], ...]] = (str, str.rstrip, str.strip)


@dataclass(slots=True)
class _Hunk:
    """Lines that stand together: those before the change and those after it."""

    anchors: list[str] = field(default_factory=list[str])
    before: list[str] = field(default_factory=list[str])
    after: list[tuple[bool, str]] = field(default_factory=list[tuple[bool, str]])  # whether it is new
    at_end: bool = False


def apply_patch(text: str, diff: str, *, creates: bool = False) -> str:
    """Return the text as a patch changes it. Raises `ToolFailure` where it does not fit.

    One that creates a file has only lines with `+`. Line ends stay those of the text.
    """
    lines = diff.replace("\r\n", "\n").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if creates:
        return _created(lines)
    newline = "\r\n" if "\r\n" in text else "\n"
    found = text.replace("\r\n", "\n").split("\n")
    at = 0
    for hunk in _hunks(lines):
        at = _apply(found, hunk, at)
    return newline.join(found)


def _created(lines: Sequence[str]) -> str:
    for line in lines:
        if not line.startswith("+") and line != _END:
            raise ToolFailure(f"A new file has only lines that begin with +, not {line[:80]!r}.")
    return "".join(f"{line[1:]}\n" for line in lines if line != _END)


def _hunks(lines: Sequence[str]) -> list[_Hunk]:
    hunks = [_Hunk()]
    for line in lines:
        if line.startswith("@@"):
            if hunks[-1].after or hunks[-1].before:
                hunks.append(_Hunk())
            hunks[-1].anchors += [anchor] if (anchor := line[2:].strip()) else []
        elif line == _END:
            hunks[-1].at_end = True
        elif line[:1] == "+":
            hunks[-1].after.append((True, line[1:]))
        elif line[:1] == "-":
            hunks[-1].before.append(line[1:])
        elif line[:1] in (" ", ""):
            hunks[-1].before.append(line[1:])
            hunks[-1].after.append((False, line[1:]))
        else:
            raise ToolFailure(f"A line of a patch begins with a space, +, - or @@, not {line[:80]!r}.")
    return [hunk for hunk in hunks if hunk.before or hunk.after]


def _apply(lines: list[str], hunk: _Hunk, start: int) -> int:
    """Change the lines in place, and return the line after the change."""
    for anchor in hunk.anchors:
        start = _find(lines, [anchor], start, f"The line {anchor[:80]!r} of @@") + 1
    last = len(lines) - 1 if lines and lines[-1] == "" else len(lines)
    if not hunk.before:
        at = start if hunk.anchors else last
    elif hunk.at_end:
        at = _find(lines, hunk.before, max(start, last - len(hunk.before)), _shown(hunk))
    else:
        at = _find(lines, hunk.before, start, _shown(hunk))
    kept = iter(lines[at : at + len(hunk.before)])
    removed = iter(hunk.before)
    changed: list[str] = []
    for is_new, line in hunk.after:
        if is_new:
            changed.append(line)
            continue
        for before in removed:  # a line that stays is taken as it stands there
            standing = next(kept)
            if before == line:
                changed.append(standing)
                break
    lines[at : at + len(hunk.before)] = changed
    return at + len(changed)


def _find(lines: Sequence[str], wanted: Sequence[str], start: int, what: str) -> int:
    """Return where lines stand: exactly, else but for white space at their ends."""
    for likeness in _LIKENESSES:
        sought = [likeness(line) for line in wanted]
        for at in range(start, len(lines) - len(wanted) + 1):
            if [likeness(line) for line in lines[at : at + len(wanted)]] == sought:
                return at
    raise ToolFailure(f"{what} is not in the file below line {start}; nothing was changed.")


def _shown(hunk: _Hunk) -> str:
    shown = "\n".join(hunk.before)
    return f"The part of the patch that begins with {shown[:200]!r}"
