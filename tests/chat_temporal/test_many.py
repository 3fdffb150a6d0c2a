"""Many conversations at once on two workers: each ends right, and no tool has its effect twice."""

# ruff: noqa: ASYNC110  what a workflow is at is asked for: Temporal tells nobody
from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from chat_core import Completed, Decision
from chat_temporal import Conversation, Start, View, start_conversation
from durable_kit import Scene, Workers
from temporalio.client import Client
from temporalio.service import RPCError

pytestmark = pytest.mark.anyio
CONVERSATIONS = int(os.environ.get("CHAT_CONVERSATIONS", "20"))  # CHAT_CONVERSATIONS=1000 by hand
AT_ONCE = 20  # requests of this process: a query waits for a worker, at most 30 s


@pytest.fixture
def queue(temporal_address: str, tmp_path: Path) -> Generator[tuple[str, Scene, Workers]]:
    """A queue with two workers."""
    from worker import run

    name = f"many-{uuid4()}"
    workers = Workers(run, ["worker"], tmp_path, temporal_address, name)
    yield name, Scene(tmp_path), workers
    workers.kill()


async def test_many_conversations_on_two_workers_end_right_and_no_effect_happens_twice(
    temporal: Client, queue: tuple[str, Scene, Workers]
) -> None:
    name, scene, workers = queue
    pids = [workers.start().pid for _ in range(2)]
    conversations: list[Conversation] = []
    began = time.monotonic()

    async def begin(number: int) -> None:
        start = Start(texts=[f"Do it, {number}."], once=True)
        conversations.append(
            await start_conversation(temporal, start, id=f"{name}-{number}", task_queue=name)
        )

    async def approve(number: int) -> None:
        conversation, view = conversations[number], View(working=True)
        while view.working or not view.waiting:
            with suppress(RPCError):  # no worker was there to answer it in time
                view = await conversation.view()
            await anyio.sleep(0.1)
        assert [call["name"] for call in view.waiting] == ["send"]
        await conversation.decide([Decision(str(view.waiting[0]["id"]), "approve", by="ada")])

    async def check(number: int) -> None:
        messages = await conversations[number].result()
        assert [message.role for message in messages] == ["user", "model", "model"]
        assert messages[-1].text == "Done."
        assert [call.status for call in messages.calls] == [Completed("charged"), Completed("sent")]

    with anyio.fail_after(30 + 3 * CONVERSATIONS):
        await _each(begin)
        while scene.effects["charge"] < CONVERSATIONS:
            await anyio.sleep(0.2)
        await _each(approve)
        await _each(check)
    seconds, effects = time.monotonic() - began, scene.lines("effects")
    assert {tool: scene.effects[tool] for tool in ("charge", "send")} == {
        "charge": CONVERSATIONS,
        "send": CONVERSATIONS,
    }
    assert len(set(effects)) == 2 * CONVERSATIONS
    memory = [_most_memory(pid) for pid in pids]
    print(f"{CONVERSATIONS} conversations: {seconds:.1f} s, MB of workers: {memory}", file=sys.__stderr__)


async def _each(step: Callable[[int], Awaitable[None]]) -> None:
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def one(number: int) -> None:
        async with limiter:
            await step(number)

    async with anyio.create_task_group() as tasks:
        for number in range(CONVERSATIONS):
            tasks.start_soon(one, number)


def _most_memory(pid: int | None) -> int | None:
    """Return how many MB a process had at most, where the system tells."""
    file = Path(f"/proc/{pid}/status")
    if not file.exists():
        return None
    [line] = [line for line in file.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024
