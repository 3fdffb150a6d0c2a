"""What is stored while a conversation runs, so that a crash loses nothing and repeats nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from chat_core import (
    ChatBuilder,
    Completed,
    InvalidResponse,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Structured,
    Tool,
    ToolCall,
    Unknown,
    tool,
)
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


class Store:
    """Keeps every state that it is given."""

    def __init__(self) -> None:
        self.states: list[str] = []

    async def save(self, messages: Messages) -> None:
        await anyio.lowlevel.checkpoint()
        self.states.append(messages.to_json())

    def __getitem__(self, at: int) -> Messages:
        return Messages.from_json(self.states[at])


def pay_of(effects: list[int], store: Store | None = None) -> Tool[..., object]:
    @tool
    def pay(amount: int) -> int:
        if store is not None:
            assert (
                store[-1].find_tool("a").status == Unknown()
            )  # were the process to die here, this is what is known
        effects.append(amount)
        return amount

    return pay


PAYS = ToolCall("a", "pay", {"amount": 1})


@pytest.mark.parametrize("streamed", [False, True])
async def test_each_turn_is_stored_and_each_tool_before_it_runs_and_after(streamed: bool) -> None:
    store, effects = Store(), list[int]()
    chat = ChatBuilder().with_model(ScriptedProvider([PAYS, "done"])).with_tools([pay_of(effects, store)])
    built = chat.with_checkpoint(store.save).build()
    messages = Messages.from_user("go")

    if streamed:
        async with built.stream(messages) as events:
            _ = [event async for event in events]
    else:
        await built.complete(messages)

    assert effects == [1]
    told = [[call.status.type for call in store[at].calls] for at in range(len(store.states))]
    assert told == [["pending"], ["unknown"], ["completed"], ["completed"]]
    assert store[-1] == messages
    assert store[2].find_tool("a").status == Completed(1)


async def test_after_a_crash_at_any_stored_state_the_tool_has_run_once_or_is_not_run_again_unasked() -> None:
    store = Store()
    chat = ChatBuilder().with_model(ScriptedProvider([PAYS, "done"])).with_tools([pay_of([], store)])
    await chat.with_checkpoint(store.save).build().complete(Messages.from_user("go"))

    for at, runs in enumerate([1, 0, 0, 0]):
        effects: list[int] = []
        scoped = ScopedCollection([pay_of(effects)], lambda call, meta: RequireApproval())
        again: Any = ChatBuilder().with_model(ScriptedProvider(["done"])).with_scoped_tools(scoped).build()
        messages = store[at]
        if isinstance(await again.complete(messages), Paused) and runs:
            messages.find_tool("a").approve()
            await again.complete(messages)
        assert len(effects) == runs


async def test_what_cannot_be_stored_is_not_run() -> None:
    effects: list[int] = []
    full = True

    def save(messages: Messages) -> None:
        if full and any(call.status.type == "running" for call in messages.calls):
            raise OSError("disk full")

    scoped = ScopedCollection([pay_of(effects)], lambda call, meta: RequireApproval())
    chat = (
        ChatBuilder()
        .with_model(ScriptedProvider([PAYS, "done"]))
        .with_scoped_tools(scoped)
        .with_checkpoint(save)
        .build()
    )
    messages = Messages.from_user("go")
    await chat.complete(messages)
    messages.find_tool("a").approve(by="Ada")

    with pytest.raises(OSError, match="disk full"):
        await chat.complete(messages)

    assert effects == []
    assert messages.find_tool("a").approved_by == "Ada"
    full = False
    await chat.complete(messages)
    assert effects == [1]


async def test_a_pause_is_stored_with_what_was_decided(tmp_path: Path) -> None:
    file = tmp_path / "stored.json"
    scoped = ScopedCollection([pay_of([])], lambda call, meta: RequireApproval("Really?"))
    builder = ChatBuilder().with_model(ScriptedProvider([PAYS])).with_scoped_tools(scoped)
    chat = builder.with_checkpoint(lambda messages: file.write_text(messages.to_json())).build()

    paused = await chat.complete(Messages.from_user("go"))

    assert isinstance(paused, Paused)
    assert [call.id for call in Messages.from_json(file.read_bytes()).pending] == ["a"]


async def test_a_typed_answer_is_stored_as_one_and_a_misfit_as_it_came() -> None:
    store = Store()
    builder = ChatBuilder().with_structured_output(int).with_checkpoint(store.save)

    await builder.with_model(ScriptedProvider(['{"value": 42}'])).build().complete(Messages.from_user("go"))
    with pytest.raises(InvalidResponse):
        await builder.with_model(ScriptedProvider(["many"])).build().complete(Messages.from_user("go"))

    assert store[0][-1].parts == [Structured(42, '{"value": 42}')]
    assert store[1][-1].text == "many"
