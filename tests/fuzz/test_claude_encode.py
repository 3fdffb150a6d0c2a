"""Random conversations, as the engine can produce and store them, become bodies that the Messages wire
accepts.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from budget import budget, show
from chat_claude import ClaudeBuilder, block, cached, document, search_result
from chat_claude.capabilities import Capabilities
from chat_claude.encode import encode
from chat_claude.settings import RequestDefaults
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
    Reasoning,
    Refusal,
    Rejected,
    Structured,
    Text,
    ToolCall,
    ToolDefinition,
    Turn,
)
from chat_core.wire import dump
from conversation_strategies import json_of
from histories import histories
from hypothesis import given
from hypothesis import strategies as st
from rules_claude import broken_rules

ENDPOINT = "https://api.anthropic.com"
MODELS = ("claude-opus-5-5", "claude-sonnet-4-5", "claude-haiku-5-5", "claude-opus-4-6", "some-model")
PAUSED = ("pause_turn", "compaction")
GPT = Native(Origin("responses", "https://api.openai.com/v1", "gpt-5.6"), {"type": "reasoning", "id": "rs_1"})

words = st.sampled_from(
    [
        "",
        " ",
        "\n\n",
        "\t",
        "Hello",
        "So ",
        "<b>\u2028",
        "x\0y",
        "é\u00a0",
        "\u200b",
        "{}",
        "Ünïcode 🦙",
        "a" * 3000,
    ]
)
names = st.sampled_from(
    ["add", "web_search", "get_weather<|channel|>commentary", "a.b", "ü", "n" * 70, "", "x y"]
)
ids = st.sampled_from(["toolu_1", "functions.add:0", "a|b", "x" * 100, "ü", "call 1", "-"])
json_values = json_of(words)
objects = st.dictionaries(words, json_values, max_size=3)

PNG, JPEG, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"%PDF-1.7"
readable_files = st.sampled_from(
    [
        File.from_bytes(PNG),
        File("image/png", JPEG),
        File("image/jpg", JPEG),
        File("IMAGE/PNG; a=b", PNG),
        File.from_bytes(PDF, name="a.pdf"),
        File("text/x-go", b"package a", name="a.go"),
        File("application/octet-stream", b"FROM x", name="Dockerfile"),
        File.from_url("https://a/b.webp"),
        File.from_id("file_1"),
        File(id="file-1", native=Native(GPT.origin, {})),
        document(File.from_bytes(b"The rent is 900.", "text/plain"), title="Lease", citations=True),
        cached(File.from_bytes(b"x", "text/plain"), "1h"),
    ]
)
unreadable_files = st.sampled_from(
    [
        File("audio/wav", b"RIFF0000WAVE"),
        File("video/mp4", b"0000ftypmp42"),
        File("image/tiff", b"II*\0"),
        File("application/zip", b"PK\3\4"),
        File("text/plain", b"caf\xe9"),
        File("text/plain", b"  "),
        File("text/plain", b"a\0b"),
        File.from_url("s3://bucket/a.png"),
    ]
)
user_parts = st.one_of(
    words.map(Text),
    words.map(lambda text: cached(Text(text), "1h")),
    json_values.map(Structured),
    readable_files,
    st.sampled_from(
        [
            search_result("https://a", "A", "one", " "),
            block({"type": "text", "text": " "}),
            block({}),
            Opaque(GPT),
            Opaque(Native(Origin("claude", "", ""), {"type": 5})),
        ]
    ),
)


def statuses() -> st.SearchStrategy[Any]:
    return st.one_of(json_values.map(Completed), words.map(Failed), st.just(Rejected()), words.map(Rejected))


@st.composite
def calls(draw: st.DrawFn, origin: Origin) -> ToolCall:
    data = draw(
        st.sampled_from(
            [
                {},
                {"caller": {"type": "direct"}},
                {"caller": 5, "toolset_name": ["x"]},
                {"toolset_name": "computer"},
                {"type": "x", "id": 1, "name": None, "input": "no"},
            ]
        )
    )
    native = draw(st.sampled_from([None, Native(origin, data), GPT]))
    files = draw(st.lists(readable_files | unreadable_files, max_size=2))
    return ToolCall(
        draw(ids), draw(names), draw(objects), draw(statuses()), files=tuple(files), native=native
    )


def server_pair(number: int, *, cut: bool) -> list[Opaque]:
    call = {"type": "server_tool_use", "id": f"srvtoolu_{number}", "name": "web_search", "input": {}}
    found = {"type": "web_search_tool_result", "tool_use_id": f"srvtoolu_{number}", "content": []}
    return [Opaque(Native(Origin("", "", ""), data)) for data in ([call] if cut else [call, found])]


HOSTILE: list[dict[str, Any]] = [
    {},
    {"type": 5},
    {"block": 5},
    {"block": {"type": "thinking"}},
    {"block": {"type": "thinking", "signature": ""}, "prefix": 7},
    {"type": "text", "text": ""},
    {"type": "tool_use", "id": "x"},
    {"type": "tool_result", "tool_use_id": "x"},
    {"type": "server_tool_use"},
    {"type": "server_tool_use", "id": "srvtoolu_x", "name": "web_search", "input": "no"},
    {"type": "web_search_tool_result", "tool_use_id": "nobody"},
    {"type": "container", "id": 7, "expires_at": "soon"},
    {"type": "new_block", "x": 1},
    {"cache_control": {"type": "ephemeral"}, "citations": "no"},
]


@st.composite
def model_parts(draw: st.DrawFn, origin: Origin) -> list[Any]:
    hostile = st.sampled_from(HOSTILE).map(lambda data: Native(origin, data))
    signed = {"block": {"type": "thinking", "signature": "c2ln"}, "prefix": draw(st.sampled_from(["", "d1"]))}
    sealed = {"block": {"type": "redacted_thinking", "data": "eHk="}, "prefix": ""}
    natives = st.sampled_from([None, GPT, Native(origin, {}), Native(origin, signed)]) | hostile
    cites = (Citation(raw={"type": "char_location", "document_index": 0}), Citation(url="https://a", raw={}))
    one = st.one_of(
        st.builds(lambda text, native: [Text(text, native=native)], words, natives),
        words.map(lambda text: [Text(text, cites, native=Native(origin, {}))]),
        st.builds(lambda text, native: [Reasoning(text, native=native)], words, natives),
        st.just([Reasoning("", native=Native(origin, sealed))]),
        words.map(lambda text: [Refusal(text)]),
        st.builds(lambda value: [Structured(value)], json_values),
        calls(origin).map(lambda call: [call]),
        (readable_files | unreadable_files).map(lambda file: [file]),
        (hostile | st.just(GPT)).map(lambda native: [Opaque(native)]),
        st.builds(lambda number, cut: server_pair(number, cut=cut), st.integers(0, 999), st.booleans()),
    )
    return [part for parts in draw(st.lists(one, max_size=5)) for part in parts]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Origin, Messages, bool]:
    """A model, a conversation, and whether the user has put something in that Claude cannot read."""
    origin = Origin("claude", ENDPOINT, draw(st.sampled_from(MODELS)))
    messages, unreadable, taken = Messages(), False, set[str]()
    for _ in range(draw(st.integers(1, 7))):
        match draw(st.sampled_from(["user", "user", "system", "model", "model"])):
            case "user":
                parts: list[Any] = draw(st.lists(user_parts, max_size=3))
                if draw(st.integers(0, 19)) == 0:
                    parts.append(draw(unreadable_files))
                    unreadable = True
                messages.append(Message("user", parts))
            case "system":
                messages.append(Message("system", draw(st.lists(words.map(Text), max_size=2))))
            case _:
                messages.append(_turn(draw, origin, taken))
    return origin, messages, unreadable


def _turn(draw: st.DrawFn, origin: Origin, taken: set[str]) -> Message:
    parts = draw(model_parts(origin))
    for at, part in enumerate(parts):
        if isinstance(part, ToolCall):  # ids are unique in a conversation
            while part.id in taken:
                part.id += "_"
            taken.add(part.id)
        if isinstance(part, Opaque) and part.native.origin == Origin("", "", ""):
            parts[at] = Opaque(Native(origin, part.native.data))
    called = any(isinstance(part, ToolCall) for part in parts)
    raw = (
        "tool_use" if called else draw(st.sampled_from(["end_turn", "max_tokens", "refusal", "new", *PAUSED]))
    )
    reason = {"tool_use": "tool_calls", "end_turn": "stop", "max_tokens": "length"}.get(raw, "other")
    turn = draw(st.sampled_from([Turn(reason, raw), Turn(reason, raw), None]))  # type: ignore[arg-type]
    interrupted = turn is None or draw(st.integers(0, 4)) == 0
    return Message("model", parts, turn=turn, interrupted=interrupted)


@budget(150)
@given(conversations())
def test_a_conversation_of_any_kind_is_sent_by_the_rules_or_refused_for_what_the_user_put_in(
    conversation: tuple[Origin, Messages, bool],
) -> None:
    origin, messages, unreadable = conversation
    show(messages, origin)
    stored = messages.to_json()
    restored = Messages.from_json(stored)
    assert restored == messages
    request = ChatRequest(messages, [ToolDefinition("add", "Add."), ToolDefinition("a.b")])

    try:
        encoded = encode(request, origin=origin, defaults=RequestDefaults(), stream=False)
    except ConfigurationError as error:
        text = str(error)
        assert unreadable or "add_user" in text or "cache breakpoint" in text, text
        assert messages.to_json() == stored
        return

    body = json.loads(dump(encoded.body))
    capabilities = Capabilities.of(origin.model)
    last = messages[-1]
    paused = last.role == "model" and last.turn is not None and last.turn.raw_finish_reason in PAUSED
    assert (
        broken_rules(
            body, prefill=capabilities.prefill, system_turns=capabilities.system_turns, paused=paused
        )
        == []
    )
    assert messages.to_json() == stored
    again = encode(
        ChatRequest(restored, request.tools), origin=origin, defaults=RequestDefaults(), stream=False
    )
    assert dump(again.body) == dump(encoded.body)


@budget(60)
@given(conversations())
def test_after_another_word_of_the_user_every_conversation_goes_on(
    conversation: tuple[Origin, Messages, bool],
) -> None:
    origin, messages, unreadable = conversation
    show(messages, origin)
    if unreadable:
        return
    messages.add_user("And now?")
    try:
        encoded = encode(ChatRequest(messages), origin=origin, defaults=RequestDefaults(), stream=True)
    except ConfigurationError as error:
        assert "cache breakpoint" in str(error)  # noqa: PT017  the user has set too many
        return

    last: Any = json.loads(dump(encoded.body))["messages"][-1]
    assert "And now?" in json.dumps(last)


@pytest.mark.parametrize("model", MODELS)
def test_a_builder_with_all_native_tools_breaks_no_rule(model: str) -> None:
    builder = ClaudeBuilder().with_model(model).with_api_key("k").with_web_search().with_web_fetch()
    builder = builder.with_code_execution().with_tool_search().with_mcp_server("w", "https://mcp.example")
    defaults = builder.build()._settings.defaults
    request = ChatRequest(Messages.from_user("Hi"), [ToolDefinition("add")])
    origin = Origin("claude", ENDPOINT, model)

    body = dump(encode(request, origin=origin, defaults=defaults, stream=False).body)
    assert broken_rules(json.loads(body)) == []


@budget(150)
@given(histories(open_calls=False), st.sampled_from(MODELS))
def test_every_history_that_the_engine_can_produce_is_sent_by_the_rules(
    messages: Messages, model: str
) -> None:
    show(messages)
    origin = Origin("claude", ENDPOINT, model)
    stored = messages.to_json()
    try:
        encoded = encode(ChatRequest(messages), origin=origin, defaults=RequestDefaults(), stream=False)
        body = json.loads(dump(encoded.body))
    except ConfigurationError as error:
        assert _is_the_users(str(error), messages), str(error)  # noqa: PT017  most are sent
        return

    capabilities = Capabilities.of(model)
    turn = messages[-1].turn if messages[-1].role == "model" else None
    paused = turn is not None and turn.raw_finish_reason in PAUSED
    rules = {"prefill": capabilities.prefill, "system_turns": capabilities.system_turns, "paused": paused}
    assert broken_rules(body, **rules) == []
    assert messages.to_json() == stored


def _is_the_users(error: str, messages: Messages) -> bool:
    """Whether what an error refuses can only be something that the user has put in."""
    if "add_user" in error or "cache breakpoint" in error:
        return True
    others = [message for message in messages if message.role != "model"]
    if "cannot be written as JSON" in error:
        return "\\ud" in Messages(others).to_json().lower() or any(map(_is_cut, _texts(others)))
    return any(message.files for message in others if message.role == "user")


def _texts(messages: list[Message]) -> list[str]:
    return [
        str(getattr(part, name, ""))
        for message in messages
        for part in message.parts
        for name in ("text", "value", "name")
    ]


def _is_cut(text: str) -> bool:
    return any(0xD800 <= ord(character) < 0xE000 for character in text)
