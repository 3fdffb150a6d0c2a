"""Random conversations, as applications, models and the engine can make them.

    from histories import histories

    @given(histories())
    def test_...(messages: Messages) -> None: ...

`histories()` is a hypothesis strategy of `Messages`: every part kind, every status, odd texts, ids and names,
files of every kind in users' messages and in tool results, cut turns, and native data of every provider (of
`ORIGINS`), in orders that the engine can produce: calls are in the model's messages, their ids are unique,
and a call is open only in the last message of the model. `histories(open_calls=False)` has no call that
waits, and so can be sent.

The smaller strategies (`texts`, `json_values`, `files`, `parts_of_a_user`, `turns`, …) may be used alone.
Equal conversations after storing are what `test_store.py` holds; a test of a wire checks the body with its
rules.
"""

from __future__ import annotations

from datetime import UTC, datetime

from chat_core import (
    Approved,
    AwaitingApproval,
    AwaitingResult,
    Citation,
    Completed,
    Failed,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Pending,
    Reasoning,
    Refusal,
    Rejected,
    Scheduled,
    Structured,
    Text,
    ToolCall,
    ToolStatus,
    Turn,
    Unknown,
    Usage,
    cache_point,
)
from hypothesis import strategies as st

ORIGINS = (
    Origin("claude", "https://api.anthropic.com", "claude-opus-5-5"),
    Origin("claude-request", "", ""),
    Origin("openai", "https://api.openai.com/v1", "gpt-5.6"),
    Origin("responses", "http://localhost:8000/v1", "gpt-oss"),
    Origin("gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini-3-pro"),
    Origin("chat-completions", "https://api.deepseek.com", "deepseek-v4"),
    Origin("ollama", "http://localhost:11434", "llama4"),
    Origin("", "", ""),
)

# What is known to break something somewhere: empty, blank, control characters, halves of a character,
# separators of lines that JavaScript knows and JSON does not, texts that look like markup or JSON, and one
# that is long.
ODD_TEXTS = (
    *(
        "",
        " ",
        "\n\n",
        "\t",
        "\r\n",
        "\x00",
        "a\x00b",
        "\x1b[31m",
        "\x7f",
        "\ufeff",
        "\u200b",
        "\u2028",
        "\u2029",
    ),
    *("\ud83d", "a\ude00", "\udcff", "\ud83d \ude00", "🦙", "e\u0301", "\uffff", "\U0010ffff"),
    *(
        "null",
        "{}",
        "[]",
        '"',
        "\\",
        "\\ud83d",
        "<think>",
        "</think>",
        "<|im_end|>",
        "data: [DONE]",
        "```json\n{}\n```",
    ),
    *("Hello, you there!", "ünïcödé", "a" * 3000),
)
LONG_TEXT = "0123456789 " * 100_000
ODD_NAMES = (
    *("add", "get_weather", "a.b", "a-b", "a b", "", " ", "ü", "n" * 64, "n" * 65, "functions.add"),
    *(
        "get_weather<|channel|>commentary",
        "web_search",
        "json_tool_call",
        "multi_tool_use.parallel",
        "__proto__",
    ),
)
ODD_IDS = (
    *(
        "call_1",
        "toolu_01A",
        "functions.add:0",
        "a|b",
        "x" * 64,
        "x" * 300,
        "ü",
        " ",
        "-",
        "0",
        "fc_1|call_1",
        "\u2028",
    ),
)
NUMBERS = (0, -1, 1, 2**53, 2**63, -(2**64), 10**30, 0.0, -0.0, 0.1, 1e22, 5e-324, 1.7976931348623157e308)

texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=20) | st.text(st.characters(), max_size=5)
names = st.sampled_from(ODD_NAMES) | texts
ids = st.sampled_from(ODD_IDS) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
maybe = st.none() | texts
keys = st.sampled_from(("a", "b", "", "title", "type", "$ref", "ü", "__proto__", "\u2028")) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=10
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(keys, json_values, max_size=3)
natives = st.none() | st.builds(Native, st.sampled_from(ORIGINS), objects)

