"""From messages to contents: roles, instructions, and what is left out."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from chat_core import (
    ChatRequest,
    ConfigurationError,
    Message,
    Messages,
    Native,
    Opaque,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.wire import dump
from chat_gemini.encode import encode
from gemini_requests import ELSEWHERE, HERE, PLAIN, SIGNED, body


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


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\u2028"])
def test_blank_texts_are_left_out_in_every_role(blank: str) -> None:
    """The wire refuses an empty text; the model wrote the one, and a user typed the other."""
    messages = Messages.from_system(blank).add_user("Hi", blank)
    messages.append(Message("model", [Text(blank), Text("Hello"), Refusal(blank)])).add_user(blank)
    sent = body(messages)
    assert "systemInstruction" not in sent
    assert sent["contents"] == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "Hello"}]},
    ]


def test_a_blank_text_that_is_signed_goes_back_as_it_came() -> None:
    turn = Message("model", [Text("\n\n", native=Native(HERE, SIGNED)), Text("Hello")])
    parts = body(Messages.from_user("Hi").append(turn))["contents"][1]["parts"]
    assert parts == [{"text": "\n\n", **SIGNED}, {"text": "Hello"}]


@pytest.mark.parametrize("role", ["user", "system"])
def test_a_block_of_another_provider_is_left_out_with_a_notice(role: Literal["user", "system"]) -> None:
    """A search result that was given to Claude does not lock the conversation to it."""
    block = Opaque(Native(ELSEWHERE, {"type": "search_result", "source": "a"}))
    messages = Messages.from_user("Hi").append(Message(role, [Text("Look:"), block]))
    encoded = encode(ChatRequest(messages), origin=HERE, defaults=PLAIN, stream=False)
    assert "search_result" not in dump(encoded.body).decode()
    notice = encoded.notices[-1]
    assert (notice.about, "only claude" in notice.message) == ("messages", True)


def test_a_block_of_this_wire_in_a_users_message_is_sent() -> None:
    block = {"fileData": {"fileUri": "gs://a/b"}, "videoMetadata": {"startOffset": "1s"}}
    messages = Messages.from_user("Hi", Opaque(Native(HERE, block)))
    assert body(messages)["contents"][0]["parts"] == [{"text": "Hi"}, block]


def test_a_conversation_that_begins_with_the_model_is_given_a_beginning() -> None:
    messages = Messages([Message("model", [Text("Welcome!")])]).add_user("Hi")
    encoded = encode(ChatRequest(messages), origin=HERE, defaults=PLAIN, stream=False)
    contents: Any = encoded.body["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert [notice.about for notice in encoded.notices] == ["messages"]


def test_a_message_with_nothing_to_send_is_no_content() -> None:
    messages = Messages.from_user("Hi").append(Message("model", [Reasoning("hm")])).add_user("Hello?")
    assert body(messages)["contents"] == [{"role": "user", "parts": [{"text": "Hi"}, {"text": "Hello?"}]}]
