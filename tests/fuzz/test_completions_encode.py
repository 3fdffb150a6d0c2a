"""Random conversations, as the engine can produce and store them, become bodies that every server of this
wire accepts.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from budget import budget, show
from chat_completions import Dialect
from chat_completions.encode import encode
from chat_completions.servers import SERVERS
from chat_completions.settings import RequestDefaults
from chat_core import (
    ChatRequest,
    Completed,
    ConfigurationError,
    Failed,
    File,
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
    ToolDefinition,
)
from chat_core.types.plain_json import as_json
from chat_core.wire import dump
from conversation_strategies import json_of
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import TypeAdapter
from rules_completions import broken_rules

CEREBRAS = Dialect.cerebras()
DIALECTS = [
    Dialect(),
    *map(Dialect.named, sorted(SERVERS)),
    replace(CEREBRAS, reasoning=replace(CEREBRAS.reasoning, replay="always", replay_as="tags")),
]
URL = "https://x.example/v1"
ELSEWHERE = Origin("claude", "https://api.anthropic.com", "claude-x")
OFFICIAL: TypeAdapter[Any] = TypeAdapter(CompletionCreateParamsNonStreaming)

texts = st.sampled_from(
    [
        "",
        " ",
        "\n\n",
        "Hello",
        "So ",
        "x\0y",
        "a\u2028b",
        "{}",
        "Ünïcode 🦙",
        "<think>a",
        "a" * 3000,
    ]
)
names = st.sampled_from(
    ["add", "web_search", "get_weather<|channel|>commentary", "a.b", "ü", "n" * 70, "", "x y"]
)
ids = st.sampled_from(["call_1", "functions.add:0", "a|b", "x" * 100, "ü", "call 1", "a1b2c3d4e"])
json_values = json_of(texts)
objects = st.dictionaries(texts, json_values, max_size=3)

PNG, WAV, PDF = b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7"
files = st.sampled_from(
    [
        *(
            File("image/png", PNG),
            File("IMAGE/JPG", PNG),
            File("audio/x-wav", WAV),
            File("audio/ogg", b"OggS"),
        ),
        *(
            File("application/pdf", PDF, name="a.pdf"),
            File("video/mp4", b"x"),
            File(None, b"\0"),
            File.from_id("f"),
        ),
        *(
            File.from_url("https://a/b.png"),
            File.from_url("https://a/b.pdf"),
            File.from_url("https://a/b.mp3"),
        ),
    ]
)
user_parts = st.one_of(
    texts.map(Text),
    json_values.map(Structured),
    st.just(Opaque(Native(ELSEWHERE, {"type": "search_result"}))),
)
NATIVES: list[dict[str, Any]] = [
    *({}, {"field": "reasoning_content"}, {"field": "reasoning"}, {"field": "<think>"}, {"field": 5}),
    *({"content": {"type": "thinking", "thinking": []}}, {"content": 5}, {"type": 5}, {"type": "custom"}),
    *(
        {"reasoning_details": [{"type": "reasoning.text", "text": "a"}, 5]},
        {"thinking_blocks": "x"},
        {"id": "f.a:0"},
    ),
    *(
        {"message": {"sig": "s", "role": "user", "content": 1, "tool_calls": []}},
        {"function": {"name": 1, "x": 2}},
    ),
    *(
        {"audio_id": "a1"},
        {"audio_id": 5},
        {"extra_content": {"google": {"thought_signature": "s"}}},
        {"type": "x"},
    ),
]


ARGUMENTS: list[
    tuple[dict[str, Any], str | None]
] = [  # as received: whole, not whole, encoded twice, behind a placeholder
    *(({}, ""), ({}, "{}"), ({}, '{"a":'), ({}, "[]"), ({"a": 1}, '{"a":  1}')),
    *(({"a": 1}, json.dumps('{"a": 1}')), ({"a": 1}, '{}{"a": 1}')),
]


@st.composite
def calls(draw: st.DrawFn, natives: st.SearchStrategy[Any]) -> ToolCall:
    status = draw(json_values.map(Completed) | texts.map(Failed) | st.just(Rejected()))
    arguments, text = draw(st.sampled_from(ARGUMENTS) | objects.map(lambda value: (value, None)))
    shown = tuple(draw(st.lists(files, max_size=2)))
    return ToolCall(
        draw(ids), draw(names), arguments, status, files=shown, arguments_text=text, native=draw(natives)
    )


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Dialect, Messages, bool]:
    """A dialect, a conversation, and whether the user has put in a file."""
    dialect = draw(st.sampled_from(DIALECTS))
    origin = Origin(dialect.name, URL, "m")
    natives = st.none() | st.builds(
        Native, st.sampled_from([origin, origin, ELSEWHERE]), st.sampled_from(NATIVES)
    )
    parts = st.one_of(
        st.builds(lambda text, native: Text(text, native=native), texts, natives),
        st.builds(lambda text, native: Reasoning(text, native=native), texts, natives),
        texts.map(Refusal),
        json_values.map(Structured),
        calls(natives),
        st.builds(lambda file, native: replace(file, native=native), files, natives),
        natives.filter(bool).map(Opaque),
    )
    messages, has_file, taken = Messages(), False, set[str]()
    for _ in range(draw(st.integers(1, 7))):
        match draw(st.sampled_from(["user", "user", "system", "model", "model", "model"])):
            case "user":
                sent: list[Any] = draw(st.lists(user_parts, max_size=3))
                if draw(st.integers(0, 9)) == 0:
                    sent.append(draw(files))
                    has_file = True
                messages.append(Message("user", sent))
            case "system":
                messages.append(Message("system", draw(st.lists(texts.map(Text), max_size=2))))
            case _:
                turn: list[Any] = draw(st.lists(parts, max_size=5))
                for part in turn:
                    if isinstance(part, ToolCall):  # ids are unique in a conversation
                        while part.id in taken:
                            part.id += "_"
                        taken.add(part.id)
                messages.append(Message("model", turn, interrupted=draw(st.booleans())))
    return dialect, messages, has_file


@budget(300)
@given(conversations())
def test_a_conversation_of_any_kind_is_sent_by_the_rules_or_refused_for_what_the_user_put_in(
    conversation: tuple[Dialect, Messages, bool],
) -> None:
    dialect, messages, has_file = conversation
    show(messages, dialect.name)
    origin = Origin(dialect.name, URL, "m")
    before = as_json([(message.role, message.parts) for message in messages])
    request = ChatRequest(messages, [ToolDefinition("add", "Add."), ToolDefinition("a.b")])

    defaults = RequestDefaults(dialect=dialect)
    refused = ""
    encoded = None
    try:
        encoded = encode(request, origin=origin, defaults=defaults, stream=False)
    except ConfigurationError as error:
        refused = str(error)
    assert as_json([(message.role, message.parts) for message in messages]) == before
    if encoded is None:
        assert has_file or "messages.add_user" in refused, refused
        return

    body = json.loads(dump(encoded.body))
    assert broken_rules(body, dialect) == []
    if dialect.name == "openai":
        OFFICIAL.validate_python(body)
    assert encode(request, origin=origin, defaults=defaults, stream=False) == encoded


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_dialect_takes_a_turn_with_everything_in_it(dialect: Dialect) -> None:
    call = ToolCall(
        "c1", "add", {"a": 1}, Completed(2), files=(File("image/png", PNG), File("audio/ogg", b"x"))
    )
    turn = Message("model", [Reasoning("hm"), Text("So "), Refusal("no"), call, File("image/png", PNG)])
    messages = Messages.from_system("Be brief.").add_user("?").append(turn).add_user("And?")
    origin = Origin(dialect.name, URL, "m")
    encoded = encode(
        ChatRequest(messages), origin=origin, defaults=RequestDefaults(dialect=dialect), stream=True
    )

    assert broken_rules(json.loads(dump(encoded.body)), dialect) == []
    assert encoded.notices
