"""Conversations in a queue: workers are killed, frozen and stopped, and nothing happens twice or is lost."""

# ruff: noqa: ASYNC110  what a worker in another process is at is asked for
from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import pytest
from chat_core import InvalidDecision, JsonObject, Messages

EXAMPLE = Path(__file__).parents[2] / "examples/durable"
sys.path.append(str(EXAMPLE))
if TYPE_CHECKING:
    from jobs import Conversations
    from store import Store

KILLS = int(os.environ.get("CHAT_KILLS", "1"))  # CHAT_KILLS=200 by hand
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not all(map(find_spec, ("procrastinate", "psycopg_pool"))),
        reason="procrastinate and psycopg-pool are not installed: the dev group of pyproject.toml has them",
    ),
]


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio."""
    return "asyncio"


class Desk:
    """One conversation, and the workers that carry it on."""

    def __init__(self, url: str, folder: Path, store: Store, conversations: Conversations) -> None:
        self.url, self.folder, self.store, self.conversations = url, folder, store, conversations
        self.id = str(uuid4())
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """Start a worker."""
        program = Path(__file__).with_name("durable_worker.py")
        command = [sys.executable, str(program), self.url, str(self.folder)]
        self.workers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return self.workers[-1]

    async def kill(self) -> None:
        """Kill all workers, which have been silent for an hour then."""
        for process in self.workers:
            process.kill()
            process.wait()
        await self.silence()

    async def silence(self) -> None:
        import psycopg

        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            await connection.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h'"
            )

    def slow(self, place: str) -> Path:
        """Make workers wait in a place until the file is deleted."""
        file = self.folder / f"slow-{place}"
        file.touch()
        return file

    async def reached(self, place: str) -> None:
        with anyio.fail_after(30):
            while not (self.folder / f"in-{place}").exists():
                await anyio.sleep(0.01)

    async def messages(self) -> Messages:
        return (await self.store.load(self.id))[0]

    async def status(self, name: str) -> str:
        return {call.name: call.status.type for call in (await self.messages()).calls}[name]

    async def rest(self) -> Messages:
        """The conversation once nothing but a person can carry it on."""
        with anyio.fail_after(60):
            while await self.conversations.busy(self.id) or (messages := await self.messages()).next_wake():
                await anyio.sleep(0.02)
        return messages

    async def decide(self, name: str, verdict: str, **more: str) -> None:
        [call] = [call for call in (await self.messages()).calls if call.name == name]
        decision: JsonObject = {"call_id": call.id, "verdict": verdict, **more}
        await self.conversations.decide(self.id, [decision])

    async def finish(self) -> dict[str, str]:
        """Decide about whatever waits until the end; returns how each waiting call stood, by its tool."""
        seen: dict[str, str] = {}
        while waiting := (await self.rest()).pending:
            for call in waiting:
                seen[call.name] = call.status.type
                if call.status.type == "unknown":
                    await self.decide(call.name, "complete", result="looked: it happened")
                else:
                    await self.decide(call.name, "approve")
        return seen

    @property
    def effects(self) -> Counter[str]:
        file = self.folder / "effects"
        return Counter(line.split()[0] for line in (file.read_text().splitlines() if file.exists() else ()))


@pytest.fixture
async def desk(postgres: str, tmp_path: Path) -> AsyncGenerator[Desk]:
    from durable_worker import TOOLS, build
    from jobs import Conversations, open_app
    from store import Store

    async with Store.open(postgres) as store, open_app(postgres) as app:
        opened = Desk(postgres, tmp_path, store, Conversations(app, store, build, TOOLS))
        yield opened
        for process in opened.workers:
            process.kill()
            process.wait()


async def test_a_conversation_waits_for_a_person_and_a_time_and_goes_on_by_itself(desk: Desk) -> None:
    desk.start()
    (desk.folder / "overloaded").touch()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.rest()
    assert await desk.store.error(desk.id) is None
    assert desk.effects == {"charge": 1, "remind": 1}
    assert await desk.status("send_mail") == "awaiting_approval"

    with pytest.raises(InvalidDecision, match="c1"):
        await desk.decide("charge", "approve")
    await desk.decide("send_mail", "approve", by="grace")
    await desk.decide("send_mail", "approve", by="eve")  # it still waits in the table
    messages = await desk.rest()
    assert (messages[-1].text, messages.find_tool("c2").approved_by) == ("Done.", "grace")
    error = str(await desk.store.error(desk.id))
    assert error.endswith("c2 was awaiting_approval when it was decided, and is completed now")

    await desk.conversations.say(desk.id, "Once more.")
    await desk.rest()
    await desk.conversations.say(desk.id, "No, leave it.")
    messages = await desk.rest()
    assert [message.role for message in messages].count("user") == 3
    assert desk.effects["send_mail"] == 1
    assert await desk.store.error(desk.id) is None


@pytest.mark.parametrize(
    ("places", "charges", "sent"),
    [(("model", "after", "sent"), 1, 1), (("before", "approved"), 0, 0)],
)
async def test_what_killed_workers_leave_is_taken_up_and_no_call_runs_twice(
    places: tuple[str, ...], charges: int, sent: int, desk: Desk
) -> None:
    slow = {place: desk.slow(place) for place in places}
    await desk.conversations.say(desk.id, "Do it.")
    for place in places:
        desk.start()
        if place in ("approved", "sent"):
            await desk.rest()
            await desk.decide("charge", "complete", result="looked")
            await desk.decide("send_mail", "approve")
            await desk.decide("send_mail", "approve")  # two persons at once: no approval to run it once more
        await desk.reached(place)
        await desk.kill()
        slow[place].unlink()
    desk.start()

    messages = await desk.rest()
    assert {call.name: call.status.type for call in messages.pending} == {"send_mail": "unknown"}
    assert await desk.finish() == {"send_mail": "unknown"}
    messages = await desk.messages()
    assert (messages[-1].text, messages.find_tool("c1").outcome()) == ("Done.", "looked")
    assert desk.effects == Counter({"charge": charges, "send_mail": sent, "remind": 1}) - Counter()


async def test_a_worker_that_was_frozen_and_taken_for_lost_changes_nothing_when_it_comes_back(
    desk: Desk,
) -> None:
    slow = desk.slow("after")
    frozen = desk.start()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.reached("after")
    frozen.send_signal(signal.SIGSTOP)
    await desk.silence()
    desk.start()
    assert (await desk.finish())["charge"] == "unknown"
    slow.unlink()
    frozen.send_signal(signal.SIGCONT)
    frozen.terminate()
    with anyio.fail_after(30):
        while frozen.poll() is None:
            await anyio.sleep(0.02)

    messages = await desk.rest()
    assert messages[-1].text == "Done."
    assert messages.find_tool("c1").outcome() == "looked: it happened"
    assert desk.effects == {"charge": 1, "send_mail": 1, "remind": 1}


async def test_a_worker_that_is_stopped_ends_what_it_does(desk: Desk) -> None:
    slow = desk.slow("before")
    worker = desk.start()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.reached("before")
    worker.terminate()
    slow.unlink()
    with anyio.fail_after(30):
        while worker.poll() is None:
            await anyio.sleep(0.02)
    assert (worker.returncode, await desk.status("charge")) == (0, "completed")
    desk.start()
    assert await desk.finish() == {"send_mail": "awaiting_approval"}


async def test_workers_are_killed_at_random_moments(desk: Desk) -> None:
    seed = os.environ.get("CHAT_KILLS_SEED", "7")
    moments = random.Random(seed)
    for _ in range(KILLS):
        (desk.folder / "effects").unlink(missing_ok=True)
        desk.id = str(uuid4())
        desk.start()
        await desk.conversations.say(desk.id, "Do it.")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_approve, desk)
            await anyio.sleep(moments.uniform(0.0, 3.5))
            await desk.kill()
            tasks.cancel_scope.cancel()
        desk.start()
        seen = await desk.finish()
        assert (await desk.messages())[-1].text == "Done.", seed
        for call in (await desk.messages()).calls:
            assert call.status.type == "completed"
            assert desk.effects[call.name] <= 1, (seed, call.name)
            # what did not happen, somebody has decided about
            assert desk.effects[call.name] == 1 or seen[call.name] == "unknown", (seed, call.name)


async def _approve(desk: Desk) -> None:
    """Approve the mail as soon as it waits."""
    while True:
        calls = {call.name: call.status.type for call in (await desk.messages()).calls}
        if calls.get("send_mail") == "awaiting_approval":
            await desk.decide("send_mail", "approve")
            return
        await anyio.sleep(0.02)


async def test_the_example_runs_as_its_page_says(postgres: str) -> None:
    from store import Store

    settings = {"DATABASE_URL": postgres, "REMIND_AFTER": "0", "CHAT_BASE_URL": "", "USER": "grace"}
    settings = {**os.environ, **settings}
    desk = [sys.executable, "-W", "error", str(EXAMPLE / "desk.py")]

    async def run(*arguments: str) -> str:
        command = [*desk, *arguments]
        done = await anyio.run_process(command, env=settings, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode()

    async def effects(count: int) -> None:
        with anyio.fail_after(30):
            while len(await store.effects()) < count:
                await anyio.sleep(0.02)

    async with Store.open(postgres) as store:
        assert await run("say", "7", "Please take care of order A-17.") == ""
        silent, command = subprocess.DEVNULL, [*desk, "worker"]
        async with await anyio.open_process(command, env=settings, stdout=silent, stderr=silent) as worker:
            await effects(2)
            [mail] = [call for call in (await store.load("7"))[0].calls if call.name == "send_mail"]
            assert await run("decide", "7", "nothing", "approve") == "there is no call 'nothing'\n"
            assert await run("decide", "7", mail.id, "approve") == ""
            await effects(3)
            worker.terminate()
            await worker.wait()
        last = (await run("show", "7")).splitlines()[-1]
        assert last == "model: Done: charged 48 · sent to ada@example.com · reminded of call Ada"
        assert (await store.load("7"))[0].find_tool(mail.id).approved_by == "grace"
