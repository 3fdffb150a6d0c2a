"""A stored conversation: everything that goes in comes out, and what is none is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from chat_core import (
    Approved,
    AwaitingApproval,
    Citation,
    Completed,
    ConfigurationError,
    Failed,
    File,
    InvalidHistory,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Pending,
    Reasoning,
    Refusal,
    Rejected,
    Running,
    Scheduled,
    Structured,
    Text,
    ToolCall,
    Turn,
    Unknown,
    Usage,
)
from hypothesis import given, settings
from hypothesis import strategies as st

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(text, json_values, max_size=3)
natives = st.none() | st.builds(Native, st.builds(Origin, text, text, text), objects)
maybe = st.none() | text
times = st.datetimes(
    timezones=st.just(UTC) | st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes)))
)
statuses = st.one_of(
    st.builds(Pending),
    st.builds(AwaitingApproval, maybe),
    st.builds(Scheduled, times),
    st.builds(Approved),
    st.builds(Unknown),
    st.builds(Completed, json_values),
    st.builds(Failed, text),
    st.builds(Rejected, maybe),
)
files = st.one_of(
    st.builds(
        File,
        maybe,
        st.binary(max_size=20),
        name=maybe,
        transcript=maybe,
        preview=st.booleans(),
        native=natives,
    ),
    st.builds(File, maybe, url=text),
    st.builds(File, maybe, id=text),
)
counts = st.none() | st.integers(0, 10**9)
parts_of_anybody = st.one_of(
    st.builds(
        Text,
        text,
        st.lists(st.builds(Citation, maybe, maybe, maybe, counts, counts, objects), max_size=2).map(tuple),
        aside=st.booleans(),
        native=natives,
    ),
    st.builds(Reasoning, text, native=natives),
    st.builds(Refusal, text, native=natives),
    st.builds(Structured, json_values, maybe, native=natives),
    st.builds(Opaque, st.builds(Native, st.builds(Origin, text, text, text), objects)),
    files,
)
calls = st.builds(
    ToolCall,
    text,
    text,
    objects,
    statuses,
    edited=st.none() | objects,
    files=st.lists(files, max_size=2).map(tuple),
    arguments_text=maybe,
    native=natives,
)
reasons = st.sampled_from(["stop", "length", "tool_calls", "content_filter", "refusal", "other"])
usages = st.builds(Usage, counts, counts, counts, counts, counts, counts, objects)
turns = st.none() | st.builds(Turn, reasons, maybe, usages, maybe, maybe)
messages_of = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user"]),
        st.lists(parts_of_anybody, max_size=4),
        turn=turns,
        interrupted=st.booleans(),
    )
    | st.builds(
        Message,
        st.just("model"),
        st.lists(parts_of_anybody | calls, max_size=4),
        turn=turns,
        interrupted=st.booleans(),
    ),
    max_size=4,
).map(Messages)


@settings(deadline=None)  # the first example pays for the reader
@given(messages_of)
def test_whatever_is_stored_comes_back(messages: Messages) -> None:
    stored = messages.to_json()

    assert Messages.from_json(stored) == messages
    assert Messages.from_json(stored.encode()) == messages
    assert Messages.from_json(json.loads(stored)) == messages
    assert (
        Messages.from_json(stored).to_json() == stored
    )  # also what equality leaves out: raw data, and 1 being no True


def test_a_call_that_was_running_comes_back_as_unknown() -> None:
    messages = Messages([Message("model", [ToolCall("a", "pay", {"sum": 3}, Running())])])

    [call] = Messages.from_json(messages.to_json()).pending

    assert (call.id, call.arguments, call.status) == ("a", {"sum": 3}, Unknown())
    assert messages.find_tool("a").status == Running()  # storing changes nothing


def test_the_version_is_a_small_number_at_the_top() -> None:
    assert json.loads(Messages().to_json()) == {"version": 1, "messages": [], "revision": 0}


def test_a_newer_version_is_refused_as_such_whatever_it_looks_like_inside() -> None:
    for stored in ('{"version": 2, "messages": []}', '{"version": 2, "turns": [{"speaker": "model"}]}'):
        with pytest.raises(
            InvalidHistory, match="written as version 2, this library reads version 1: upgrade it"
        ):
            Messages.from_json(stored)


def test_fields_of_the_future_are_passed_over() -> None:
    stored = {
        "version": 1,
        "mood": "good",
        "messages": [
            {"role": "user", "weather": 1, "parts": [{"type": "text", "text": "hi", "tone": {"warm": True}}]}
        ],
    }

    assert Messages.from_json(stored) == Messages.from_user("hi")
    assert Messages.from_json(json.dumps(stored)) == Messages.from_user("hi")


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("not json", "Invalid JSON"),
        ("", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        ("[]", "object"),
        ("{}", "version"),
        ('{"version": 1}', "messages"),
        (
            '{"version": 1, "messages": [{"role": "robot"}]}',
            r"messages\.0\.role.*'system', 'user' or 'model'",
        ),
        (
            '{"version": 1, "messages": [{"role": "user", "parts": [{"type": "hologram"}]}]}',
            r"messages\.0\.parts\.0\b",
        ),
        (
            '{"version": 1, "messages": [{"role": "user", "parts": [{"type": "file", "mimetype": '
            '"image/png"}]}]}',
            "a File is its data, a url or an id",
        ),
    ],
)
def test_what_is_no_stored_conversation_is_refused_with_the_place(stored: str | bytes, said: str) -> None:
    with pytest.raises(InvalidHistory, match=rf"not a stored conversation: .*{said}"):
        Messages.from_json(stored)


def test_times_keep_their_zone() -> None:
    until = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    messages = Messages([Message("model", [ToolCall("a", "t", {}, Scheduled(until))])])

    assert Messages.from_json(messages.to_json()).next_wake() == until


def test_metadata_is_stored_with_the_conversation_and_raises_its_revision() -> None:
    messages = Messages.from_user("Hi")
    before = messages.revision

    messages.set_metadata("user", {"id": 7, "tags": ["a"]})

    assert messages.revision == before + 1
    restored = Messages.from_json(messages.to_json())
    assert restored.metadata == {"user": {"id": 7, "tags": ["a"]}}
    assert restored.revision == messages.revision
    messages.set_metadata("user", None).set_metadata("unknown", None)
    assert (messages.metadata, messages.revision) == ({}, before + 2)
    assert "metadata" not in json.loads(messages.to_json())


def test_metadata_that_cannot_be_json_is_refused() -> None:
    messages = Messages.from_user("Hi")
    circle: list[object] = []
    circle.append(circle)

    with pytest.raises(ConfigurationError, match=r"set_metadata\('user', value\): it cannot be JSON"):
        messages.set_metadata("user", circle)
    with pytest.raises(ConfigurationError, match="not an empty one"):
        messages.set_metadata(" ", 1)
    with pytest.raises(TypeError):
        messages.metadata["user"] = 1  # type: ignore[index]
    with pytest.raises(InvalidHistory, match="metadata"):
        Messages.from_json({"version": 1, "messages": [], "metadata": [1]})
