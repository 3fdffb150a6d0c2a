"""Conversations as dictionaries become messages, or an error with the place of what cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import Completed, ConfigurationError, File, Text, messages_from_dicts


def test_roles_and_texts_become_messages() -> None:
    messages = messages_from_dicts(
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": [{"type": "text", "text": "And"}, "this"]},
        ]
    )
    assert [(message.role, message.text) for message in messages] == [
        ("system", "Be brief."),
        ("user", "Hello"),
        ("model", "Hi"),
        ("user", "Andthis"),
    ]


def test_images_become_files() -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    parts = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": "https://a.example/b.png"},
    ]
    [message] = messages_from_dicts([{"role": "user", "content": parts}])
    assert [type(part) for part in message.parts] == [File, File]


def test_calls_and_their_results_become_one_part() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    messages = messages_from_dicts(
        [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "1"}]},
            {"role": "assistant", "content": "One."},
        ]
    )
    [made] = messages[1].tool_calls
    assert (made.name, made.arguments, made.status) == ("add", {"a": 1}, Completed("1"))
    assert messages[2].parts == [Text("One.")]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"role": "bot", "content": "x"}, "message 0: the role 'bot' is none of system, developer, user"),
        ({"content": "x"}, "message 0: the role ''"),
        ({"role": "user", "content": 5}, "message 0: content is a text or a list, not int"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "message 0: a part of type 'input_audio'"),
        ({"role": "tool", "tool_call_id": "c9", "content": "x"}, "message 0: a result for 'c9'"),
        ({"role": "assistant", "tool_calls": [{"id": "c1"}]}, "message 0: a tool call needs"),
        (
            {"role": "assistant", "tool_calls": [{"id": "c1", "function": {"name": "a", "arguments": "{"}}]},
            "message 0: a tool call needs",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(message: Any, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        messages_from_dicts([message])
