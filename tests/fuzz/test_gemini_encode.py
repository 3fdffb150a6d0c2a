"""Whatever entered a conversation can be sent to Gemini: the body keeps the wire's rules, or a user's part is
refused.
"""

from __future__ import annotations

import json
import warnings
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from budget import budget, show
from chat_core import (
    ChatRequest,
    Citation,
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
from chat_core.wire import Encoded, dump
from chat_gemini.capabilities import VERTEX, Capabilities, Endpoint
from chat_gemini.encode import encode
from chat_gemini.settings import RequestDefaults
from histories import histories
from hypothesis import example, given
from hypothesis import strategies as st
from rules_gemini import broken_rules

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the SDK's own dependencies
    try:
        from google.genai import types
    except ImportError:
        types = None

ENDPOINT = "https://generativelanguage.googleapis.com/v1beta"
ORIGINS = [
    Origin("gemini", ENDPOINT, "gemini-3.5-flash"),
    Origin("gemini", ENDPOINT, "gemini-2.5-flash"),
    Origin("gemini", "https://aiplatform.googleapis.com/v1beta1/publishers/google", "gemini-3.5-flash"),
]
SHARED_ORIGIN = Origin("gemini", ENDPOINT, "gemini-3-pro")  # of those that `histories` are made of
ELSEWHERE = [
    Origin("claude", "https://api.anthropic.com/v1", "claude-opus-5"),
    Origin("openai", "https://api.openai.com/v1", "gpt-5.6"),
]
PNG = b"\x89PNG\r\n\x1a\nrest"

ODD = st.sampled_from(
    ["", " ", "\n\n", "\x00", "\u2028", "a\ud83d", "\ude00b", "é🏔", "$ref", "x" * 5000, "<|channel|>"]
)
TEXTS = ODD | st.text(max_size=8)
IDS = st.sampled_from(["", "1", "1", "call_1", "toolu|x y", "é", "x" * 300, "\ud800"])
NAMES = st.sampled_from(
    ["add", "add", "get_weather<|channel|>x", "", "9a", "a b", "é" * 70, "a.b:c-d", "x" * 129]
)
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.just("$ref"), inner, max_size=3),
    max_leaves=6,
)
PLAIN_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
# native data of this wire, as it comes and as somebody may have changed it in a stored conversation
FIELDS = st.sampled_from(
    [
        {"thoughtSignature": "eA=="},
        {"thought": True},
        {"id": "w1"},
        {"functionCall": {"extra": 1}},
        {"thoughtSignature": 3},
        {"thought": "yes"},
        {"id": ["x"]},
        {"text": "other"},
        {"text": 3},
        {"functionCall": "x"},
        {"executableCode": {"code": "1"}},
        {"codeExecutionResult": {"output": "1"}},
        {"toolCall": {"id": "t"}},
        {"toolResponse": {"id": "t"}},
        {"toolCall": []},
        {"somethingNew": {}},
        {"signature": "sig", "type": "thinking"},
    ]
)
NATIVES = st.builds(
    lambda origin, fields: Native(origin, {name: value for each in fields for name, value in each.items()}),
    st.sampled_from(ORIGINS + ELSEWHERE),
    st.lists(FIELDS, max_size=3),
)
MAYBE_NATIVE = st.none() | NATIVES
TYPES = st.sampled_from(
    [None, "image/png", "image/jpg", "Audio/X-Wav", "text/x-go", "application/pdf", "a/b"]
)
FILES = st.one_of(
    st.builds(lambda kind, data: File(kind, data), TYPES, st.sampled_from([b"", PNG, b"text", b"\xff\x00"])),
    st.builds(
        lambda kind, url: File(kind, url=url),
        TYPES,
        st.sampled_from(["https://a.example/b", "gs://a/b", "s3://a/b", "https://youtu.be/x"]),
    ),
    st.builds(
        lambda kind, id: File(kind, id=id), TYPES, st.sampled_from(["files/abc", "file-ABC", "file_01", ""])
    ),
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
    st.dictionaries(TEXTS, PLAIN_JSON, max_size=3),
    STATUSES,
    st.lists(FILES, max_size=2),
    MAYBE_NATIVE,
)
MODEL_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(
        lambda text, native: Text(text, (Citation("https://a.example"),), native=native), TEXTS, MAYBE_NATIVE
    ),
    st.builds(lambda text, native: Reasoning(text, native=native), TEXTS, MAYBE_NATIVE),
    st.builds(lambda text, native: Refusal(text, native=native), TEXTS, MAYBE_NATIVE),
    st.builds(Structured, PLAIN_JSON),
    FILES,
    st.builds(Opaque, NATIVES),
    CALLS,
)
SAFE_PARTS: st.SearchStrategy[Part] = st.one_of(
    st.sampled_from([Text("Hi"), Text("é🏔\u2028"), Structured({"a": 1}), File("image/png", PNG)]),
    st.builds(Opaque, st.builds(Native, st.sampled_from(ELSEWHERE), st.just({"type": "search_result"}))),
)
USER_PARTS = SAFE_PARTS | st.builds(Text, TEXTS) | FILES | st.sampled_from([Refusal("no"), Reasoning("hm")])


