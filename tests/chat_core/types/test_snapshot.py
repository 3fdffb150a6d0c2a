"""A snapshot of messages holds as long as nothing in them has changed, however small."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from chat_core import Completed, File, Message, Structured, Text
from chat_core.types.snapshot import Snapshot
from message_changes import CHANGES, NATIVE, message


def snapshot_of(*messages: Message) -> Snapshot:
    snapshot = Snapshot()
    assert snapshot.extend(messages) == len(messages)
    return snapshot


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_noticed(change: str) -> None:
    messages = [message(), message(), message()]
    snapshot = snapshot_of(*messages)
    assert snapshot.holds(messages)

    CHANGES[change](messages[1])

    assert not snapshot.holds(messages)
    assert snapshot_of(*messages).holds(messages)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_another_message_is_none_of_these(change: str) -> None:
    messages, other = [message()], message()
    snapshot, other_snapshot = snapshot_of(*messages), snapshot_of(other)

    CHANGES[change](other)

    assert snapshot.holds(messages)
    assert not other_snapshot.holds([other])


UNCHANGED: dict[str, Callable[[Any], object]] = {
    "the same role": lambda m: setattr(m, "role", "model"),
    "the same parts": lambda m: setattr(m, "parts", m.parts),
    "the same turn": lambda m: setattr(m, "turn", m.turn),
    "an equal text in JSON": lambda m: m.parts[3].status.result.update({"text": "".join(("i", "t"))}),
}


@pytest.mark.parametrize("change", UNCHANGED)
def test_what_is_set_to_what_it_was_is_no_change(change: str) -> None:
    source = message()
    source.tool_calls[0].status = Completed({"sum": [2], "text": "it"})
    snapshot = snapshot_of(source)

    UNCHANGED[change](source)

    assert snapshot.holds([source])


def test_an_equal_object_in_place_of_another_is_watched_as_that_one_was() -> None:
    source = message()
    value: Any = source.parts[1].value  # type: ignore[union-attr]  # it is a value
    snapshot = snapshot_of(source)

    value["same"] = {"x": "y"}
    assert snapshot.holds([source])
    value["same"]["x"] = "z"

    assert not snapshot.holds([source])


def test_other_messages_are_not_those_of_a_snapshot() -> None:
    one, two = message(), message()
    snapshot = snapshot_of(one)
    assert snapshot.extend([two]) == 1

    assert snapshot.count == 2
    assert snapshot.holds([one, two])
    assert not snapshot.holds([one])
    assert not snapshot.holds([one, two, message()])
    assert not snapshot.holds([one, Message("user", [Text("b")])])


def test_copies_of_calls_are_compared_too() -> None:
    copied = copy.deepcopy(message())
    snapshot = snapshot_of(copied)
    assert snapshot.holds([copied])

    copied.tool_calls[0].status = Completed("other")

    assert not snapshot.holds([copied])


@pytest.mark.parametrize(
    "part",
    [
        Structured(1, native=NATIVE),
        File.from_bytes(bytes((1 << 20) + 1), "image/png"),
    ],
)
def test_a_snapshot_ends_before_what_is_large_or_cannot_be_compared(part: Any) -> None:
    first, snapshot = message(), Snapshot()

    assert snapshot.extend([first, Message("user", [Text("see"), part]), message()]) == 1
    assert snapshot.holds([first])
