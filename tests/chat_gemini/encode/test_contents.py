"""From messages to contents: roles, instructions, and what is left out."""

from __future__ import annotations

import pytest
from chat_core import (
    ChatRequest,
    ConfigurationError,
    Message,
    Messages,
    Reasoning,
    Refusal,
    Structured,
    ToolCall,
)
from chat_gemini.encode import encode
from gemini_requests import HERE, PLAIN, body


def test_a_question_is_only_its_contents() -> None:
    assert body(Messages.from_user("Hi")) == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def test_system_messages_are_the_instructions() -> None:
    messages = Messages.from_system("Be brief.").add_system("Be kind.").add_user("Hi")
    sent = body(messages)
    assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


def test_a_system_message_from_within_the_conversation_is_noticed() -> None:
    encoded = encode(
        ChatRequest(Messages.from_user("Hi").add_system("Be brief.")),
        origin=HERE,
        defaults=PLAIN,
        stream=False,
    )
    assert encoded.body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert [notice.about for notice in encoded.notices] == ["messages"]


def test_without_a_word_from_the_user_there_is_nothing_to_send() -> None:
    with pytest.raises(ConfigurationError, match=r"add_user"):
        body(Messages.from_system("Be brief."))


def test_neighbours_of_one_role_are_one_content_and_their_parts_stay_apart() -> None:
    messages = Messages.from_user("One").add_user("Two", Structured({"a": 1}))
    assert body(messages)["contents"] == [
        {"role": "user", "parts": [{"text": "One"}, {"text": "Two"}, {"text": '{"a": 1}'}]}
    ]


@pytest.mark.parametrize("part", [Reasoning("hm"), ToolCall("1", "add"), Refusal("no")])
def test_a_user_cannot_think_or_call(part: Reasoning | ToolCall | Refusal) -> None:
    with pytest.raises(
        ConfigurationError, match="a user's message holds text, files and structured values, not"
    ):
        body(Messages([Message("user", [part])]))
