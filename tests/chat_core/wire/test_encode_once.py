"""What was encoded is used again, and never after anything of it has changed."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    Completed,
    File,
    Message,
    Messages,
    OutputSchema,
    Reasoning,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
    tool,
)
from chat_core.testing import FakeTransport
from chat_core.types.memo import memo_of
from chat_core.wire import encoded_once
from chat_gemini import GeminiBuilder
from chat_responses import ResponsesBuilder
from message_changes import CHANGES, NATIVE, message


def encode(source: Any, key: str = "wire") -> list[object]:
    """Return a new list each time that something is encoded."""
    made: list[object] = encoded_once(source, (key,), list)
    return made


def test_what_is_as_it_was_is_not_encoded_again() -> None:
    for source in (
        message(),
        Message("user", [Text("hi")]),
        ToolDefinition("t", "", {"type": "object"}),
        OutputSchema("o", {"type": "object"}),
    ):
        assert encode(source) is encode(source)


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_noticed(change: str) -> None:
    source = message()
    before = encode(source)

    CHANGES[change](source)

    assert encode(source) is not before
    assert encode(source) is encode(source)


def test_a_schema_that_is_changed_in_place_is_noticed() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    for source in (ToolDefinition("t", "", schema), OutputSchema("o", schema)):
        before = encode(source)
        schema["properties"]["a"]["description"] = f"of {type(source).__name__}"
        assert encode(source) is not before


def test_copies_start_anew_and_are_equal() -> None:
    source = message()
    encode(source)

    for copied in (copy.copy(source), copy.deepcopy(source), pickle.loads(pickle.dumps(source))):
        assert copied == source
        assert memo_of(copied) == ()
    assert Messages([source]).to_json() == Messages([message()]).to_json()
    assert repr(source) == repr(message())


def test_each_wire_has_its_own_form_and_the_oldest_is_dropped() -> None:
    source = message()
    forms = [encode(source, str(number)) for number in range(4)]
    assert [encode(source, str(number)) for number in range(4)] == forms
    assert all(encode(source, str(number)) is form for number, form in enumerate(forms))

    encode(source, "4")

    assert len(memo_of(source)) == 4


@pytest.mark.parametrize(
    "part",
    [
        Structured(1, native=NATIVE),
        File.from_bytes(bytes((1 << 20) + 1), "image/png"),
    ],
)
def test_what_cannot_be_compared_or_is_large_is_encoded_each_time(part: Any) -> None:
    source = Message("user", [part])

    assert encode(source) is not encode(source)
    assert memo_of(source) == ()


def test_what_an_encoder_raises_is_raised_again() -> None:
    def fail() -> None:
        raise ValueError("no")

    source = message()
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            encoded_once(source, (), fail)


BUILDERS: dict[str, Callable[[FakeTransport], Any]] = {
    "completions": lambda transport: (
        ChatCompletionsBuilder().with_base_url("http://x/v1").with_model("m").with_transport(transport)
    ),
    "claude": lambda transport: ClaudeBuilder().with_model("claude-opus-4-8").with_transport(transport),
    "gemini": lambda transport: GeminiBuilder().with_model("gemini-3-pro").with_transport(transport),
    "responses": lambda transport: (
        ResponsesBuilder().with_base_url("http://x/v1").with_model("gpt-5.6").with_transport(transport)
    ),
}


def bodies(wire: str, *conversations: Messages) -> list[Any]:
    """Return the bodies that one client sends of conversations, one after the other."""
    transport = FakeTransport()
    client = BUILDERS[wire](transport).with_api_key("k").build()
    encoded = [client.request_body(ChatRequest(messages)) for messages in conversations]
    return [json.loads(json.dumps(body)) for body in encoded]


def conversation() -> Messages:
    messages = Messages.from_system("Be brief.").add_user(
        "Look.", File.from_bytes(b"\x89PNG\r\n", "image/png")
    )
    for number in range(3):
        parts = [
            Reasoning("hm"),
            Text(f"Looking, {number}."),
            ToolCall(f"c{number}", "look", {"at": [number]}, Completed({"seen": [number]})),
            ToolCall(f"d{number}", "look", {}, Completed("nothing")),
        ]
        messages.append(Message("model", parts, turn=Turn("tool_calls")))
    return messages


@pytest.mark.parametrize("wire", BUILDERS)
def test_a_conversation_is_sent_as_one_that_was_never_sent_before(wire: str) -> None:
    sent = conversation()
    first, again = bodies(wire, sent, sent)
    assert first == again == bodies(wire, conversation())[0]

    sent.find_tool("c1").status.result["seen"].append("more")  # type: ignore[union-attr, index, call-overload]  # JSON
    sent.find_tool("d2").arguments["late"] = True
    sent.append(Message("model", [Text("So far.  ")])).add_user("Go on.")
    changed = bodies(wire, sent)[0]

    assert changed == bodies(wire, Messages.from_json(sent.to_json()))[0]
    assert changed != first


@pytest.mark.parametrize("wire", BUILDERS)
def test_two_origins_encode_one_conversation_each_for_itself(wire: str) -> None:
    others = [name for name in BUILDERS if name != wire]
    sent = conversation()
    alone = bodies(wire, conversation())[0]

    for other in others:
        bodies(other, sent)

    assert bodies(wire, sent)[0] == alone


@pytest.mark.anyio
async def test_a_loop_of_forty_steps_encodes_each_turn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[object] = []
    keep = "chat_core.wire.encode_once.keep_memo"
    monkeypatch.setattr(
        keep, lambda source, kept: (encoded.append(source), object.__setattr__(source, "_memo", kept))
    )
    transport = FakeTransport()
    for number in range(39):
        function = {"name": "look", "arguments": "{}"}
        call = {"id": f"c{number}", "type": "function", "function": function}
        transport.answer({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})
    transport.answer({"choices": [{"message": {"content": "seen"}, "finish_reason": "stop"}]})

    chat = (
        ChatBuilder()
        .with_model(BUILDERS["completions"](transport).with_api_key("k").build())
        .with_tools([tool(name="look", strict=True)(lambda: "it")])
        .with_max_steps(40)
        .build()
    )
    response = await chat.complete(Messages.from_user("go"))

    assert isinstance(response, ChatResponse)
    assert response.text == "seen"
    assert len(encoded) == 39 + 1  # the turns that were sent back, and the tool
