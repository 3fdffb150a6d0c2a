"""What goes into telemetry of conversations: nothing, unless that was chosen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    Failed,
    File,
    InvalidRequest,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Refusal,
    Rejected,
    Structured,
    Text,
    ToolCall,
    tool,
)
from chat_core.middleware.telemetry.content import request_content
from chat_core.testing import ScriptedProvider
from chat_core.types.request import ChatRequest

from .conftest import Recorded, attributes

pytestmark = pytest.mark.anyio
CONTENT = ("gen_ai.system_instructions", "gen_ai.input.messages", "gen_ai.output.messages")
VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
SECRET = "My password is swordfish"


@tool
def look(place: str) -> str:
    """Look somewhere."""
    return f"{place}: swordfish"


async def ask(recorded: Recorded, **chosen: Any) -> None:
    lines = [ToolCall("c1", "look", {"place": "swordfish"}), "It is swordfish."]
    chat = ChatBuilder().with_model(ScriptedProvider(lines)).with_tools([look])
    messages = Messages.from_system("Never tell swordfish.").add_user(SECRET)
    await chat.with_telemetry(**recorded.given, agent="a", **chosen).build().complete(messages)


async def test_by_default_nothing_of_a_conversation_is_recorded(recorded: Recorded) -> None:
    await ask(recorded)

    assert len(recorded.spans) == 4
    assert "swordfish" not in "".join(span.to_json() for span in recorded.spans)
    assert recorded.events == []


async def test_spans_hold_contents_as_json_text(recorded: Recorded) -> None:
    await ask(recorded, content="span")

    first, tool_span, last, _ = (attributes(span) for span in recorded.spans)
    assert json.loads(first["gen_ai.system_instructions"]) == [
        {"type": "text", "content": "Never tell swordfish."}
    ]
    user = {"role": "user", "parts": [{"type": "text", "content": SECRET}]}
    call = {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"place": "swordfish"}}
    assert json.loads(first["gen_ai.input.messages"]) == [user]
    assert json.loads(first["gen_ai.output.messages"]) == [
        {"role": "assistant", "parts": [call], "finish_reason": "tool_call"}
    ]
    [definition] = json.loads(first["gen_ai.tool.definitions"])
    assert (definition["type"], definition["name"], definition["description"]) == (
        "function",
        "look",
        "Look somewhere.",
    )
    assert tool_span["gen_ai.tool.call.arguments"] == '{"place":"swordfish"}'
    assert tool_span["gen_ai.tool.call.result"] == '"swordfish: swordfish"'
    result = {"type": "tool_call_response", "id": "c1", "response": "swordfish: swordfish"}
    assert json.loads(last["gen_ai.input.messages"]) == [
        user,
        {"role": "assistant", "parts": [call]},
        {"role": "tool", "parts": [result]},
    ]
    assert recorded.events == []


@pytest.mark.parametrize("chosen", ["event", "both"])
async def test_events_hold_contents_as_structures_in_the_context_of_the_span(
    recorded: Recorded, chosen: str
) -> None:
    await ask(recorded, content=chosen)

    assert (CONTENT[1] in attributes(recorded.spans[0])) is (chosen == "both")
    event, _ = recorded.events
    assert event.event_name == "gen_ai.client.inference.operation.details"
    assert event.span_id == recorded.spans[0].context.span_id
    assert event.attributes["gen_ai.operation.name"] == "chat"
    assert event.attributes["gen_ai.usage.input_tokens"] == 10
    [user] = event.attributes["gen_ai.input.messages"]
    assert user["role"] == "user"
    assert user["parts"][0]["content"] == SECRET


@pytest.mark.parametrize(
    ("word", "on_spans", "events"),
    [("NO_CONTENT", False, 0), ("span_only", True, 0), ("EVENT_ONLY", False, 2), ("SPAN_AND_EVENT", True, 2)],
)
async def test_the_environment_decides_where_the_application_does_not(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, word: str, on_spans: bool, events: int
) -> None:
    monkeypatch.setenv(VARIABLE, word)

    await ask(recorded)

    assert (CONTENT[1] in attributes(recorded.spans[0])) is on_spans
    assert len(recorded.events) == events


async def test_what_the_application_says_wins(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "SPAN_AND_EVENT")

    await ask(recorded, content="none")

    assert "swordfish" not in "".join(span.to_json() for span in recorded.spans)


async def test_events_without_contents_can_be_switched_on(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT", "true")

    await ask(recorded)

    assert [event.event_name for event in recorded.events] == [
        "gen_ai.client.inference.operation.details"
    ] * 2
    assert not any(name in event.attributes for event in recorded.events for name in CONTENT)


async def test_a_failure_has_an_event_of_its_own(recorded: Recorded) -> None:
    broken = InvalidRequest("cannot read 'swordfish'", status=400, code="bad_input")
    chat = ChatBuilder().with_model(ScriptedProvider([broken]))

    with pytest.raises(InvalidRequest):
        await chat.with_telemetry(**recorded.given, content="event").build().complete(SECRET)

    _, event = recorded.events
    assert (event.event_name, event.severity_number.name) == ("gen_ai.client.operation.exception", "WARN")
    assert event.attributes["error.type"] == "bad_input"
    assert event.attributes["exception.type"] == "InvalidRequest"
    assert "swordfish" in event.attributes["exception.message"]


def test_every_part_has_its_form() -> None:
    native = Native(Origin("p", "e", "m"), {"type": "web_search_call", "query": "secret"})
    message = Message(
        "model",
        [
            Text("a"),
            Reasoning("b"),
            Reasoning("", native=native),
            Refusal("c"),
            Structured({"d": 1}),
            ToolCall("c1", "look", {}, Failed("no")),
            ToolCall("c2", "look", {}, Rejected("never")),
            ToolCall("c3", "look", {}),
            File.from_bytes(b"\x89PNG\r\n\x1a\n"),
            File.from_url("https://files.example/a.pdf?signature=secret"),
            File.from_id("file-1", "audio/wav"),
            Opaque(native),
        ],
    )
    [found, results] = request_content(ChatRequest(Messages([message])))["gen_ai.input.messages"]

    call = {"type": "tool_call", "name": "look", "arguments": {}}
    assert found == {
        "role": "assistant",
        "parts": [
            {"type": "text", "content": "a"},
            {"type": "reasoning", "content": "b"},
            {"type": "refusal", "content": "c"},
            {"type": "text", "content": '{"d": 1}'},
            {**call, "id": "c1"},
            {**call, "id": "c2"},
            {**call, "id": "c3"},
            {"type": "blob", "mime_type": "image/png", "modality": "image", "content": ""},
            {
                "type": "uri",
                "mime_type": "application/pdf",
                "modality": "document",
                "uri": "https://files.example/a.pdf",
            },
            {"type": "file", "mime_type": "audio/wav", "modality": "audio", "file_id": "file-1"},
            {"type": "web_search_call"},
        ],
    }
    assert results == {
        "role": "tool",
        "parts": [
            {"type": "tool_call_response", "id": "c1", "response": "no"},
            {"type": "tool_call_response", "id": "c2", "response": "never"},
        ],
    }
