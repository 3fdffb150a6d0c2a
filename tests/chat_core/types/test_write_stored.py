"""What is stored is written once, and is what a conversation that was never stored gives."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from chat_core import (
    Completed,
    File,
    Message,
    Messages,
    Native,
    Origin,
    Structured,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.call_status import Running
from chat_core.types.conversation import kept_encoders
from chat_core.types.input_request import InputRequest
from chat_core.types.stored import dump
from chat_core.types.stored import stored_adapter as adapter

ORIGIN = Origin("p", "e", "m")


def conversation() -> Messages:
    messages = Messages.from_system("Be brief.").add_user("Look.", File.from_bytes(b"x", "text/plain"))
    call = ToolCall("c", "look", {"at": [1, 1.0]}, Completed({"seen": None}), key="k")
    call.input_request = InputRequest("Which?", values={"which": 1})
    turn = Turn("tool_calls", usage=Usage(1, 2, raw={"in": 1}), id="r")
    messages.append(Message("model", [Text("ü", native=Native(ORIGIN, {"id": "m"})), call], turn=turn))
    messages.append(Message("model", [Structured({"a": 1}, '{"a": 1}')], turn=Turn("stop")))
    return messages


def anew(messages: Messages) -> str:
    """Return the stored form as it is written without anything from before."""
    return dump(list(messages), messages.revision, None, dict(messages.metadata))


CHANGES: dict[str, Callable[[Any], object]] = {
    "a message": lambda m: m.add_user("more"),
    "metadata": lambda m: m.set_metadata("user", {"id": 1}),
    "the raw usage of a turn": lambda m: m[2].turn.usage.raw.update(out=2),
    "a value that has a text": lambda m: m[3].parts[0].value.update(a=2),
    "values that a person gave": lambda m: m.find_tool("c").input_request.values.update(which=2),
    "a field of a call": lambda m: setattr(m.find_tool("c"), "attempts", 2),
    "a result": lambda m: m.find_tool("c").status.result.update(seen=True),
    "native data": lambda m: m[2].parts[0].native.data.update(id="n"),
    "half a surrogate pair": lambda m: m.add_user("\ud83d"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_conversation_is_stored_as_it_is_whatever_was_stored_before(change: str) -> None:
    messages, before = conversation(), ""
    for _ in range(3):
        before = messages.to_json()
        assert before == anew(messages)

    CHANGES[change](messages)

    assert messages.to_json() == anew(messages) != before
    copied = copy.deepcopy(list(messages))
    assert messages.to_json() == dump(copied, messages.revision, None, dict(messages.metadata))


def test_each_message_is_written_once_but_for_those_with_an_open_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[int] = []
    messages, of_message = conversation(), adapter(Message)

    class Counting:
        def dump_json(self, message: Message) -> bytes:
            written.append(id(message))
            return of_message.dump_json(message)

    def counting(form: object) -> Counting:
        return Counting()

    monkeypatch.setattr("chat_core.types.write_stored.stored_adapter", counting)
    for _ in range(2):
        messages.to_json()
    call = ToolCall("d", "look", {}, Running())
    messages.append(Message("model", [call], turn=Turn("tool_calls")))
    written.clear()

    for _ in range(3):
        assert messages.to_json() == anew(messages)
    assert written == [id(messages[4])] * 3

    call.status = Completed("seen")
    for _ in range(3):
        assert messages.to_json() == anew(messages)
    assert written == [id(messages[4])] * 4


def test_a_form_of_many_megabytes_is_not_kept() -> None:
    messages = conversation()
    for _ in range(17):
        messages.add_user("x" * (1 << 20))

    for _ in range(3):
        assert messages.to_json() == anew(messages)

    assert kept_encoders(messages) == ()
