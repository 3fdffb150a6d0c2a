"""The JSON of events: its schema as published, and nothing in it that is not for a browser.

    python tests/chat_core/types/test_json_event.py

writes docs/schema/events.json anew.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from chat_core import (
    AwaitingApproval,
    Cancelled,
    ChatEvent,
    ChatResponse,
    Citation,
    Completed,
    Done,
    File,
    FileReady,
    InputDelivered,
    Message,
    Native,
    Notice,
    Origin,
    Paused,
    PauseReason,
    Reasoning,
    ReasoningChunk,
    Refusal,
    RefusalChunk,
    Scheduled,
    StructuredChunk,
    StructuredResponse,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
    Turn,
    Usage,
)
from chat_core.types.event_schema import EventJson, event_schema
from pydantic import ConfigDict, TypeAdapter

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "schema" / "events.json"
SEALED = Native(Origin("p", "https://host", "m"), {"signature": "for the provider alone"})
CALL = ToolCall("t1", "pay", {"amount": 3}, AwaitingApproval("a payment"), native=SEALED, key="idempotent")
LATER = ToolCall("t2", "remind", {}, Scheduled(datetime(2026, 11, 27, 10, tzinfo=UTC)))
PICTURE = File.from_bytes(b"\x89PNG\r\n\x1a\n", name="cat.png")
MESSAGE = Message(
    "model",
    [
        Reasoning("Hm.", native=SEALED),
        Text("It rains.", (Citation("https://a.example", "A", start=0, end=9),)),
        Refusal("Not that."),
        CALL,
        PICTURE,
    ],
    turn=Turn("tool_calls", "tool_calls", Usage(3, 2, total_tokens=5), "m-1", "r-1"),
)
RESPONSE = ChatResponse(MESSAGE, (Notice("seed", "was left out"),), {"raw": "body"})
EVENTS: list[Any] = [
    TextChunk("Zürich\u2028\ud800", aside=True),
    ReasoningChunk("Hm."),
    RefusalChunk("No."),
    ToolCallChunk("t1", "pay", '{"amount":'),
    ToolCalled(CALL),
    ToolResult(ToolCall("t1", "pay", {}, Completed({"paid": True}), edited={"amount": 2}, approved_by="Ann")),
    ToolProgress(CALL, [1, None]),
    InputDelivered(("17", "18"), interrupted=True),
    Cancelled(RESPONSE),
    FileReady(PICTURE),
    StructuredChunk({"name": "An"}),
    Paused(PauseReason((CALL,), (LATER,)), RESPONSE),
    Done(RESPONSE),
    Done(StructuredResponse(MESSAGE, value=datetime(2026, 1, 2))),
]


def test_the_published_schema_is_that_of_what_is_written() -> None:
    assert json.loads(SCHEMA.read_text()) == event_schema(), (
        f"python {Path(__file__).relative_to(ROOT)} writes it"
    )


def test_every_event_has_a_form_that_the_schema_describes_to_the_last_field() -> None:
    adapter = TypeAdapter[Any](EventJson, config=ConfigDict(extra="forbid"))
    for event in EVENTS:
        written = event.to_json()
        assert written.isascii()
        assert "\n" not in written  # so that it is one `data:` line of server-sent events
        adapter.validate_json(written.replace("\\ud800", ""), strict=True)
    kinds = {type(event) for event in EVENTS}
    assert kinds == {getattr(kind, "__origin__", kind) for kind in get_args(ChatEvent[ChatResponse])}


def test_a_type_is_the_name_of_its_class() -> None:
    for event in EVENTS:
        name = "".join(word.capitalize() for word in json.loads(event.to_json())["type"].split("_"))
        assert name == type(event).__name__


def test_what_only_the_conversation_needs_is_not_sent() -> None:
    for event in EVENTS:
        written = event.to_json()
        assert not any(word in written for word in ("for the provider alone", "idempotent", "body"))


def test_the_bytes_of_a_file_are_sent_once() -> None:
    ready, done = json.loads(FileReady(PICTURE).to_json()), json.loads(Done(RESPONSE).to_json())
    assert ready["file"]["data"] == PICTURE.base64()
    [described] = done["response"]["files"]
    assert (described["data"], described["size"], described["mimetype"]) == (None, 8, "image/png")


def test_a_waiting_call_can_be_decided_about_by_what_was_sent() -> None:
    paused = json.loads(Paused(PauseReason((CALL,), (LATER,)), RESPONSE).to_json())
    assert paused["approvals"][0]["digest"] == CALL.digest
    assert paused["approvals"][0]["status"] == {"type": "awaiting_approval", "note": "a payment"}
    assert paused["next_wake"] == "2026-11-27T10:00:00+00:00"


def test_a_typed_output_is_there_as_json() -> None:
    typed = json.loads(Done(StructuredResponse(MESSAGE, value={"on": datetime(2026, 1, 2)})).to_json())
    assert typed["response"]["value"] == {"on": "2026-01-02T00:00:00"}
    assert "value" not in json.loads(Done(RESPONSE).to_json())["response"]


if __name__ == "__main__":
    if sys.argv[1:]:
        pytest.exit(f"usage: python {sys.argv[0]}")
    SCHEMA.write_text(json.dumps(event_schema(), indent=1) + "\n")
