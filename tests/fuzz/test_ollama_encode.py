"""Whatever entered a conversation can be sent to Ollama's own API: the body keeps the wire's rules, or a
user's part is refused.
"""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from budget import budget, show
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
    Part,
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
from chat_ollama.native.encode import encode
from chat_ollama.settings import RequestDefaults
from hypothesis import given
from hypothesis import strategies as st
from rules_ollama import broken_rules

HERE = Origin("ollama", "http://127.0.0.1:11434/v1", "qwen3:4b")
ORIGINS = st.sampled_from(
    [
        HERE,
        Origin("ollama-native", HERE.endpoint, HERE.model),
        Origin("claude", "https://api.anthropic.com/v1", "claude-opus-5"),
        Origin("openai", "https://api.openai.com/v1", "gpt-5.6"),
    ]
)
PNG, GIF = b"\x89PNG\r\n\x1a\nrest", b"GIF89a"
ODD = st.sampled_from(
    ["", " ", "\n\n", "\x00", "\u2028", "a\ud83d", "\ude00b", "é🏔", "x" * 5000, "<|channel|>"]
)
TEXTS = ODD | st.text(max_size=8)
WHOLE_TEXTS = TEXTS.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))
NAMES = st.sampled_from(["add", "get_weather<|channel|>x", "", "9a", "a b", "é" * 70, "a.b:c-d", "x" * 129])
IDS = st.sampled_from(["1", "1", "call_1", "functions.add:0", "toolu|x y", "é", "x" * 300, "\ud800"])
JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WHOLE_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WHOLE_TEXTS, inner, max_size=3),
    max_leaves=6,
)
# native data as this package stores it, as others do, and as somebody may have changed it in a stored
# conversation
NATIVES = st.builds(
    Native,
    ORIGINS,
    st.sampled_from(
        [
            {},
            {"field": "reasoning"},
            {"field": 3},
            {"call": {"thought_signature": "eA=="}, "function": {"note": "x"}},
            {"call": [], "function": "x"},
            {"call": {"id": 3, "function": "x"}, "function": {"name": 3, "arguments": "x"}},
            {"type": "search_result"},
        ]
    ),
)
FILES = st.one_of(
    st.builds(
        File,
        st.sampled_from(
            [None, "image/png", "image/jpg", "image/gif", "audio/wav", "text/x-go", "a/b", "IMAGE/PNG"]
        ),
        st.sampled_from([b"", PNG, GIF, b"text", b"\xff\xd8\xff", b"RIFF1234WEBP"]),
    ),
    st.builds(lambda url: File("image/png", url=url), st.sampled_from(["https://a.example/b", "gs://a/b"])),
    st.builds(lambda id: File("image/png", id=id), st.sampled_from(["file_01", ""])),
)
STATUSES = st.one_of(
    st.builds(Completed, JSON), st.builds(Failed, TEXTS), st.builds(Rejected, st.none() | TEXTS)
)
CALLS = st.builds(
    lambda id, name, arguments, status, files, native: ToolCall(
        id, name, arguments, status, files=tuple(files), native=native
    ),
    IDS,
    NAMES,
    st.dictionaries(WHOLE_TEXTS, JSON, max_size=3),
    STATUSES,
    st.lists(FILES, max_size=2),
    st.none() | NATIVES,
)
MODEL_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(Text, TEXTS),
    st.builds(lambda text, native: Reasoning(text, native=native), TEXTS, st.none() | NATIVES),
    st.builds(Refusal, TEXTS),
    st.builds(Structured, JSON),
    FILES,
    st.builds(Opaque, NATIVES),
    CALLS,
)
SAFE_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.sampled_from([Text("Hi"), Text(" "), Text("é🏔\u2028"), Structured({"a": 1}), File("image/png", PNG)]),
    st.builds(Opaque, NATIVES),
)
USER_PARTS = SAFE_PARTS | st.builds(Text, TEXTS) | FILES | MODEL_PARTS


def histories(user_parts: st.SearchStrategy[Part]) -> st.SearchStrategy[list[Message]]:
    """Conversations in any order that the engine can produce, and in some that it cannot."""
    user = st.builds(lambda parts: Message("user", parts), st.lists(user_parts, min_size=1, max_size=3))
    system = st.builds(lambda text: Message("system", [Text(text)]), st.sampled_from(["Be brief.", "", " "]))
    model = st.builds(
        lambda parts, cut: Message("model", parts, interrupted=cut),
        st.lists(MODEL_PARTS, max_size=5),
        st.booleans(),
    )
    return st.lists(st.one_of(user, model, model, system), max_size=6)


TOOLS = st.lists(
    st.builds(ToolDefinition, NAMES, st.sampled_from(["", "Add."])),
    max_size=2,
    unique_by=lambda tool: tool.name,
)


def check(messages: Messages, tools: list[ToolDefinition], *, stream: bool) -> None:
    """Encode a conversation, and hold the body against the wire's rules."""
    show(messages, tools)
    before = deepcopy(list(messages))
    try:
        encoded = encode(
            ChatRequest(messages, tools), origin=HERE, defaults=RequestDefaults(num_ctx=512), stream=stream
        )
        written = dump(encoded.body)
    finally:
        assert as_json(list(messages)) == as_json(list(before))
    body = json.loads(written, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert broken_rules(body) == []


@budget(250)
@given(histories(SAFE_PARTS), TOOLS, st.booleans())
def test_what_others_put_into_a_history_is_sent_or_left_out(
    history: list[Message], tools: list[ToolDefinition], stream: bool
) -> None:
    check(Messages([Message("user", [Text("Hello")]), *history]), tools, stream=stream)


@budget(250)
@given(histories(USER_PARTS), TOOLS)
def test_what_a_user_puts_in_is_sent_or_refused(history: list[Message], tools: list[ToolDefinition]) -> None:
    with suppress(ConfigurationError):
        check(Messages(history), tools, stream=False)
