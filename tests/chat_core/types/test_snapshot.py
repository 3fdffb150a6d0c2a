"""A snapshot of messages holds as long as nothing in them has changed, however small."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from chat_core import (
    Citation,
    Completed,
    File,
    Message,
    Native,
    Opaque,
    Origin,
    Structured,
    Text,
    ToolCall,
    Turn,
)
from chat_core.types.snapshot import Snapshot

ORIGIN = Origin("p", "e", "m")


def message() -> Message:
    deep: Any = {"deep": [{"signature": "s", "at": 0.0}, list[str]()], "none": None}
    return Message(
        "model",
        [
            Text("a", (Citation(raw={"n": 1}),), native=Native(ORIGIN, deep)),
            Structured({"value": [1, 2], "same": {"x": "y"}}),
            Opaque(Native(ORIGIN, {"type": "block"})),
            ToolCall("c", "add", {"a": 1, "b": {"c": 1.0}}, Completed({"sum": [2]}), edited={"a": 2}),
            ToolCall("d", "see", {}, Completed("x"), files=(File.from_bytes(b"x", "text/plain"),)),
        ],
        turn=Turn("stop"),
    )


CHANGES: dict[str, Callable[[Any], object]] = {
    "a part more": lambda m: m.parts.append(Text("b")),
    "a part less": lambda m: m.parts.pop(),
    "another part": lambda m: m.parts.__setitem__(0, Text("b")),
    "another order": lambda m: m.parts.reverse(),
    "other parts": lambda m: setattr(m, "parts", [Text("a")]),
    "another role": lambda m: setattr(m, "role", "user"),
    "interrupted": lambda m: setattr(m, "interrupted", True),
    "another turn": lambda m: setattr(m, "turn", Turn("length")),
    "native data, deep": lambda m: m.parts[0].native.data["deep"][0].update(signature="t"),
    "native data, a list": lambda m: m.parts[0].native.data["deep"][1].append("t"),
    "native data, the sign of nothing": lambda m: m.parts[0].native.data["deep"][0].update(at=-0.0),
    "native data, a key gone": lambda m: m.parts[0].native.data.pop("none"),
    "native data of a block": lambda m: m.parts[2].native.data.clear(),
    "a citation": lambda m: m.parts[0].citations[0].raw.update(n=2),
    "a value": lambda m: m.parts[1].value["value"].append(3),
    "a value, True for 1": lambda m: m.parts[1].value["value"].__setitem__(0, True),
    "a value, the order": lambda m: m.parts[1].value["value"].reverse(),
    "arguments, a key": lambda m: m.parts[3].arguments.update(a=2),
    "arguments, another key": lambda m: m.parts[3].arguments.update(z=m.parts[3].arguments.pop("b")),
    "arguments, deep": lambda m: m.parts[3].arguments["b"].update(d=1),
    "arguments, True for 1": lambda m: m.parts[3].arguments.update(a=True),
    "arguments, 1 for 1.0": lambda m: m.parts[3].arguments["b"].update(c=1),
    "arguments, the order": lambda m: m.parts[3].arguments.update(a=m.parts[3].arguments.pop("a")),
    "other arguments": lambda m: setattr(m.parts[3], "arguments", {}),
    "an edit": lambda m: m.parts[3].edited.update(a=3),
    "a result": lambda m: m.parts[3].status.result["sum"].append(1),
    "another status": lambda m: setattr(m.parts[3], "status", Completed(1)),
    "an equal status": lambda m: setattr(m.parts[3], "status", Completed({"sum": [2]})),
    "another name": lambda m: setattr(m.parts[4], "name", "look"),
    "files": lambda m: setattr(m.parts[4], "files", ()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_noticed(change: str) -> None:
    before, source, after = message(), message(), message()
    snapshot = Snapshot().extended([before, source, after])
    assert snapshot.holds([before, source, after])

    CHANGES[change](source)

    assert not snapshot.holds([before, source, after])
    assert Snapshot().extended([before, source, after]).holds([before, source, after])


def test_an_equal_object_in_place_of_another_is_watched_as_that_one_was() -> None:
    source = message()
    value: Any = source.parts[1].value  # type: ignore[union-attr]  # it is a value
    snapshot = Snapshot().extended([source])

    value["same"] = {"x": "y"}
    assert snapshot.holds([source])
    value["same"]["x"] = "z"

    assert not snapshot.holds([source])


def test_longer_snapshots_leave_shorter_ones_as_they_were() -> None:
    one, two = message(), message()
    short = Snapshot().extended([one])
    long = short.extended([two])

    assert (short.count, long.count) == (1, 2)
    assert short.holds([one])
    assert long.holds([one, two])
    assert not long.holds([one])
    assert not short.holds([one, two])
    two.parts.pop()
    assert short.holds([one])
    assert not long.holds([one, two])


def test_copies_of_calls_are_compared_too() -> None:
    copied = copy.deepcopy(message())
    snapshot = Snapshot().extended([copied])
    assert snapshot.holds([copied])

    copied.tool_calls[0].status = Completed("other")

    assert not snapshot.holds([copied])


@pytest.mark.parametrize(
    "part",
    [
        Structured(1, native=Native(ORIGIN, {"not JSON": object()})),  # type: ignore[dict-item]  # on purpose
        File.from_bytes(bytes((1 << 20) + 1), "image/png"),
    ],
)
def test_a_snapshot_ends_before_what_is_large_or_cannot_be_compared(part: Any) -> None:
    first = message()
    snapshot = Snapshot().extended([first, Message("user", [Text("see"), part]), message()])

    assert snapshot.count == 1
    assert snapshot.holds([first])
