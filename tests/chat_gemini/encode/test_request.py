"""The body of a request as a whole."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    ToolCall,
)
from chat_core.types.call_status import Completed
from chat_core.wire import dump
from chat_gemini.encode import encode
from chat_gemini.options import GeminiOptions
from chat_gemini.settings import RequestDefaults
from gemini_requests import ADD, HERE, PLAIN, PNG, body


def test_safety_settings_and_the_extra_body_are_merged_in() -> None:
    defaults = RequestDefaults(
        options=GeminiOptions(temperature=0.5),
        safety={"HARM_CATEGORY_HARASSMENT": "BLOCK_NONE"},
        extra={"generationConfig": {"topK": 3}, "labels": {"team": "x"}},
    )
    sent = body(Messages.from_user("Hi"), defaults=defaults)
    assert sent["safetySettings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    assert (sent["generationConfig"], sent["labels"]) == ({"temperature": 0.5, "topK": 3}, {"team": "x"})


def test_a_text_that_no_request_can_hold_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        body(Messages.from_user("\ud800"))


def test_sending_changes_nothing_in_the_messages() -> None:
    messages = Messages.from_user("Hi", File.from_bytes(PNG))
    messages.append(
        Message(
            "model", [ToolCall("1", "add", {"a": 1}, Completed({"b": [1]}), native=Native(HERE, {"id": "w"}))]
        )
    )
    before = messages.to_json()
    dump(encode(ChatRequest(messages, [ADD]), origin=HERE, defaults=PLAIN, stream=False).body)
    assert messages.to_json() == before
