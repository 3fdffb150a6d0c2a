"""Placeholders for personal data, and the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from chat_core.middleware.pii.patterns import Finder
from chat_core.types.json_values import JsonValue

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z0-9_]*_\d+\]")


class Pseudonyms:
    """The placeholders of one conversation: `[EMAIL_1]` for the first address, and so on.

    They are numbered in the order of the conversation, so the same history gets the same placeholders in each
    request, and nothing has to be stored. A text that looks like a placeholder gets one itself, so that each
    stands for one value only.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._forms: dict[str, str] = {}
        self._words: re.Pattern[str] | None = None
        self._known: re.Pattern[str] | None = None
        self._back: re.Pattern[str] | None = None

    def __bool__(self) -> bool:
        return bool(self._values)

    def redact(self, text: str) -> str:
        """Return a text of the application's or of a tool's with placeholders, also for known values."""
        spans = [*self._finder.find(text)]
        spans += [(*match.span(), "TEXT") for match in _PLACEHOLDER.finditer(text)]
        spans += [(*match.span(), "") for match in self._known_words(text)]
        pieces: list[str] = []
        at = 0
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start < at:
                continue
            pieces += [text[at:start], self._placeholder(text[start:end], kind)]
            at = end
        return "".join((*pieces, text[at:])) if pieces else text

    def redact_known(self, text: str) -> str:
        """Return a text of the model's with placeholders for the values that are known.

        Others are the model's own: it knows them, and what it wrote has to go back unchanged.
        """
        if not self._placeholders:
            return text
        if self._known is None:
            self._forms = {form: name for value, name in self._placeholders.items() for form in _forms(value)}
            self._known = re.compile(_any_of(self._forms))
        return self._known.sub(lambda match: self._forms[match.group()], text)

    def restore(self, text: str, *, is_json: bool = False) -> str:
        """Return a text with the values in place of their placeholders, escaped where they stand in JSON."""
        if not self._values or "[" not in text:
            return text
        if self._back is None:
            self._back = re.compile(_any_of(self._values))
        return self._back.sub(lambda match: _written(self._values[match.group()], is_json), text)

    def begins_placeholder(self, text: str) -> int:
        """Return where a placeholder begins that may go on in the next piece; the length if none does."""
        at = text.rfind("[")
        if at < 0 or "]" in text[at:]:
            return len(text)
        tail = text[at:]
        return at if any(name.startswith(tail) for name in self._values) else len(text)

    def _known_words(self, text: str) -> Iterator[re.Match[str]]:
        """Return where known values stand as whole words, also where nothing finds them this time."""
        if not self._placeholders:
            return iter(())
        if self._words is None:
            self._words = re.compile(rf"(?<!\w)(?:{_any_of(self._placeholders)})(?!\w)")
        return self._words.finditer(text)

    def _placeholder(self, value: str, kind: str) -> str:
        found = self._placeholders.get(value)
        if found is not None:
            return found
        number = self._counts[kind] = self._counts.get(kind, 0) + 1
        placeholder = f"[{kind}_{number}]"
        self._placeholders[value] = placeholder
        self._values[placeholder] = value
        self._known = self._words = self._back = None
        return placeholder


def in_json(value: JsonValue, change: Callable[[str], str]) -> JsonValue:
    """Return a JSON value with each text in it changed; names of fields stay."""
    match value:
        case str():
            return change(value)
        case list():
            return [in_json(item, change) for item in value]
        case dict():
            return {name: in_json(item, change) for name, item in value.items()}
        case _:
            return value


def _forms(value: str) -> tuple[str, ...]:
    return (value, _written(value, True), json.dumps(value)[1:-1])


def _written(value: str, is_json: bool) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1] if is_json else value


def _any_of(texts: Mapping[str, str]) -> str:
    longest_first = sorted(texts, key=len, reverse=True)
    return "|".join(map(re.escape, longest_first))
