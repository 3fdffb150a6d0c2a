"""Workers are killed in every phase of a conversation: nothing happens twice, or is lost in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from chat_core import Completed, Decision, Messages
from chat_temporal import Conversation, Start, start_conversation
from durable_kit import KILLS, Scene, Workers, kill_at_random
from temporalio.client import Client
from temporalio.service import RPCError

pytestmark = pytest.mark.anyio


class Desk:
    """Conversations of a queue, and the workers that carry them on."""

    def __init__(self, temporal: Client, address: str, folder: Path) -> None:
        from worker import run

        self._temporal = temporal
        self._queue = f"kills-{uuid4()}"
        self.scene = Scene(folder)
        self.workers = Workers(run, ["worker"], folder, address, self._queue)
        self.conversation = Conversation(temporal, "none")

    def start(self) -> None:
        self.workers.start()

    async def kill(self) -> None:
        self.workers.kill()

    async def begin(self) -> None:
        start = Start(texts=["Do it."], once=True, heartbeat_timeout=1.5)
        self.conversation = await start_conversation(
            self._temporal, start, id=f"test-{uuid4()}", task_queue=self._queue
        )

    async def messages(self) -> Messages:
        return await self.conversation.result()

    async def trouble(self) -> object:
        return await self.conversation.view()

    async def finish(self) -> dict[str, str]:
        """Decide about whatever waits until it has ended; returns how each call stood that has waited."""
        seen: dict[str, str] = {}
        while True:
            with anyio.move_on_after(0.2):
                await self.conversation.result()
                return seen
            try:
                view = await self.conversation.view()
            except RPCError:  # no worker was there to answer it in time
                continue
            if view.working:
                continue
            for call in view.waiting:
                status = dict(call["status"])["type"]  # type: ignore[call-overload]
                seen[str(call["name"])] = status
                done = Decision(str(call["id"]), "complete", result="looked: it happened")
                approve = Decision(str(call["id"]), "approve")
                await self.conversation.decide([done if status == "unknown" else approve])


@pytest.fixture
def desk(temporal: Client, temporal_address: str, tmp_path: Path) -> Generator[Desk]:
    opened = Desk(temporal, temporal_address, tmp_path)
    yield opened
    opened.workers.kill()


@pytest.mark.parametrize(
    ("place", "charges", "status"),
    [("model", 1, "completed"), ("before", 0, "unknown"), ("after", 1, "unknown")],
)
async def test_a_worker_is_killed(place: str, charges: int, status: str, desk: Desk) -> None:
    slow = desk.scene.slow(place)
    desk.start()
    await desk.begin()
    await desk.scene.reached(place)
    await desk.kill()
    slow.unlink()
    desk.start()
    seen = await desk.finish()
    messages = await desk.messages()
    assert messages[-1].text == "Done."
    assert desk.scene.effects == Counter({"charge": charges, "send": 1}) - Counter()
    assert seen.get("charge", "completed") == status
    assert messages.find_tool("c2").status == Completed("sent")


async def test_workers_are_killed_at_random_moments(desk: Desk) -> None:
    figures = await kill_at_random(desk)
    assert (figures.kills, figures.twice, figures.lost) == (KILLS, 0, 0)
    assert figures.calls["completed"] == 2 * figures.conversations
