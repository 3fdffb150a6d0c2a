"""How the tools that Anthropic's models are trained on show files and edit them.

The words are those of Anthropic's reference implementation (its SDK 2.14, November 2026).
"""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ToolFailure, ToolFolder

_MOST_LINES = 999_999
_WIDTH = 6
_UNITS = ("B", "K", "M", "G")


def show(folder: ToolFolder, path: str, view_range: Sequence[int] | None) -> str:
    """Return the lines of a file with their numbers, or what is in a directory."""
    if folder.is_directory(path):
        return _listing(folder, path)
    lines = folder.read(path).split("\n")
    if len(lines) > _MOST_LINES:
        raise ToolFailure(f"File {path} exceeds maximum line limit of 999,999 lines.")
    start, end = _range(view_range, len(lines))
    return f"Here's the content of {path} with line numbers:\n{_numbered(lines, start, end)}"


def replace(folder: ToolFolder, path: str, old: str, new: str) -> str:
    """Replace a text that stands in a file once, and return the lines around it."""
    _check_file(folder, path)
    content = folder.read(path)
    found = content.count(old) if old else 0
    if not found:
        raise ToolFailure(f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}.")
    if found > 1:
        lines = ", ".join(map(str, _lines_of(content, old)))
        raise ToolFailure(
            f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: {lines}. "
            "Please ensure it is unique"
        )
    changed = content[: content.index(old)].count("\n")
    content = content.replace(old, new)
    folder.write(path, content, overwrite=True)
    lines_now = content.split("\n")
    return _numbered(lines_now, max(0, changed - 2), min(len(lines_now), changed + 3))


def insert(folder: ToolFolder, path: str, line: int, text: str) -> str:
    """Insert a text after a line of a file; 0 is its beginning."""
    _check_file(folder, path)
    lines = folder.read(path).split("\n")
    if lines[-1] == "":
        lines.pop()
    if not 0 <= line <= len(lines):
        raise ToolFailure(
            f"Invalid `insert_line` parameter: {line}. It should be within the range [0, {len(lines)}]."
        )
    lines.insert(line, text.removesuffix("\n"))
    folder.write(path, "\n".join(lines) + "\n", overwrite=True)
    return f"The file {path} has been edited."


def _check_file(folder: ToolFolder, path: str) -> None:
    if folder.is_directory(path):
        raise ToolFailure(f"The path {path} is not a file.")


def _range(view_range: Sequence[int] | None, lines: int) -> tuple[int, int]:
    if view_range is None:
        return 0, lines
    if len(view_range) != 2:
        raise ToolFailure(f"Invalid `view_range` parameter: {list(view_range)}. It is two line numbers.")
    first, last = view_range
    return max(1, first) - 1, lines if last == -1 else last


def _numbered(lines: Sequence[str], start: int, end: int) -> str:
    return "\n".join(f"{number:>{_WIDTH}}\t{line}" for number, line in enumerate(lines[start:end], start + 1))


def _lines_of(content: str, text: str) -> list[int]:
    found: list[int] = []
    at = content.find(text)
    while at != -1:
        found.append(content[:at].count("\n") + 1)
        at = content.find(text, at + 1)
    return found


def _listing(folder: ToolFolder, path: str) -> str:
    shown = path.rstrip("/") or "."
    entries = list(folder.entries(path))
    lines = [f"{_size(0)}\t{shown}"]
    lines += [
        f"{_size(entry.size)}\t{shown}/{entry.path}{'/' if entry.is_directory else ''}" for entry in entries
    ]
    header = f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    return "\n".join([header, *lines])


def _size(size: int) -> str:
    unit = 0
    amount = float(size)
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{int(amount)}{_UNITS[unit]}" if amount == int(amount) else f"{amount:.1f}{_UNITS[unit]}"
