"""Reading the text of an event of a known form, without parsing the event."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from chat_core.types.json_values import as_text
from chat_core.wire.event_form import COUNTED, STRING, Form, Hole
from chat_core.wire.read import json_parser

if TYPE_CHECKING:
    from chat_core.transport import Event

T = TypeVar("T")

_IN_STRING = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')  # without escapes
_NO_TEXT = re.compile(r"[\x00-\x1f\ud800-\udfff]")  # what JSON, or UTF-8, does not allow in a string
_TO_QUOTE = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)  # to the one that is not escaped
_BRACKETS = frozenset('"}] ')


class Progress:
    """The data of the event that was read last, and its number, where events are numbered.

    `upcoming` is the number of the next one, and what follows it there.
    """

    __slots__ = ("last", "number", "upcoming")

    def __init__(self) -> None:
        self.last: str = ""
        self.number: int = 0
        self.upcoming: str = "-"  # no number begins so

    def forget(self) -> None:
        """Have read no event, as far as anybody asks."""
        self.last = ""

    def forget_number(self) -> None:
        """Expect no number."""
        self.upcoming = "-"

    def count(self, after: str) -> None:
        """Take the next number, which `after` follows."""
        self.number += 1
        self.upcoming = f"{self.number + 1}{after}"


def reader(form: Form, progress: Progress, append: Callable[[str], T]) -> Callable[[Event], T | None]:
    """Return what reads events of a form: it returns what `append` makes of the text, or None for an event
    that differs in any other way.

    It is a function of its own, as attributes would take twice the time. Where it is known where the text
    ends, the event is put together from the text and compared, in half the time of looking at each piece.
    """
    before, after = [kind for kind, _, _ in form.before], [kind for kind, _, _ in form.after]
    if before + after in ([], [COUNTED]):
        return _exact_reader(form, progress, append)
    if before in ([], [COUNTED]) and after == [STRING]:
        return _padded_reader(form, progress, append)
    if before == [STRING] and not after:
        return _dated_reader(form, progress, append)
    return careful_reader(form, progress, append)


def _exact_reader(form: Form, progress: Progress, append: Callable[[str], T]) -> Callable[[Event], T | None]:
    """Read events in which nothing differs but the text, and perhaps a number that counts up.

    Between the brackets at the end there may be other spaces: Anthropic pads events with them.
    """
    of_type, begin, start, before, end, end_size, after = form
    stop, counted = -end_size, before + after
    brackets = "" if after or not _BRACKETS.issuperset(end) else end.replace(" ", "")
    careful = careful_reader(form, progress, append)

    def expect() -> None:
        nonlocal begin, start, end, stop
        begin, start, end, stop = _expected(form, progress)

    def read(event: Event) -> T | None:
        type, data = event
        text = data[start:stop]
        if data != f"{begin}{text}{end}" or type != of_type:
            quote = data.rfind('"')
            if type == of_type and data[quote:].replace(" ", "") == brackets and data.startswith(begin):
                text = data[start:quote]
            else:
                added = careful(event) if counted else None
                expect()
                return added
        if "\\" in text:
            text = _unescaped(text)
        elif '"' in text or (not text.isprintable() and _NO_TEXT.search(text)):
            return None
        if not text:
            return None
        progress.last = data
        if counted:
            progress.count(counted[0][1])
            expect()
        return append(text)

    expect()
    return read


def _expected(form: Form, progress: Progress) -> tuple[str, int, str, int]:
    """Return what stands around the text where the number is the next one, and where the text is."""
    begin, end = form.begin, form.end
    if form.before:
        begin = f"{begin}{progress.upcoming}"
    elif form.after:
        end = f"{end}{progress.upcoming}"
    return begin, len(begin), end, -len(end)


def _padded_reader(form: Form, progress: Progress, append: Callable[[str], T]) -> Callable[[Event], T | None]:
    """Read events that have another string after the text, and perhaps a number that counts up before it:
    OpenAI pads events so.
    """
    of_type, begin, start, before, middle, size, ((_, end, end_size),) = form
    careful = careful_reader(form, progress, append)

    def expect() -> None:
        nonlocal begin, start
        if before:
            begin = f"{form.begin}{progress.upcoming}"
            start = len(begin)

    def read(event: Event) -> T | None:
        type, data = event
        stop = data.find('"', start)
        text = shown = data[start:stop]
        if "\\" in text:
            stop = _end_of_string(data, start)
            text = data[start:stop]
            shown = _unescaped(text)
        elif not text.isprintable() and _NO_TEXT.search(text):
            return None
        value = data[stop + size : -end_size]
        is_known = data == f"{begin}{text}{middle}{value}{end}" and type == of_type
        if not (is_known and (value.isalnum() or _IN_STRING.fullmatch(value))):
            added = careful(event) if before else None
            expect()
            return added
        if not shown:
            return None
        progress.last = data
        if before:
            progress.count(before[0][1])
            expect()
        return append(shown)

    expect()
    return read


def _dated_reader(form: Form, progress: Progress, append: Callable[[str], T]) -> Callable[[Event], T | None]:
    """Read events that have another string before the text, such as the time."""
    of_type, begin, start, ((_, middle, size),), end, end_size, _ = form

    def read(event: Event) -> T | None:
        type, data = event
        stop = data.find('"', start)
        value = data[start:stop]
        text = data[stop + size : -end_size]
        if data != f"{begin}{value}{middle}{text}{end}" or type != of_type or not _IN_STRING.fullmatch(value):
            return None
        if "\\" in text:
            text = _unescaped(text)
        elif '"' in text or (not text.isprintable() and _NO_TEXT.search(text)):
            return None
        if not text:
            return None
        progress.last = data
        return append(text)

    return read


def careful_reader(form: Form, progress: Progress, append: Callable[[str], T]) -> Callable[[Event], T | None]:
    """Read events of any form, piece by piece."""
    of_type, begin, begin_size, before, end, end_size, after = form

    def read(event: Event) -> T | None:
        type, data = event
        at = begin_size
        if type != of_type or not data.startswith(begin):
            return None
        if before and (at := _pass_over(before, data, at, progress)) < 0:
            return None
        stop = data.find('"', at)
        text = data[at:stop]
        if "\\" in text:
            stop = _end_of_string(data, at)
            text = _unescaped(data[at:stop])
        elif not text.isprintable() and _NO_TEXT.search(text):
            return None
        if not text or stop < at or not data.startswith(end, stop):
            return None
        stop += end_size
        if after:
            stop = _pass_over(after, data, stop, progress)
        if stop != len(data):
            return None
        progress.last = data
        return append(text)

    return read


def _pass_over(holes: tuple[Hole, ...], data: str, at: int, progress: Progress) -> int:
    """Return where what stands after the last hole ends; -1 where a value does not belong there."""
    for kind, literal, size in holes:
        if kind == COUNTED and data.startswith(upcoming := progress.upcoming, at):
            at += len(upcoming)
            progress.count(literal)
            continue
        stop = data.find(literal, at)
        value = data[at:stop]
        if stop < at:
            return -1
        if kind == STRING:
            if not value.isalnum() and not _IN_STRING.fullmatch(value):
                return -1
        elif not (value.isdecimal() and value.isascii() and value[0] != "0" and len(value) < 19):
            return -1
        elif kind == COUNTED:
            progress.number = int(value) - 1
            progress.count(literal)
        at = stop + size
    return at


def _end_of_string(data: str, at: int) -> int:
    found = _TO_QUOTE.match(data, at)
    return found.end() if found else at


def _unescaped(text: str) -> str:
    """Return a text without its escapes.

    It is empty where it is no text, or holds half a surrogate pair, which the parser has ways to mend.
    """
    try:
        return as_text(json_parser()(f'"{text}"'))
    except (TypeError, ValueError):  # the first for half a surrogate pair that is not escaped
        return ""
