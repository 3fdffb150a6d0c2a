"""`<think>` in a text: what stands between the tags, taken apart as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

THINK = "<think>"  # also the name of the field, in native data, of reasoning that came in tags
_END = "</think>"


class ThinkTags:
    """Fed with pieces of text cut anywhere, it answers with runs of reasoning and of text. White space just inside the tags, and
    between the closing one and the text, belongs to neither."""

    def __init__(self, begins: Literal["tags", "open"]) -> None:
        self._inside = begins == "open"
        self._held = ""  # what may be the beginning of a tag, or white space before one
        self._edge = True  # whether white space that comes now is only layout

    def feed(self, text: str) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        """What is certain by now."""
        text = self._held + text
        self._held = ""
        while text:
            tag = _END if self._inside else THINK
            before, found, after = text.partition(tag)
            if not found:
                keep = _tail(text, tag, self._inside)
                before, self._held = text[: len(text) - keep], text[len(text) - keep :]
            elif self._inside:
                before = before.rstrip()
            yield from self._run(before)
            if not found:
                return
            self._inside = not self._inside
            self._edge = True
            text = after

    def end(self) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        """What was held back and turned out to be no tag."""
        held, self._held = self._held, ""
        yield from self._run(held.rstrip() if self._inside else held)

    def _run(self, said: str) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        if self._edge:
            said = said.lstrip()
        if said:
            self._edge = False
            yield ("reasoning" if self._inside else "text"), said


def _tail(text: str, tag: str, inside: bool) -> int:
    """How many characters at the end may belong to a tag that is still to come, or to the white space before it."""
    part = next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
    if not inside:
        return part
    rest = text[: len(text) - part]
    return part + len(rest) - len(rest.rstrip())
