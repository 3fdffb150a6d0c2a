"""What is known of a conversation's calls is read once, and is what a walk over all messages gives."""

from __future__ import annotations

import copy
import pickle

import pytest
from chat_core import Completed, Message, Messages, Pending, Text, ToolCall
from chat_core.types.call_changes import changes_of
from chat_core.types.conversation import call_index
from chat_core.wire import CallIds


def turn(number: int, *, resolved: bool = True) -> Message:
    status = Completed("seen") if resolved else Pending()
    call = ToolCall(f"c{number}", "look", {"at": number}, status)
    return Message("model", [Text("Looking."), call])


def walked(messages: Messages) -> int:
    return sum(changes_of(call) for call in messages.calls)


def test_the_revision_rises_with_each_change_of_a_call_also_of_one_that_was_read_long_ago() -> None:
    messages = Messages()
    seen = [0, *(messages.append(turn(number)).revision for number in range(5))]
    messages.append(turn(5, resolved=False))
    seen.append(messages.revision)
    for change in ("status", "attempts"):
        setattr(messages.find_tool("c5"), change, Completed("seen") if change == "status" else 1)
        seen.append(messages.revision)
    messages.find_tool("c1").status = Completed("another")
    seen.append(messages.revision)

    assert seen == sorted(set(seen))
    assert call_index(messages).changes(messages) == walked(messages)


def test_an_id_is_taken_as_long_as_a_call_has_it() -> None:
    messages = Messages([turn(0), turn(1, resolved=False)])
    assert CallIds(messages).claim("c0") != "c0"
    assert CallIds(messages).claim("c1") != "c1"
    assert CallIds(messages).claim("c2") == "c2"

    messages[0].tool_calls[0].id = "c2"

    assert CallIds(messages).claim("c2") != "c2"
    assert CallIds(messages).claim("c0") == "c0"


def test_copies_start_anew_and_have_the_same_revision() -> None:
    messages = Messages([turn(0)])
    assert messages.revision == 0
    for copied in (copy.copy(messages), copy.deepcopy(messages), pickle.loads(pickle.dumps(messages))):
        assert copied.revision == messages.revision
        assert CallIds(copied).claim("c0") != "c0"


def test_each_message_is_read_once_however_often_the_index_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    of_message = Message.tool_calls.fget  # type: ignore[attr-defined]  # a property

    def counted(message: Message) -> list[ToolCall]:
        read.append(id(message))
        return of_message(message)

    messages = Messages()
    monkeypatch.setattr(Message, "tool_calls", property(counted))
    for number in range(100):
        messages.append(turn(number))
        for _ in range(3):
            _ = messages.revision
            CallIds(messages).claim("other")

    assert len(read) == 100