CONTENTS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"%PDF-1.7"),
    *(
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"ID3\x04",
        b"OggS",
        b"\x00\x00\x00\x18ftypmp42",
        b"text",
        b"",
        b"\x00\xff",
    ),
)
MIMETYPES = (
    *("image/png", "image/jpeg", "image/jpg", "IMAGE/PNG", "image/webp", "image/tiff", "image/svg+xml"),
    *("audio/wav", "audio/x-wav", "audio/mpeg", "audio/L16;rate=24000", "video/mp4", "video/quicktime"),
    *("application/pdf", "text/plain", "text/csv; charset=utf-8", "application/json", "application/zip"),
    *("application/octet-stream", "", "odd"),
)
mimetypes = st.sampled_from(MIMETYPES) | st.none()
urls = st.sampled_from(
    (
        "https://example.com/cat.png",
        "http://example.com/a?b=c#d",
        "gs://bucket/file.pdf",
        "https://example.com/x",
    )
)
files = st.one_of(
    st.builds(
        File, mimetypes, st.sampled_from(CONTENTS) | st.binary(max_size=20), name=maybe, native=natives
    ),
    st.builds(File, mimetypes, url=urls, name=maybe),
    st.builds(File, mimetypes, id=ids),
    st.builds(File, mimetypes, st.sampled_from(CONTENTS), transcript=texts, preview=st.booleans()),
)
counts = st.none() | st.integers(0, 10**9)
citations = st.builds(Citation, maybe, maybe, maybe, counts, counts, objects)
text_parts = st.builds(
    Text, texts, st.lists(citations, max_size=2).map(tuple), aside=st.booleans(), native=natives
)
structured = st.builds(Structured, json_values, maybe, native=natives)
opaque = st.builds(Opaque, st.builds(Native, st.sampled_from(ORIGINS), objects))

points = st.sampled_from([None, "5m", "30m", "1h", "12h"]).map(cache_point)

parts_of_a_system = text_parts | structured | points
parts_of_a_user = text_parts | structured | files | opaque | points
parts_of_a_model = st.one_of(
    text_parts,
    st.builds(Reasoning, texts, native=natives),
    st.builds(Refusal, texts, native=natives),
    structured,
    opaque,
    files,
    points,
)

resolved: st.SearchStrategy[ToolStatus] = st.one_of(
    st.builds(Completed, json_values), st.builds(Failed, texts), st.builds(Rejected, maybe)
)
unresolved: st.SearchStrategy[ToolStatus] = st.one_of(
    st.just(Pending()),
    st.just(Approved()),
    st.just(Unknown()),
    st.builds(AwaitingApproval, maybe),
    st.builds(AwaitingResult, maybe),
    st.builds(Scheduled, st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2))),
)


def calls(statuses: st.SearchStrategy[ToolStatus] = resolved) -> st.SearchStrategy[ToolCall]:
    """Return a strategy of calls whose ids are made unique by `histories`."""
    return st.builds(
        ToolCall,
        ids,
        names,
        objects,
        statuses,
        edited=st.none() | objects,
        approved_by=maybe,
        files=st.lists(files, max_size=2).map(tuple),
        arguments_text=maybe,
        key=st.none() | ids,
        native=natives,
    )


reasons = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "refusal", "other"])
usages = st.builds(Usage, counts, counts, counts, counts, counts, counts, objects)
turns = st.none() | st.builds(Turn, reasons, maybe, usages, maybe, maybe)


def model_messages(statuses: st.SearchStrategy[ToolStatus] = resolved) -> st.SearchStrategy[Message]:
    """Return a strategy of the model's messages, whole and cut."""
    return st.builds(
        Message,
        st.just("model"),
        st.lists(parts_of_a_model | calls(statuses), max_size=4),
        turn=turns,
        interrupted=st.booleans(),
    )


messages_of_others = st.one_of(
    st.builds(Message, st.just("user"), st.lists(parts_of_a_user, min_size=1, max_size=3)),
    st.builds(Message, st.just("system"), st.lists(parts_of_a_system, min_size=1, max_size=2)),
)


def histories(*, open_calls: bool = True, max_size: int = 6) -> st.SearchStrategy[Messages]:
    """Return a strategy of conversations; with `open_calls`, the last message may have calls that are not
    resolved.
    """
    past = st.lists(messages_of_others | model_messages(), max_size=max_size)
    last = model_messages(resolved | unresolved) if open_calls else messages_of_others
    return st.builds(_conversation, past, st.none() | last)


def _conversation(past: list[Message], last: Message | None) -> Messages:
    messages = Messages([*past, *([last] if last is not None else [])])
    taken: set[str] = set()
    for call in messages.calls:
        while call.id in taken:
            call.id += "'"
        taken.add(call.id)
    return messages
