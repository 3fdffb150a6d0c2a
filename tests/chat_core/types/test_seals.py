"""Approvals that were forged, changed, replayed, have expired, or come from another key are refused, case by
case.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chat_core import (
    Action,
    ApprovalKey,
    AwaitingApproval,
    ChatBuilder,
    ConfigurationError,
    Decision,
    Defer,
    Execute,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    ToolCall,
    Unknown,
    tool,
)
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

KEY = ApprovalKey(b"0123456789abcdef")
SOON = datetime.now(UTC) + timedelta(days=1)


class Bank:
    """Two payments and a look, of which the payments need approval, or time."""

    def __init__(self, action: Action | None = None) -> None:
        self.effects: list[str] = []
        self.action = action or RequireApproval("a payment")

        @tool
        def pay(amount: int) -> str:
            self.effects.append(f"pay {amount}")
            return "paid"

        @tool
        def burn(amount: int) -> str:
            self.effects.append(f"burn {amount}")
            return "burnt"

        @tool
        def look() -> str:
            self.effects.append("look")
            return "seen"

        self.tools = [pay, burn, look]

    def chat(self, *lines: Any, key: ApprovalKey = KEY) -> Any:
        def strategy(call: ToolCall, meta: object) -> Action:
            return Execute() if call.name == "look" else self.action

        scoped = ScopedCollection(self.tools, strategy)
        builder = ChatBuilder().with_model(ScriptedProvider(lines)).with_scoped_tools(scoped)
        return builder.with_approval_key(key).build()

    async def paused(self) -> Messages:
        messages = Messages.from_user("go")
        calls = [
            ToolCall("a", "pay", {"amount": 1}),
            ToolCall("b", "burn", {"amount": 2}),
            ToolCall("l", "look"),
        ]
        assert isinstance(await self.chat(calls).complete(messages), Paused)
        return messages


def edited(messages: Messages, change: Callable[[dict[str, dict[str, Any]]], object]) -> Messages:
    """The conversation after somebody has changed calls in its stored JSON."""
    stored = json.loads(messages.to_json())
    parts = stored["messages"][1]["parts"]
    change({part["id"]: part for part in parts})
    return Messages.from_json(json.dumps(stored))


async def test_a_sealed_approval_runs_after_a_restart() -> None:
    bank = Bank()
    messages = await bank.paused()
    decisions = [Decision("a", "approve", {"amount": 7}, by="Ada", expires=SOON), Decision("b", "reject")]
    messages.decide(decisions, key=KEY)

    await bank.chat("done").resume(Messages.from_json(messages.to_json()))

    assert bank.effects == ["look", "pay 7"]


FORGERIES: dict[str, Callable[[dict[str, dict[str, Any]]], object]] = {
    "altered arguments": lambda calls: calls["a"]["arguments"].update(amount=1_000_000),
    "altered edit": lambda calls: calls["a"].update(edited={"amount": 1_000_000}),
    "removed edit": lambda calls: calls["a"].update(edited=None),
    "another tool": lambda calls: calls["a"].update(name="burn"),
    "another call": lambda calls: (
        calls["b"].update({**calls["a"], "id": "b"}) or calls["a"].update(id="z", seal=None)
    ),
    "replayed on another call": lambda calls: (
        calls["b"].update(status={"type": "approved"}, seal=calls["a"]["seal"], approved_by="Ada")
        or calls["a"].update(seal=None)
    ),
    "another approver": lambda calls: calls["a"].update(approved_by="Eve"),
    "later expiry": lambda calls: calls["a"].update(expires="2099-01-01T00:00:00Z"),
    "no seal": lambda calls: calls["a"].update(seal=None),
    "a made-up seal": lambda calls: calls["a"].update(seal="0" * 64),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_an_edited_conversation_runs_nothing(forgery: str) -> None:
    bank = Bank()
    messages = await bank.paused()
    messages.decide([Decision("a", "approve", {"amount": 7}, by="Ada", expires=SOON)], key=KEY)
    forged = edited(messages, FORGERIES[forgery])

    outcome = await bank.chat("done").resume(forged)

    assert isinstance(outcome, Paused)
    assert bank.effects == ["look"]
    notes = [call.status.note for call in forged.calls if isinstance(call.status, AwaitingApproval)]
    assert any(str(note).startswith("The approval was refused: ") for note in notes)


async def test_a_status_that_somebody_wrote_into_the_json_runs_nothing() -> None:
    for status in ({"type": "approved"}, {"type": "scheduled", "until": "2000-01-01T00:00:00Z"}):
        bank = Bank()
        forged = edited(await bank.paused(), lambda calls, status=status: calls["a"].update(status=status))

        assert isinstance(await bank.chat("done").resume(forged), Paused)
        assert bank.effects == ["look"]


async def test_an_approval_that_has_expired_or_comes_from_another_key_runs_nothing() -> None:
    bank = Bank()
    late, other = await bank.paused(), await bank.paused()
    late.decide([Decision("a", "approve", expires=datetime(2026, 1, 1, tzinfo=UTC))], key=KEY)
    other.decide([Decision("a", "approve")], key=ApprovalKey(b"another key of 16"))

    for messages, reason in (late, "has expired at 2026-01-01"), (other, "sealed with another key"):
        assert isinstance(await bank.chat("done").resume(messages), Paused)
        assert reason in str(messages.find_tool("a").status)
    assert bank.effects == ["look", "look"]


async def test_a_call_that_was_approved_without_the_key_runs_nothing() -> None:
    bank = Bank()
    messages = await bank.paused()
    messages.find_tool("a").approve(by="Ada")

    assert isinstance(await bank.chat("done").resume(messages), Paused)
    assert bank.effects == ["look"]


async def test_a_refused_approval_can_be_given_again() -> None:
    bank = Bank()
    messages = await bank.paused()
    messages.find_tool("a").approve(by="Ada")
    await bank.chat().resume(messages)

    messages.decide([Decision("a", "approve", by="Ada"), Decision("b", "reject")], key=KEY)
    await bank.chat("done").resume(messages)

    assert bank.effects == ["look", "pay 1"]


async def test_a_time_that_was_moved_runs_nothing_and_one_that_was_not_does() -> None:
    bank = Bank(Defer(datetime(2099, 1, 1, tzinfo=UTC)))
    moved = edited(
        await bank.paused(), lambda calls: calls["a"]["status"].update(until="2000-01-01T00:00:00Z")
    )
    await bank.chat("done").resume(moved)
    assert bank.effects == ["look"]

    bank = Bank(Defer(datetime(2000, 1, 1, tzinfo=UTC)))
    messages = Messages.from_user("go")
    await bank.chat(ToolCall("a", "pay", {"amount": 1}), "done").complete(messages)
    assert bank.effects == ["pay 1"]


def test_a_key_is_long_and_shows_itself_nowhere() -> None:
    with pytest.raises(ConfigurationError, match="at least 16 bytes"):
        ApprovalKey(b"short")
    assert "0123" not in repr(KEY)


@pytest.mark.parametrize(
    "forgery", ["altered arguments", "another tool", "no seal", "a made-up seal", "later expiry"]
)
async def test_what_was_changed_while_it_waited_does_not_run_once_approved(forgery: str) -> None:
    bank = Bank()
    messages = edited(await bank.paused(), FORGERIES[forgery])

    messages.decide([Decision("a", "approve", by="Ada"), Decision("b", "reject")], key=KEY)
    assert isinstance(await bank.chat().resume(messages), Paused)

    [call] = messages.pending
    assert call.note is not None
    assert call.note.startswith("The approval was refused: ")
    messages.decide([Decision("a", "reject")], key=KEY)
    await bank.chat("done").resume(messages)
    assert bank.effects == ["look"]


async def test_a_call_that_may_have_run_is_sealed_too_and_can_be_approved_again() -> None:
    bank = Bank()
    stored: list[str] = []
    messages = await bank.paused()
    messages.decide([Decision("a", "approve"), Decision("b", "reject")], key=KEY)
    scoped = ScopedCollection(bank.tools, lambda call, meta: Execute())
    chat = ChatBuilder().with_model(ScriptedProvider(["done"])).with_scoped_tools(scoped)
    kept = chat.with_approval_key(KEY).with_checkpoint(lambda messages: stored.append(messages.to_json()))
    await kept.build().resume(messages)

    died = Messages.from_json(stored[0])  # what a process finds that was killed inside the tool
    assert died.find_tool("a").status == Unknown()
    forged = edited(died, FORGERIES["altered arguments"])
    forged.decide([Decision("a", "approve")], key=KEY)
    assert isinstance(await bank.chat().resume(forged), Paused)
    assert bank.effects == ["look", "pay 1"]
    died.decide([Decision("a", "approve", by="Ada")], key=KEY)
    await bank.chat("done").resume(died)

    assert bank.effects == ["look", "pay 1", "pay 1"]
