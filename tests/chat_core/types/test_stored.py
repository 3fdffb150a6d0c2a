"""The stored form: its schema as published, forms of the past, and files by reference.

    python tests/chat_core/types/test_stored.py

writes docs/schema/messages.json anew.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydantic
import pytest
from chat_core import (
    AwaitingApproval,
    Completed,
    File,
    InvalidHistory,
    Message,
    Messages,
    Scheduled,
    ToolCall,
    Unknown,
)
from chat_core.types.stored import stored_schema

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "schema" / "messages.json"
DESCRIBES = tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 14)
FORMS = sorted((Path(__file__).parent / "stored").glob("*.json"))


@pytest.mark.skipif(not DESCRIBES, reason="an older pydantic leaves descriptions out")
def test_the_published_schema_is_that_of_what_is_read() -> None:
    assert json.loads(SCHEMA.read_text()) == stored_schema(), (
        f"python {Path(__file__).relative_to(ROOT)} writes it"
    )


def test_every_form_that_was_ever_written_is_read() -> None:
    assert FORMS
    for form in FORMS:
        messages = Messages.from_json(form.read_bytes())
        assert Messages.from_json(messages.to_json()) == messages

    first = Messages.from_json(FORMS[0].read_bytes())
    assert [call.status for call in first.calls] == [
        AwaitingApproval("a payment"),
        Scheduled(datetime(2026, 11, 22, 10, tzinfo=UTC)),
        Unknown(),
        Completed({"seen": [1, 2.5, None, True]}),
    ]
    assert first[1].files == [File.from_bytes(b"\x89PNG\r\n\x1a\n", name="cat.png")]


class Memory(dict[str, bytes]):
    save = dict.__setitem__
    load = dict.__getitem__


def test_files_are_stored_by_reference_and_checked_when_they_come_back() -> None:
    picture, sound = (
        File.from_bytes(b"\x89PNG\r\n\x1a\n" * 1000),
        File.from_bytes(b"ID3" * 1000, name="a.mp3"),
    )
    call = ToolCall(
        "c", "draw", {}, Completed("drawn"), files=(picture, File.from_url("https://example.com/a.png"))
    )
    messages = Messages.from_user("Look", picture, sound).append(Message("model", [call]))
    store = Memory()

    stored = messages.to_json(files=store)

    assert store.keys() == {hashlib.sha256(file.data or b"").hexdigest() for file in (picture, sound)}
    assert len(stored) < 2500
    for form in (stored, json.loads(stored)):
        assert Messages.from_json(form, files=store) == messages
    store[hashlib.sha256(sound.data or b"").hexdigest()] = b"other"
    with pytest.raises(InvalidHistory, match=r"messages\.0\.parts\.2: the store has other bytes"):
        Messages.from_json(stored, files=store)
    store.clear()
    with pytest.raises(InvalidHistory, match=r"messages\.0\.parts\.1: the store has no file"):
        Messages.from_json(stored, files=store)
    with pytest.raises(InvalidHistory, match=r"messages\.0\.parts\.1: a File is its data, a url or an id"):
        Messages.from_json(stored)


HOSTILE: list[tuple[Any, str]] = [
    ({"role": "assistant", "parts": []}, r"messages\.0\.role"),
    (
        {"role": "user", "parts": [{"type": "tool_call", "id": "x", "name": "t"}]},
        "only the model calls tools",
    ),
    ({"role": "model", "parts": [{"type": "text"}]}, r"messages\.0\.parts\.0\.Text\.text"),
    ({"role": "model", "parts": [{"type": "text", "text": 6}]}, "string"),
    ({"role": "model", "parts": [{"type": "opaque", "native": {"data": {}}}]}, r"native\.origin"),
    ({"role": "model", "parts": [{"type": "opaque", "native": {"origin": {}, "data": []}}]}, "origin"),
    (
        {
            "role": "model",
            "parts": [
                {
                    "type": "tool_call",
                    "id": "x",
                    "name": "t",
                    "status": {"type": "scheduled", "until": "2026-01-01"},
                }
            ],
        },
        "time zone",
    ),
    (
        {
            "role": "model",
            "parts": [{"type": "tool_call", "id": "x", "name": "t", "status": {"type": "maybe"}}],
        },
        "status",
    ),
]


@pytest.mark.parametrize(("message", "reason"), HOSTILE)
def test_hostile_json_is_refused_with_the_place(message: Any, reason: str) -> None:
    stored = {"version": 1, "messages": [message]}

    for form in (stored, json.dumps(stored), json.dumps(stored).encode()):
        with pytest.raises(InvalidHistory, match=reason):
            Messages.from_json(form)


def test_more_bytes_than_allowed_are_not_read() -> None:
    stored = Messages.from_user("a" * 1000).to_json()

    with pytest.raises(InvalidHistory, match=r"bytes are more than 500"):
        Messages.from_json(stored, max_bytes=500)


if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(stored_schema(), indent=2) + "\n")
    sys.stdout.write(f"{SCHEMA.relative_to(ROOT)} is written\n")
