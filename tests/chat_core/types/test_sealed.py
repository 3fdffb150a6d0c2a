"""What is sealed is handed out as a copy, once, and what is done to that is noticed."""

from __future__ import annotations

import copy
import json
import pickle
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from chat_core import (
    Citation,
    Completed,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.arguments_text import are_written_as
from chat_core.types.seal_turn import seal_turn
from chat_core.types.sealed import is_sealed, peek
from chat_core.types.snapshot import Snapshot
from chat_core.types.stored import dump
from chat_core.types.written_form import written_form
from chat_core.wire import tool_call

ORIGIN = Origin("p", "e", "m")


def native(**data: Any) -> Native:
    return Native(ORIGIN, data)


def turn() -> Message:
    """Return a turn with JSON in all places, as a decoder makes it."""
    call = tool_call("c", "look", '{"at": [1, {"x": 1.0}]}', native(id="f"))
    call.status = Completed({"seen": [True]})
    parts = [
        Reasoning("hm", native=native(sealed="s")),
        Text("ü", (Citation(url="u", raw={"at": [1]}),), native=native(content=[{"type": "text"}])),
        call,
        Opaque(native(type="search", results=[{"url": "u"}])),
        File("text/plain", b"x", native=native(id="file")),
    ]
    return Message("model", parts, turn=Turn("tool_calls", usage=Usage(1, 2, raw={"in": {"cached": 1}})))


def sealed() -> Message:
    return seal_turn(turn())


JSON: dict[str, Callable[[Message], Any]] = {
    "native data of reasoning": lambda m: m.parts[0].native.data,
    "native data of a text": lambda m: m.parts[1].native.data["content"][0],
    "a citation": lambda m: m.parts[1].citations[0].raw["at"],
    "arguments": lambda m: m.tool_calls[0].arguments["at"],
    "nested arguments": lambda m: m.tool_calls[0].arguments["at"][1],
    "native data of a call": lambda m: m.tool_calls[0].native.data,
    "a result": lambda m: m.tool_calls[0].status.result["seen"],
    "an opaque block": lambda m: m.parts[3].native.data["results"],
    "native data of a file": lambda m: m.files[0].native.data,
    "the parts": lambda m: m.parts,
    "raw usage": lambda m: m.turn.usage.raw["in"],
}


def change(value: Any) -> None:
    if isinstance(value, dict):
        value["more"] = 1
    else:
        value.append(Text("more") if value and isinstance(value[0], Reasoning) else 1)


def test_a_sealed_turn_is_as_it_was_before() -> None:
    message, before = sealed(), turn()
    message.tool_calls[0].key = before.tool_calls[0].key

    assert message == before
    assert repr(sealed()) == repr(before)
    assert (sealed().text, sealed().reasoning, sealed().files) == (before.text, "hm", before.files)
    assert message.tool_calls[0].arguments_as_text() == '{"at": [1, {"x": 1.0}]}'


def test_looking_at_it_leaves_it_sealed_and_reading_does_not() -> None:
    message = sealed()
    text, call = peek(message)[1], message.tool_calls[0]
    assert isinstance(text, Text)
    assert text.native is not None
    assert message.turn is not None
    owners: list[Any] = [message, text.native, text.citations[0], call, message.turn.usage]

    for owner in owners:
        looked_at = peek(owner)
        assert is_sealed(owner)
        read = getattr(owner, owner.SEALED)
        assert not is_sealed(owner)
        assert read is getattr(owner, owner.SEALED) is peek(owner)
        assert read is not looked_at
        assert list(read) == list(looked_at)


def test_whoever_made_it_changes_nothing_by_what_is_left_in_other_hands() -> None:
    data: dict[str, Any] = {"items": [{"a": 1}]}
    message = seal_turn(Message("model", [Text("a", native=Native(ORIGIN, data))]))

    data["items"][0]["a"] = 2

    assert message.parts[0].native is not None
    assert message.parts[0].native.data == {"items": [{"a": 1}]}


@pytest.mark.parametrize("place", JSON)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_snapshot_notices_a_change_in_place(place: str, when: str, whole: bool) -> None:
    messages = [sealed(), sealed(), sealed()]
    value: Any = None
    if when == "before":
        value = JSON[place](messages[1])
    snapshot = Snapshot(whole=whole)
    assert snapshot.extend(messages) == 3
    if when == "after":
        value = JSON[place](messages[1])
    assert snapshot.holds(messages)
    assert snapshot.holds(messages)

    change(value)

    assert snapshot.holds(messages) == (place == "raw usage" and not whole)


@pytest.mark.parametrize("place", JSON)
def test_a_snapshot_notices_what_is_changed_as_soon_as_it_is_read(place: str) -> None:
    messages = [sealed(), sealed()]
    snapshot = Snapshot(whole=True)
    snapshot.extend(messages)

    change(JSON[place](messages[1]))

    assert not snapshot.holds(messages)


@pytest.mark.parametrize("value", [1, True, 1.0])
def test_a_number_of_another_type_is_a_change(value: object) -> None:
    message = seal_turn(Message("model", [Text("a", native=native(n=1))]))
    snapshot = Snapshot()
    snapshot.extend([message])

    message.parts[0].native.data["n"] = value  # type: ignore[union-attr, assignment]  # it is there

    assert snapshot.holds([message]) == (value is 1)  # noqa: F632  the very same


def test_an_equal_part_or_object_in_place_of_another_is_a_change() -> None:
    def replaced(message: Message) -> None:
        message.parts[0] = replace(message.parts[0])  # type: ignore[type-var]  # it is a part

    def set_anew(message: Message) -> None:
        message.tool_calls[0].arguments = copy.deepcopy(message.tool_calls[0].arguments)

    for one in (replaced, set_anew):
        message = sealed()
        snapshot = Snapshot()
        snapshot.extend([message])
        one(message)
        assert not snapshot.holds([message])


def test_what_contains_itself_is_a_change() -> None:
    message = sealed()
    snapshot = Snapshot()
    snapshot.extend([message])

    arguments: Any = message.tool_calls[0].arguments
    arguments["at"].append(arguments)

    assert not snapshot.holds([message])


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_and_pickles_are_not_sealed(copied: Callable[[Message], Message]) -> None:
    message = sealed()
    made = copied(message)
    assert made == message
    snapshot = Snapshot(whole=True)
    snapshot.extend([made])

    change(made.parts)

    assert not snapshot.holds([made])


def test_a_shallow_copy_shares_what_the_original_has() -> None:
    one = sealed().tool_calls[0]
    other = copy.copy(one)
    snapshot = Snapshot()
    message = Message("model", [one])
    snapshot.extend([message])

    change(other.arguments)

    assert one.arguments == other.arguments
    assert not snapshot.holds([message])


def test_storing_leaves_all_of_it_sealed() -> None:
    message = sealed()
    messages = Messages([message])

    stored = messages.to_json()

    call = message.tool_calls[0]
    assert call.native is not None
    assert is_sealed(message)
    assert is_sealed(call)
    assert is_sealed(call.native)
    assert stored == dump([message], messages.revision)
    assert written_form(message) is message  # nothing is sealed any more


@pytest.mark.parametrize("place", JSON)
def test_what_is_restored_from_text_is_sealed_and_what_is_restored_from_an_object_is_not(place: str) -> None:
    stored = Messages([sealed(), sealed()]).to_json()
    restored, parsed = Messages.from_json(stored), json.loads(stored)
    before = restored.to_json()
    assert is_sealed(restored[0])
    assert not is_sealed(Messages.from_json(parsed)[0])
    assert restored == Messages.from_json(parsed) == Messages([sealed(), sealed()])

    restored = Messages.from_json(stored)
    for _ in range(3):
        assert restored.to_json() == before
    change(JSON[place](restored[0]))

    assert restored.to_json() != before
    assert restored.to_json() == dump([*restored], restored.revision)


def test_the_text_of_arguments_is_sent_only_as_long_as_they_are_those_of_the_text() -> None:
    for call in (sealed().tool_calls[0], turn().tool_calls[0]):
        text = call.arguments_text or ""
        assert call.arguments_as_text() is text
        arguments: Any = call.arguments
        assert call.arguments_as_text() is text

        arguments["at"].append(2)
        assert call.arguments_as_text() == '{"at": [1, {"x": 1.0}, 2]}'
        arguments["at"].pop()
        assert are_written_as(call, text)


def test_all_threads_are_handed_the_same() -> None:
    for _ in range(20):
        message = sealed()
        call = message.tool_calls[0]
        begin, found = threading.Barrier(8), list[Any]()

        def read(call: ToolCall = call, begin: threading.Barrier = begin, found: list[Any] = found) -> None:
            begin.wait()
            found.append(call.arguments)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert all(one is call.arguments for one in found)


def test_what_is_nested_too_deeply_is_left_as_it_is() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    message = seal_turn(Message("model", [Text("a", native=Native(ORIGIN, deep))]))

    assert not is_sealed(message)
    while deep:  # one after the other: the interpreter would free them within each other
        deep = deep.pop("a")


def test_an_object_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError, match="'Message' object has no attribute 'role_of'"):
        _ = sealed().role_of  # type: ignore[attr-defined]  # it is not there
    with pytest.raises(AttributeError):
        _ = object.__new__(Native).data