def messages_of(user_parts: st.SearchStrategy[Part]) -> st.SearchStrategy[list[Message]]:
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
    st.builds(
        ToolDefinition,
        NAMES,
        st.just("Add."),
        st.sampled_from([{}, {"type": "object", "properties": {"a": {"type": "string", "example": "x"}}}]),
    ),
    max_size=2,
    unique_by=lambda tool: tool.name,
)


def check(messages: Messages, origin: Origin, tools: list[ToolDefinition], endpoint: Endpoint) -> Encoded:
    """Encode a conversation, and hold the body against the wire's rules and the SDK's types."""
    show(messages, origin, tools)
    before = deepcopy(list(messages))
    defaults = RequestDefaults(endpoint=endpoint)
    try:
        encoded = encode(ChatRequest(messages, tools), origin=origin, defaults=defaults, stream=False)
        written = dump(encoded.body)
    finally:
        assert as_json(list(messages)) == as_json(list(before))
    body = json.loads(written, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    can = Capabilities.of(origin.model)
    assert broken_rules(body, signs_calls=can.signs_calls, files_in_results=can.files_in_results) == []
    satisfies_the_sdk(body)
    return encoded


def satisfies_the_sdk(body: Any) -> None:
    if types is None:
        return
    known = {field.alias for field in types.Part.model_fields.values()}
    for content in body["contents"]:
        parts = [{name: part[name] for name in part if name in known} for part in content["parts"]]
        for part in parts:
            part.get("functionCall", {}).pop(
                "extra", None
            )  # what it does not know yet goes back all the same
        types.Content.model_validate({**content, "parts": parts})


@budget(80)
@given(messages_of(SAFE_PARTS), st.sampled_from(ORIGINS), TOOLS, st.sampled_from([Endpoint(), VERTEX]))
@example([Message("model", [ToolCall("1", "a", {}, Completed([float("nan")]))])], ORIGINS[0], [], VERTEX)
def test_what_others_put_into_a_history_is_sent_or_left_out(
    history: list[Message], origin: Origin, tools: list[ToolDefinition], endpoint: Endpoint
) -> None:
    messages = Messages([Message("user", [Text("Hello")]), *history])
    check(messages, origin, tools, endpoint)


@budget(80)
@given(messages_of(USER_PARTS), st.sampled_from(ORIGINS), TOOLS)
def test_what_a_user_puts_in_is_sent_or_refused(
    history: list[Message], origin: Origin, tools: list[ToolDefinition]
) -> None:
    with suppress(ConfigurationError):
        check(Messages(history), origin, tools, Endpoint())


@budget(80)
@given(histories(open_calls=False), st.sampled_from([*ORIGINS, SHARED_ORIGIN]), TOOLS)
def test_conversations_of_all_providers_are_sent_or_refused(
    messages: Messages, origin: Origin, tools: list[ToolDefinition]
) -> None:
    """As every wire is tried with them; what the users have put into these may be refused, and nothing
    else.
    """
    try:
        check(messages, origin, tools, Endpoint())
    except ConfigurationError:
        parts = [part for message in messages if message.role != "model" for part in message.parts]
        has_user = any(message.role == "user" for message in messages)
        assert not has_user or not all(map(is_plain, parts))


def is_plain(part: Part) -> bool:
    """Whether every wire can carry a user's part: a text that is not blank and that UTF-8 can hold."""
    return isinstance(part, Text) and bool(part.text.strip()) and part.text.isascii()
