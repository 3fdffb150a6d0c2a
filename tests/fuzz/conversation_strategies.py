"""Random conversations, as the engine can produce and restore them, for the fuzz tests of encoders."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import (
    Citation,
    Completed,
    Failed,
    File,
    JsonValue,
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
    Turn,
    cache_point,
)
from hypothesis import strategies as st

ELSEWHERE = Origin("acme", "https://acme.example", "acme-1")

texts = st.one_of(
    st.sampled_from(
        ["", " ", "\n\n", "Hello", "\u2028", "a\x00b", "ü€😀", "null", "{}", "x" * 5000, " trailing  "]
    ),
    st.text(max_size=20),
)
ids = st.one_of(
    st.sampled_from(["", "c1", "c.1", "call:1", "ü", "x" * 200, "a b", "\x00"]), st.text(max_size=8)
)
names = st.one_of(
    st.sampled_from(
        ["add", "get_weather<|channel|>commentary", "a.b", "x" * 100, "nova_grounding", "", "wetter-ü"]
    ),
    st.text(max_size=8),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | texts,
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
json_objects = st.dictionaries(st.text(max_size=5), json_values, max_size=3)
results = st.one_of(texts, json_values, json_objects)
statuses = st.one_of(results.map(Completed), texts.map(Failed), st.none().map(Rejected), texts.map(Rejected))


def json_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[JsonValue]:
    """Return JSON values with these texts, also as keys."""
    numbers = st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | numbers | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=6,
    )


images = st.sampled_from(
    [
        File.from_bytes(b"\x89PNG\r\n\x1a\n rest", name="a.png"),
        File.from_bytes(b"\xff\xd8\xff rest", "image/png", name="wrong.png"),
        File.from_bytes(b"<svg/>", "image/svg+xml"),
        File.from_url("https://host.example/a.jpg"),
        File.from_url("s3://bucket/a.png"),
    ]
)
documents = st.sampled_from(
    [
        File.from_bytes(b"%PDF-1.4", name="a.pdf"),
        File.from_bytes(b"%PDF-1.4", name="a.pdf"),
        File.from_bytes(b"x = 1", "text/x-python", name="../ü_x.py"),
        File.from_bytes(b"{}", "application/json; charset=utf-8"),
        File.from_bytes(b"\x00", "application/octet-stream", name="what"),
        File.from_bytes(b"", "text/plain"),
        File.from_id("file_1", "application/pdf"),
        File.from_url("gs://bucket/a.pdf"),
    ]
)
sounds = st.sampled_from(
    [
        File.from_bytes(b"ID3", "audio/mpeg"),
        File.from_bytes(b"RIFF    WAVE", "audio/x-wav"),
        File(mimetype="video/mp4", data=b"v"),
    ]
)
files = st.one_of(images, documents, sounds)


def natives(origin: Origin, datas: Sequence[dict]) -> st.SearchStrategy[Native]:
    """Native data of this provider and of another, well-formed and not."""
    return st.builds(
        Native, st.sampled_from([origin, ELSEWHERE]), st.one_of(st.sampled_from(list(datas)), json_objects)
    )


def model_parts(origin: Origin, datas: Sequence[dict]) -> st.SearchStrategy[Part]:
    """What a model sends, with calls that are resolved."""
    native = st.none() | natives(origin, datas)
    calls = st.builds(
        ToolCall,
        ids,
        names,
        json_objects,
        statuses,
        files=st.lists(files, max_size=2).map(tuple),
        native=native,
    )
    citations = st.lists(st.builds(Citation, raw=json_objects), max_size=1).map(tuple)
    return st.one_of(
        st.builds(Text, texts, citations, aside=st.booleans(), native=native),
        st.builds(Reasoning, texts, native=native),
        calls,
        calls,
        st.builds(Refusal, texts),
        st.builds(Structured, json_values),
        natives(origin, datas).map(Opaque),
        images,
    )


def conversations(
    origin: Origin, datas: Sequence[dict], user_files: st.SearchStrategy[File]
) -> st.SearchStrategy[Messages]:
    """Conversations in any order of turns. `user_files` are those that the wire takes from users."""
    user_parts = st.one_of(
        st.builds(Text, texts),
        st.builds(Structured, json_values),
        user_files,
        natives(origin, datas).map(Opaque),
        st.sampled_from([None, "30m", "1h", "12h"]).map(cache_point),
    )
    turns = st.builds(
        Message,
        st.just("model"),
        st.lists(model_parts(origin, datas), max_size=4),
        turn=st.none() | st.just(Turn("stop", "end_turn")),
        interrupted=st.booleans(),
    )
    users = st.builds(Message, st.just("user"), st.lists(user_parts, min_size=1, max_size=3))
    systems = st.builds(Message, st.just("system"), st.lists(st.builds(Text, texts), min_size=1, max_size=2))
    first = st.just(Message("user", [Text("Hello")]))
    return st.builds(
        lambda start, rest: Messages([*start, *rest]),
        st.lists(first, max_size=1),
        st.lists(st.one_of(turns, turns, users, systems), max_size=6),
    ).map(_with_distinct_ids)


def _with_distinct_ids(messages: Messages) -> Messages:
    """The engine keeps the ids of calls unique in a conversation."""
    seen: set[str] = set()
    for call in messages.calls:
        while call.id in seen or not call.id:
            call.id += "x"
        seen.add(call.id)
    return messages


def has_content(message: Message) -> bool:
    """Whether anything of a message is sent: blank text is not, nor what only another provider reads."""
    if message.role == "system":
        return False
    if message.role == "user":
        return bool(message.files or message.text.strip())
    return bool(message.tool_calls or message.text.strip() or (message.refusal or "").strip())
