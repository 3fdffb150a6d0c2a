"""Sessions in which the user, the server and the tools act in any order: the rules hold in all of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import anyio
import trio.testing
from budget import budget, show
from chat_core import (
    ChatBuilder,
    Done,
    Execute,
    Messages,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    ToolCall,
    tool,
)
from chat_core.realtime import AudioChunk, Reconnected
from chat_core.testing import FakeTransport
from chat_core.types.call_status import AwaitingApproval
from chat_openai.realtime import RealtimeBuilder
from hypothesis import given
from hypothesis import strategies as st
from rules_realtime import RealtimeServer

ACTIONS = st.sampled_from(
    [
        *("text", "note", "respond", "apart", "interrupt", "interrupt at once", "approve", "reject"),
        *("release", "say", "say", "speak", "speak", "call run", "call ask", "call wait", "finish", "finish"),
        *("speak to it", "hear", "commit", "lose", "expire"),
    ]
)
STEPS = st.lists(st.tuples(ACTIONS, st.booleans()), max_size=40)
LOSSES = 30


class Play:
    """One session, its servers, and what happened in it."""

    def __init__(self, *, push_to_talk: bool) -> None:
        self.push_to_talk = push_to_talk
        self.spoken = 0  # pieces of speech since the last turn
        self.turns = 0
        self.servers = [RealtimeServer(number) for number in range(LOSSES)]
        self.runs: Counter[str] = Counter()
        self.texts: list[str] = []
        self.events: list[object] = []
        self.errors: list[Exception] = []
        self.messages = Messages()
        self.released = anyio.Event()
        self.connected = 0
        self.may_refuse = 0  # requests that cross with what the server begins by itself
        self.losses = 0
        client = RealtimeBuilder().with_model("m").with_api_key("k").with_base_url("http://realtime.example")
        client = client.with_turn_detection(None) if push_to_talk else client
        transport = FakeTransport().accept(*self.servers)
        scoped = ScopedCollection([self._tool(name) for name in ("run", "ask", "wait")], self._decide)
        chat = ChatBuilder().with_model(client.with_transport(transport).build()).with_scoped_tools(scoped)
        policy = RetryPolicy(max_retries=LOSSES, base_delay=0.0)
        self.chat = chat.with_max_steps(1000).with_retry(policy).build()

    @property
    def server(self) -> RealtimeServer:
        return self.servers[self.losses]

    @property
    def refused(self) -> int:
        return sum(server.refused for server in self.servers)

    async def run(self, steps: list[tuple[str, bool]]) -> None:
        opened = self.chat.session(self.messages, reconnect=True)
        async with opened as session, anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, session)
            await anyio.wait_all_tasks_blocked()
            crosses = asks_apart = False  # such a request may cross with what the server begins by itself
            for action, settles in steps:
                before = self.refused
                await self._act(session, action)
                if settles:
                    await anyio.wait_all_tasks_blocked()
                asks_apart = asks_apart or action == "apart"
                if settles and not crosses and not (asks_apart and action == "hear"):
                    assert self.refused == before, action
                crosses = not settles
            await self._end(session)
            tasks.cancel_scope.cancel()

    async def _act(self, session: Any, action: str) -> None:
        match action:
            case "text" | "note":
                self.texts.append(f"text {len(self.texts)}")
                await session.send(self.texts[-1], respond=action == "text")
            case "respond" | "apart":
                await session.respond(apart=action == "apart")
            case "interrupt":
                heard = [event for event in self.events if isinstance(event, AudioChunk)]
                await session.interrupt(len(heard[-1].data) // 96 if heard else 0)
            case "interrupt at once":
                await session.interrupt()
            case "approve" | "reject":
                await self._decide_waiting(session, action)
            case "release":
                self.released.set()
                self.released = anyio.Event()
            case "say":
                self.server.say("word ")
            case "speak":
                self.server.speak(100)
            case "finish":
                self.server.finish()
            case "speak to it":
                self.spoken += 1
                await session.send(b"\0\0")
            case "hear":
                if not self.push_to_talk and self.server.is_ready:
                    self.turns += 1
                    self.server.hear()
            case "commit":
                if self.push_to_talk and self.spoken:
                    self.spoken, self.turns = 0, self.turns + 1
                    await session.commit()
            case "lose" | "expire" if self.server.is_ready:
                lost = self.server
                self.losses += 1
                lost.close(1011) if action == "lose" else lost.expire()
            case "lose" | "expire":
                pass  # the connection is changing anyway
            case _:
                self.server.call(action.removeprefix("call "))

    async def _decide_waiting(self, session: Any, action: str) -> None:
        for call in self.messages.calls:
            if isinstance(call.status, AwaitingApproval):
                call.approve() if action == "approve" else call.reject("no")
        await session.resume()

    async def _end(self, session: Any) -> None:
        """Let everything end that has begun."""
        for _ in range(60):
            self.released.set()
            self.released = anyio.Event()
            await self._decide_waiting(session, "approve")
            await anyio.wait_all_tasks_blocked()
            self.server.finish()
            await anyio.wait_all_tasks_blocked()
        assert self.server.active is None

    async def _read(self, session: Any) -> None:
        while True:
            try:
                async for event in session:
                    self.events.append(event)
                return
            except Exception as error:
                self.errors.append(error)
                if len(self.errors) > 100:
                    return

    def _tool(self, name: str) -> Any:
        async def run() -> str:
            if name == "wait":
                await self.released.wait()
            return "worked"

        run.__name__ = name
        return tool(run)

    def _decide(self, call: ToolCall, meta: object) -> Any:
        self.runs[call.id] += call.name != "ask"
        return RequireApproval() if call.name == "ask" else Execute()


def check(play: Play) -> None:
    assert play.errors == []
    used = play.servers[: play.losses + 1]
    assert [rule for server in used for rule in server.broken] == []
    done = [event.response for event in play.events if isinstance(event, Done)]
    begun = sum(server.responses for server in used)
    assert len(done) == begun
    assert len({response.id for response in done}) == begun
    assert sum(isinstance(event, Reconnected) for event in play.events) == play.losses
    calls = play.messages.calls
    assert len({call.id for call in calls}) == len(list(calls))
    assert all(call.resolved for call in calls)
    assert max(play.runs.values(), default=0) <= 1
    last = used[-1]
    assert {id: count for server in used for id, count in server.answers.items() if count != 1} == {}
    assert last.open_calls == set(last.answers)
    for server in used:
        assert max(Counter(server.user_texts).values(), default=0) <= 1
    assert sorted(last.user_texts) == sorted(play.texts)
    users = [message.text for message in play.messages if message.role == "user"]
    assert sum(text.startswith("speech ") for text in users) == play.turns
    assert [text for text in users if text.startswith("text ")] == play.texts
    assert Messages.from_json(play.messages.to_json()) == play.messages


@budget(120)
@given(steps=STEPS, push_to_talk=st.booleans())
def test_whatever_happens_in_whatever_order_each_call_is_answered_once_and_one_response_is_active(
    virtual_backend: Any, steps: list[tuple[str, bool]], push_to_talk: bool
) -> None:
    backend, options = virtual_backend
    if backend == "trio":
        options = {"clock": trio.testing.MockClock(autojump_threshold=0)}  # one clock is for one run
    played: list[Play] = []

    async def main() -> None:
        played.append(Play(push_to_talk=push_to_talk))
        with anyio.fail_after(20):
            await played[0].run(steps)

    try:
        anyio.run(main, backend=backend, backend_options=options)
        check(played[0])
    except BaseException:
        show(played[0].messages, steps, push_to_talk)
        raise
