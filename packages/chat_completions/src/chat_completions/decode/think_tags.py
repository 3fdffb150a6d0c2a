"""`<think>` in a text: what stands between the tags is split off as it arrives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from chat_completions.wire import THINK_TAG

_END = "</think>"


class ThinkTags:
    """Fed with pieces of text cut anywhere, it returns runs of reasoning and of text.

    White space just inside the tags, and between the closing one and the text, belongs to neither.

    state          | text                 | what happens
    ---------------|----------------------|-------------------------------------------------
    outside        | text                 | yielded as text
    outside        | `<think>`            | inside
    inside         | text                 | yielded as reasoning
    inside         | `</think>`           | outside
    either         | perhaps half a tag   | kept back until more comes, or the end
    """

    def __init__(self, begins: Literal["tags", "open"]) -> None:
        self._inside = begins == "open"
        self._kept = ""  # what may be the beginning of a tag
        self._blank: list[str] = []  # white space inside that may stand before the closing tag
        self._edge = True  # whether white space that comes now is only layout

    def feed(self, text: str) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        """Return the runs that are certain by now."""
        text = self._kept + text
        self._kept = ""
        while text:
            tag = _END if self._inside else THINK_TAG
            before, found, after = text.partition(tag)
            if not found:
                part = _beginning_of(tag, text)
                before, self._kept = text[: len(text) - part], text[len(text) - part :]
            yield from self._run(before)
            if not found:
                return
            self._inside = not self._inside
            self._edge = True
            self._blank.clear()
            text = after

    def end(self) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        """Return what was kept back and turned out to be no tag."""
        kept, self._kept = self._kept, ""
        yield from self._run(kept)

    def _run(self, text: str) -> Iterator[tuple[Literal["reasoning", "text"], str]]:
        """Return a run of text; inside, white space at its end is kept back until something follows it."""
        whole = text.rstrip() if self._inside else text
        blank = text[len(whole) :]
        if whole:
            whole = "".join([*self._blank, whole])
            self._blank.clear()
        if blank:
            self._blank.append(blank)
        if self._edge:
            whole = whole.lstrip()
        if whole:
            self._edge = False
            yield ("reasoning" if self._inside else "text"), whole


def _beginning_of(tag: str, text: str) -> int:
    """Return how many characters at the end may belong to a tag that is still to come."""
    return next((size for size in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:size])), 0)
