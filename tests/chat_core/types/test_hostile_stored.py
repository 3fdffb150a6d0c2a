"""Stored JSON that somebody made up: each case is refused with a sentence that names the place."""

from __future__ import annotations

import json
import sys

import pytest
from chat_core import InvalidHistory, Messages

DEEP = "[" * 101 + "]" * 101
TOWER = "[" * 100_000 + "]" * 100_000


def message(parts: str, role: str = '"model"') -> str:
    return f'{{"version": 1, "messages": [{{"role": {role}, "parts": [{parts}]}}]}}'


def call(fields: str) -> str:
    return message(f'{{"type": "tool_call", {fields}}}')


TEXT = '{"type": "text", "text": "a"}'
CASES: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "Invalid JSON|not a stored"),
    "no JSON": ("hello", "not a stored conversation"),
    "bytes that are no text": (b"\xff\xfe\x00", "not a stored conversation"),
    "half of it": ('{"version": 1, "messages": [', "not a stored conversation"),
    "more behind it": ('{"version": 1, "messages": []} {}', "not a stored conversation"),
    "a list": ("[]", "not a stored conversation"),
    "null": ("null", "not a stored conversation"),
    "a tower of brackets": (TOWER, "not a stored conversation"),
    "no version": ('{"messages": []}', "version"),
    "a version from the future": ('{"version": 2, "messages": []}', "upgrade it"),
    "version 0": ('{"version": 0, "messages": []}', "version"),
    "a version that is text": ('{"version": "new", "messages": []}', "version"),
    "a huge version": ('{"version": ' + "9" * 5000 + ', "messages": []}', "version|not a stored"),
    "no messages": ('{"version": 1}', "messages"),
    "messages that are an object": ('{"version": 1, "messages": {}}', "messages"),
    "a message that is text": ('{"version": 1, "messages": ["hi"]}', r"messages\.0"),
    "a revision that is text": ('{"version": 1, "messages": [], "revision": "many"}', "revision"),
    "a revision that is a fraction": ('{"version": 1, "messages": [], "revision": 1.5}', "revision"),
    "an unknown role": (message(TEXT, '"root"'), r"messages\.0\.role"),
    "a role of another library": (message(TEXT, '"assistant"'), r"messages\.0\.role"),
    "no role": ('{"version": 1, "messages": [{"parts": []}]}', r"messages\.0\.role"),
    "a role that is a list": (message(TEXT, '["user"]'), r"messages\.0\.role"),
    "parts that are text": ('{"version": 1, "messages": [{"role": "user", "parts": "hi"}]}', r"0\.parts"),
    "an unknown part": (message('{"type": "video"}'), r"messages\.0\.parts\.0"),
    "a part without a type": (message('{"text": "a"}'), r"messages\.0\.parts\.0"),
    "a part that is null": (message("null"), r"messages\.0\.parts\.0"),
    "text that is a number": (message('{"type": "text", "text": 3}'), r"parts\.0"),
    "text that is missing": (message('{"type": "text"}'), r"parts\.0"),
    "a call of the user's": (
        message('{"type": "tool_call", "id": "c", "name": "pay"}', '"user"'),
        "only the model calls tools",
    ),
    "a call of the system's": (
        message('{"type": "tool_call", "id": "c", "name": "pay"}', '"system"'),
        "only the model calls tools",
    ),
    "a call without a name": (call('"id": "c"'), r"parts\.0"),
    "arguments that are a list": (call('"id": "c", "name": "n", "arguments": [1]'), "arguments"),
    "arguments that are text": (call('"id": "c", "name": "n", "arguments": "{}"'), "arguments"),
    "deep arguments": (call(f'"id": "c", "name": "n", "arguments": {{"a": {DEEP}}}'), "arguments|nested"),
    "a number that is no number": (call('"id": "c", "name": "n", "arguments": {"a": NaN}'), "not a stored"),
    "an unknown status": (call('"id": "c", "name": "n", "status": {"type": "blessed"}'), "status"),
    "a status that is text": (call('"id": "c", "name": "n", "status": "approved"'), "status"),
    "a time without a zone": (
        call('"id": "c", "name": "n", "status": {"type": "scheduled", "until": "2026-01-01T00:00:00"}'),
        "time zone|until",
    ),
    "a time that is none": (
        call('"id": "c", "name": "n", "status": {"type": "scheduled", "until": "soon"}'),
        "until",
    ),
    "a deep result": (
        call(f'"id": "c", "name": "n", "status": {{"type": "completed", "result": {DEEP}}}'),
        "result|nested",
    ),
    "attempts that are text": (call('"id": "c", "name": "n", "attempts": "x"'), "attempts"),
    "an edit that is a list": (call('"id": "c", "name": "n", "edited": []'), "edited"),
    "a file that is no base64": (
        message('{"type": "file", "mimetype": "image/png", "data": "%%%"}'),
        r"parts\.0",
    ),
    "a file of nothing": (message('{"type": "file", "mimetype": "image/png"}'), r"parts\.0|file"),
    "a deep value": (message(f'{{"type": "structured", "value": {DEEP}}}'), "value|nested"),
    "native data that is text": (
        message('{"type": "text", "text": "a", "native": "x"}'),
        r"native",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_with_a_sentence(case: str) -> None:
    stored, sentence = CASES[case]
    with pytest.raises(InvalidHistory, match=sentence) as refused:
        Messages.from_json(stored)
    assert len(str(refused.value)) < 2000


@pytest.mark.parametrize("case", CASES)
def test_the_parsed_object_is_refused_too(case: str) -> None:
    stored, _ = CASES[case]
    try:
        parsed = json.loads(stored)
    except (ValueError, RecursionError):
        pytest.skip("it cannot be parsed")
    with pytest.raises(InvalidHistory):
        Messages.from_json(parsed)


def test_more_than_the_limit_is_not_even_parsed() -> None:
    with pytest.raises(InvalidHistory, match=r"1001 bytes are more than 1000: from_json\(data, max_bytes"):
        Messages.from_json("[" * 1001, max_bytes=1000)
    assert sys.getrecursionlimit() < 100_000
