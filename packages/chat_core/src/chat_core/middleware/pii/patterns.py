"""What counts as personal data: patterns of texts, each with a check where the form alone does not decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from chat_core.types.errors import ConfigurationError

Find: TypeAlias = Callable[[str], Iterable[tuple[int, int, str]]]
"""Finds personal data in a text: start, end and kind of each, such as `(11, 27, "EMAIL")`."""

_KIND = re.compile(r"[A-Z][A-Z0-9_]{0,30}\Z")


def _is_card(text: str) -> bool:
    """Whether the check digit of a card number is right (Luhn)."""
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [digit if at % 2 == 0 else sum(divmod(2 * digit, 10)) for at, digit in enumerate(digits[::-1])]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    """Whether the check digits of an account number are right (ISO 7064, mod 97)."""
    packed = "".join(text.split()).upper()
    return int("".join(str(int(sign, 36)) for sign in packed[4:] + packed[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    return 8 <= sum(sign.isdigit() for sign in text) <= 15


# In the order in which they are looked for: what is found by one is not searched by the next.
PATTERNS: Mapping[str, tuple[str, Callable[[str], bool] | None]] = {
    "KEY": (r"\b(?:sk|pk|rk|ghp|gho|xox[bp]|hf|AKIA|AIza)[-_]?[A-Za-z0-9_-]{16,}\b", None),
    "EMAIL": (r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b", None),
    "IBAN": (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", _is_iban),
    "CARD": (r"\b\d(?:[ -]?\d){12,18}\b", _is_card),
    "IP": (r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b", None),
    "PHONE": (r"(?<![\w.])(?:\+|00)\d{1,3}[ /.-]?(?:\(\d{1,5}\)[ /.-]?)?\d(?:[ /.-]?\d){5,12}\b", _is_phone),
}


class Finder:
    """Finds personal data: by patterns, and by a function of the application's."""

    def __init__(
        self, kinds: Iterable[str], patterns: Mapping[str, str | re.Pattern[str]], find: Find | None
    ) -> None:
        """`kinds` choose from `PATTERNS`; `patterns` are more, by kind. Raises `ConfigurationError`."""
        self._patterns: list[tuple[str, re.Pattern[str], Callable[[str], bool] | None]] = []
        for kind, pattern in patterns.items():
            try:
                self._patterns.append((checked_kind(kind), re.compile(pattern), None))
            except re.error as exc:
                raise ConfigurationError(f"patterns[{kind!r}] is no regular expression: {exc}") from exc
        for kind in kinds:
            if kind not in PATTERNS:
                raise ConfigurationError(f"no kind {kind!r}; there are {', '.join(PATTERNS)}")
            form, check = PATTERNS[kind]
            self._patterns.append((kind, re.compile(form), check))
        self._find = find

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Return start, end and kind of what is found, in order; of what overlaps, the earlier pattern's."""
        found: list[tuple[int, int, str]] = []
        given = () if self._find is None else self._find(text)
        found += [(start, end, checked_kind(kind)) for start, end, kind in given if start < end]
        for kind, pattern, check in self._patterns:
            for match in pattern.finditer(text):
                if match.group() and (check is None or check(match.group())):
                    found.append((*match.span(), kind))
        return _without_overlaps(found)


def checked_kind(kind: str) -> str:
    """Return a kind that can be part of a placeholder. Raises `ConfigurationError`."""
    if not _KIND.match(kind):
        raise ConfigurationError(f"a kind is a word in capitals such as ORDER, not {kind!r}")
    return kind


def _without_overlaps(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Keep of what overlaps the one that was found first: patterns stand in order of rank."""
    ranked = sorted(enumerate(found), key=lambda each: (each[1][0], each[0]))
    kept: list[tuple[int, tuple[int, int, str]]] = []
    for rank, one in ranked:
        if kept and one[0] < kept[-1][1][1]:
            if rank < kept[-1][0]:
                kept[-1] = (rank, one)
            continue
        kept.append((rank, one))
    return [one for _, one in kept]
