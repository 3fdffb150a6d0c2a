"""A pause is only data: processes come and go, and each tool runs once or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from chat_core import (
    Action,
    Chat,
    ChatOptions,
    ChatResponse,
    Complete,
    Completed,
    Defer,
    Execute,
    External,
    Messages,
    Paused,
    Reject,
    RequireApproval,
    RetryPolicy,
    Running,
    Scheduled,
    ScopedCollection,
    Text,
    Tool,
    ToolCall,
    ToolContext,
    Unknown,
    tool,
)
from chat_core.chat.setup import Setup
from chat_core.chat.toolbox import ToolBox
from chat_core.testing import ScriptedProvider
from hypothesis import given, settings
from hypothesis import strategies as st

AGENT = Path(__file__).with_name("agent.py")


class Agent:
    """The program of `agent.py`, each run a new process."""

    def __init__(self, folder: Path) -> None:
        self.stored, self.effects = folder / "stored.json", folder / "effects"

    def run(self, *words: str) -> str:
        command = [sys.executable, "-W", "error", str(AGENT), str(self.stored), str(self.effects), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (-9 if "die" in words else 0), done.stderr
        return done.stdout.strip()

    @property
    def messages(self) -> Messages:
        return Messages.from_json(self.stored.read_text())

    @property
    def did(self) -> list[str]:
        return self.effects.read_text().splitlines()


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


def test_decisions_come_one_by_one_over_several_processes_and_nothing_runs_twice(agent: Agent) -> None:
    assert agent.run() == "paused"
    assert agent.did == ["look bills"]
    assert [call.id for call in agent.messages.pending] == ["p1", "p2", "p3"]

    assert agent.run("p2=approve") == "paused"
    assert agent.did == ["look bills", "pay 2"]
    assert [call.id for call in agent.messages.pending] == ["p1", "p3"]

    assert agent.run() == "paused"
    assert agent.run("p3=reject") == "paused"
    assert agent.run("p1=complete") == "complete"

    assert agent.did == ["look bills", "pay 2"]
    assert [call.outcome() for call in agent.messages.calls] == [
        "look bills",
        "by hand",
        "pay 2",
        "The call was declined.",
    ]
    assert agent.messages[-1].parts == [Text("All done.")]


def test_a_process_killed_inside_a_tool_leaves_it_unknown_and_it_is_not_run_again_unasked(
    agent: Agent,
) -> None:
    agent.run()
    agent.run("p1=approve", "p2=reject", "p3=reject", "die")

    assert agent.did == ["look bills", "pay 1"]
    assert agent.messages.find_tool("p1").status == Unknown()
    assert agent.run() == "paused"
    assert agent.run() == "paused"
    assert agent.did == ["look bills", "pay 1"]

    assert agent.run("p1=complete") == "complete"
    assert agent.did == ["look bills", "pay 1"]
    assert agent.messages.find_tool("p1").status == Completed("by hand")


def test_a_person_may_have_it_run_again(agent: Agent) -> None:
    agent.run()
    agent.run("p1=approve", "p2=reject", "p3=reject", "die")

    assert agent.run("p1=approve") == "complete"
    assert agent.did == ["look bills", "pay 1", "pay 1"]


# the same, for any batch and any order of decisions, against a run that is never interrupted

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACTIONS: Mapping[str, Action] = {
    "execute": Execute(),
    "ask": RequireApproval("?"),
    "later": Defer(NOON),
    "past": Defer(datetime(2000, 1, 1, tzinfo=UTC)),
    "reject": Reject("by policy"),
    "elsewhere": External("the bank"),
}
batches = st.lists(
    st.lists(
        st.sampled_from([*ACTIONS, "fail", "unknown tool", "misfit", "progress"]), min_size=1, max_size=4
    ),
    max_size=3,
)
# "wait" is for its time, where a call has one
decisions = st.sampled_from(["approve", "edit", "reject", "complete", "wait"])


class World:
    """One conversation with its clock, its script and the effects of its tools."""

    def __init__(self, batches: list[list[str]], backend: str = "asyncio") -> None:
        self.backend = backend
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.effects: Counter[str] = Counter()
        self.seen: set[str] = set()  # the dependencies that the tools were given
        self.keys: dict[str, str] = {}
        self.lines = [
            [self.call(f"{at}.{n}", kind) for n, kind in enumerate(batch)] for at, batch in enumerate(batches)
        ]
        self.messages = Messages.from_user("go")

    @staticmethod
    def call(id: str, kind: str) -> ToolCall:
        name = {"unknown tool": "nobody", "progress": "act_slowly"}.get(kind, "act")
        return ToolCall(id, name, {"kind": 3 if kind == "misfit" else kind})

    def chat(self) -> Chat[ScriptedProvider, Complete | Paused, ChatResponse, str]:
        """Built anew for each step, as after a restart; the script goes on where the conversation stands."""

        def enter(context: ToolContext[str]) -> None:
            self.effects[context.call_id] += 1
            self.seen.add(context.deps)
            self.keys[context.idempotency_key] = context.call_id

        @tool
        def act(context: ToolContext[str], kind: str) -> str:
            enter(context)
            if kind == "fail":
                raise ValueError("as asked")
            return f"did {kind}"

        @tool
        async def act_slowly(context: ToolContext[str], kind: str) -> AsyncGenerator[str]:
            enter(context)
            yield "half of it"
            await anyio.lowlevel.checkpoint()
            yield f"did {kind} slowly"

        def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
            kind = str(call.arguments["kind"])
            if kind == "later":  # each turn's calls have a time of their own
                return Defer(NOON + timedelta(days=int(call.id.partition(".")[0])))
            return ACTIONS.get(kind, Execute())

        turns = sum(message.role == "model" for message in self.messages)
        both: list[Tool[..., object, str]] = [act, act_slowly]
        tools = ToolBox.of([ScopedCollection(both, strategy)], lambda: self.now)
        setup = Setup(tools, ChatOptions(), None, 20, RetryPolicy(), may_pause=True)
        return Chat(ScriptedProvider([*self.lines, "done"][turns:]), setup)

    def step(self, streamed: bool = False) -> bool:
        """Go on until the end (True) or a pause."""

        async def run() -> bool:
            chat = self.chat()
            if not streamed:
                return isinstance(await chat.complete(self.messages, deps="world"), Complete)
            async with chat.stream(self.messages, deps="world") as events:
                return not isinstance([event async for event in events][-1], Paused)

        return anyio.run(run, backend=self.backend)

    def decide(self, call: ToolCall, decision: str) -> None:
        if decision == "wait":
            same = [one for one in self.messages.pending if one.status == call.status]
            if isinstance(call.status, Scheduled) and len(same) == 1:
                self.now = call.status.until  # it runs by itself at the next step, and no other does
                return
            decision = "approve"
        if call.status.type == "awaiting_result":
            decision = "reject" if decision == "reject" else "complete"
        if decision == "edit":
            call.approve({"kind": "edited"}, by="Ada")
        else:
            getattr(call, decision)(
                *{"approve": [], "reject": ["by hand"], "complete": [[call.id]]}[decision]
            )

    def finish(self, chosen: Mapping[str, str]) -> None:
        """Straight through: at each pause all calls are decided at once, in one process."""
        while not self.step():
            for call in self.messages.pending:
                self.decide(call, chosen[call.id])


@settings(max_examples=150, deadline=None)
@given(batches, st.data(), st.sampled_from(["asyncio", "trio"]))
def test_however_it_is_decided_and_restarted_each_call_runs_at_most_once_and_the_end_is_the_same(
    batches: list[list[str]], data: st.DataObject, backend: str
) -> None:
    ids = [f"{at}.{n}" for at, batch in enumerate(batches) for n in range(len(batch))]
    chosen = {id: data.draw(decisions, label=id) for id in ids}
    straight, broken = World(batches), World(batches, backend)
    straight.finish(chosen)

    while not broken.step(data.draw(st.booleans(), label="streamed")):
        broken.messages = Messages.from_json(broken.messages.to_json())
        waiting = broken.messages.pending
        assert waiting
        for call in data.draw(
            st.lists(st.sampled_from(waiting), unique_by=lambda call: call.id, max_size=2), label="now"
        ):
            broken.decide(call, chosen[call.id])
        broken.messages = Messages.from_json(broken.messages.to_json())
        if (
            not any(call.status.type == "approved" for call in broken.messages.calls)
            and len(broken.messages.pending) == len(waiting)
            and broken.messages.next_wake() != broken.now
        ):
            broken.decide(
                broken.messages.pending[0], chosen[broken.messages.pending[0].id]
            )  # so that it ends

    assert broken.effects == straight.effects
    assert all(count == 1 for count in broken.effects.values())
    assert broken.seen <= {"world"}
    assert sorted(broken.keys.values()) == sorted(broken.effects)  # one key for each call, and no other
    assert broken.messages == straight.messages
    assert all(call.resolved for call in broken.messages.calls)


@settings(max_examples=60, deadline=None)
@given(batches, st.data())
def test_what_was_running_at_a_crash_is_never_entered_again_unasked(
    batches: list[list[str]], data: st.DataObject
) -> None:
    world = World(batches)
    before = Counter[str]()
    for _ in range(10):
        if world.step():
            break
        crashed = [
            call for call in world.messages.pending if data.draw(st.booleans(), label=f"{call.id} crashed")
        ]
        for call in crashed:
            call.status = Running()
        world.messages = Messages.from_json(world.messages.to_json())
        before.update(call.id for call in crashed)
        world.now = NOON + timedelta(days=99)
    for id in before:
        assert world.effects[id] == 0
        assert world.messages.find_tool(id).status == Unknown()
