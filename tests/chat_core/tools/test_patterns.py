"""Patterns are matched where that takes a bounded time, and not checked where it might not."""

from __future__ import annotations

import time

import pytest
from chat_core import Tool
from chat_core.tools.json_schema import faults
from chat_core.tools.patterns import is_safe, matches
from chat_core.tools.unchecked import unchecked


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^\d{4}-\d{2}-\d{2}$", "2026-11-27", True),
        (r"^\d{4}-\d{2}-\d{2}$", "27.11.2026", False),
        (r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "x", False),
        (r"^[^@]+@[^@]+\.[^@]+$", "ada@example.com", True),
        (r"^(?=.*\d)(?=.*[a-z]).{8,20}$", "passw0rd", True),
        (r"^(mon|tues|fri)day$", "friday", True),
        ("^https?://", "ftp://x", False),
    ],
)
def test_usual_patterns_are_matched(pattern: str, text: str, found: bool) -> None:
    assert is_safe(pattern)
    assert matches(pattern, text) is found


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+$", "(a|aa)+$", "(a|a)*b", "(x+x+)+y", "(a*)*b", "(.*a){20}", "^(([a-z])+.)+[A-Z]([a-z])+$"),
        *("a*a*a*a*a*a*b", "(a?){40}a{40}", r"(a+)\1+b", "(?:a{1,100}){1,100}b", r"^\p{L}+$", "("),
    ],
)
def test_patterns_that_may_take_for_ever_are_not_matched(pattern: str) -> None:
    begun = time.process_time()

    assert matches(pattern, "a" * 5000) is None
    assert list(faults("a" * 5000, {"pattern": pattern})) == []
    assert time.process_time() - begun < 0.5
    assert unchecked({"properties": {"x": {"pattern": pattern}}}) == [f"pattern {pattern!r}"]


def test_what_a_tool_does_not_check_is_named() -> None:
    schema = {
        "properties": {"at": {"type": "string", "format": "date"}, "format": {"type": "string"}},
        "unevaluatedProperties": False,
        "default": {"format": 1},
    }
    assert Tool("t", "", schema, print).unchecked == ["format", "unevaluatedProperties"]
    assert Tool.from_function(is_safe).unchecked == []
