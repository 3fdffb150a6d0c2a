"""Workers are killed in every phase of a conversation: nothing happens twice, or is lost in silence."""

# ruff: noqa: ASYNC110  what a workflow is at is asked for: Temporal tells nobody
from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import anyio
import pytest
from chat_core import Completed, Decision
from chat_temporal import Conversation, Start, View, start_conversation
from temporalio.client import Client

pytestmark = pytest.mark.anyio
HERE = Path(__file__).parent
KILLS = int(os.environ.get("CHAT_KILLS", "1"))  # CHAT_KILLS=200 by hand


class Workers:
    """Processes that work for one queue."""

    def __init__(self, address: str, folder: Path) -> None:
        self.queue = f"kills-{uuid4()}"
        self._address = address
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        number = str(len(self._started))
        command = [
            sys.executable,
            str(HERE / "worker.py"),
            self._address,
            self.queue,
            str(self.folder),
            number,
        ]
        self._started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def kill(self) -> None:
        for process in self._started:
            process.send_signal(signal.SIGKILL)
            process.wait()

    async def reached(self, place: str) -> None:
        with anyio.fail_after(60):
            while not (self.folder / f"in-{place}").exists():
                await anyio.sleep(0.01)

    @property
    def effects(self) -> Counter[str]:
        file = self.folder / "effects"
        return Counter(line.split()[0] for line in (file.read_text().splitlines() if file.exists() else ()))


@pytest.fixture
def workers(temporal_address: str, tmp_path: Path) -> Generator[Workers]:
    started = Workers(temporal_address, tmp_path)
    yield started
    started.kill()


async def begin(temporal: Client, workers: Workers) -> Conversation:
    start = Start(texts=["Do it."], once=True, heartbeat_timeout=1.5)
    return await start_conversation(temporal, start, id=f"test-{uuid4()}", task_queue=workers.queue)


async def waiting(conversation: Conversation) -> View:
    """How it stands once it waits for a person."""
    with anyio.fail_after(60):
        while not (view := await conversation.view()).waiting or view.working:
            await anyio.sleep(0.05)
    return view


async def finish(conversation: Conversation) -> dict[str, str]:
    """Decide about whatever waits until it has ended; returns how each waiting call stood, by its tool."""
    seen: dict[str, str] = {}
    while True:
        with anyio.move_on_after(0.2):
            await conversation.result()
            return seen
        view = await conversation.view()
        if view.working:
            continue
        for call in view.waiting:
            status = dict(call["status"])["type"]  # type: ignore[call-overload]
            seen[str(call["name"])] = status
            done = Decision(str(call["id"]), "complete", result="looked: it happened")
            approve = Decision(str(call["id"]), "approve")
            await conversation.decide([done if status == "unknown" else approve])


@pytest.mark.parametrize(
    ("place", "charges", "status"),
    [("model", 1, "completed"), ("before", 0, "unknown"), ("after", 1, "unknown")],
)
async def test_a_worker_is_killed(
    place: str, charges: int, status: str, temporal: Client, workers: Workers
) -> None:
    slow = workers.folder / f"slow-{place}"
    slow.touch()
    workers.start()
    conversation = await begin(temporal, workers)
    await workers.reached(place)
    workers.kill()
    slow.unlink()
    workers.start()
    seen = await finish(conversation)
    messages = await conversation.result()
    assert messages[-1].text == "Done."
    assert workers.effects == Counter({"charge": charges, "send": 1}) - Counter()
    assert seen.get("charge", "completed") == status
    assert messages.find_tool("c2").status == Completed("sent")


async def test_workers_are_killed_at_random_moments(temporal: Client, workers: Workers) -> None:
    moments = random.Random(7)
    for _ in range(KILLS):
        (workers.folder / "effects").unlink(missing_ok=True)
        workers.start()
        conversation = await begin(temporal, workers)
        await anyio.sleep(moments.uniform(0.0, 4.0))
        workers.kill()
        workers.start()
        seen = await finish(conversation)
        messages = await conversation.result()
        assert messages[-1].text == "Done."
        assert workers.effects["charge"] <= 1
        assert workers.effects["send"] <= 1
        for name, call in zip(("charge", "send"), messages.calls, strict=True):
            ran = workers.effects[name] == 1
            assert call.status.type == "completed"
            assert ran or seen[name] == "unknown"  # what did not happen, somebody has decided about
