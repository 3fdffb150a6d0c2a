"""Conversations in a queue: workers are killed, frozen and stopped, and nothing happens twice or is lost."""

# ruff: noqa: ASYNC110  what a worker in another process is at is asked for
from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import pytest
from chat_core import InvalidDecision, JsonObject, Messages
from durable_kit import KILLS, Scene, Workers, kill_at_random

EXAMPLE = Path(__file__).parents[2] / "examples/durable"
sys.path.append(str(EXAMPLE))
if TYPE_CHECKING:
    from conversations import Conversations
    from store import Store

ENGINES = {"procrastinate": ("procrastinate", "psycopg_pool"), "dbos": ("dbos", "psycopg_pool")}
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """procrastinate runs on asyncio."""
    return "asyncio"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """What runs the conversations."""
    if not all(map(find_spec, ENGINES[request.param])):
        pytest.skip(f"{request.param} is not installed: the dev group of pyproject.toml has it")
    return str(request.param)


class Desk:
    """One conversation, and the workers that carry it on."""

    def __init__(
        self, engine: str, url: str, folder: Path, store: Store, conversations: Conversations
    ) -> None:
        self.engine, self.url, self.scene = engine, url, Scene(folder)
        self.store, self.conversations = store, conversations
        self.id = str(uuid4())
        from durable_worker import run

        modules = ["durable_worker", {"dbos": "workflows"}.get(engine, "jobs")]
        self.workers = Workers(run, modules, folder, url, engine)

    def start(self) -> BaseProcess:
        """Start a worker."""
        return self.workers.start()

    async def begin(self) -> None:
        """Begin another conversation."""
        self.id = str(uuid4())
        await self.conversations.say(self.id, "Do it.")

    async def kill(self) -> None:
        """Kill all workers, and have the engine notice it."""
        self.workers.kill()
        await self.silence()

    async def silence(self) -> None:
        """Have the engine take all workers for lost."""
        import psycopg

        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            if self.engine == "dbos":
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                )
            else:
                await connection.execute(
                    "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 h'"
                )

    async def messages(self) -> Messages:
        return (await self.store.load(self.id))[0]

    async def status(self, name: str) -> str:
        return {call.name: call.status.type for call in (await self.messages()).calls}[name]

    async def rest(self) -> Messages:
        """The conversation once nothing but a person can carry it on."""
        with anyio.move_on_after(120):
            # in this order: what is due is started by a job
            while (await self.messages()).next_wake() or await self.conversations.busy(self.id):
                await anyio.sleep(0.02)
            return await self.messages()
        calls = {call.name: call.status for call in (await self.messages()).calls}
        at_work = await self.conversations.busy(self.id)
        pytest.fail(f"after two minutes it still goes on: {at_work=} {calls} {await self.trouble()}")

    async def trouble(self) -> list[object]:
        """What Postgres and the queue are at, for the message of a failure."""
        import psycopg

        statements = [
            "SELECT id, revision, error FROM conversations WHERE body NOT LIKE '%Done.%'",
            "SELECT pid, state, wait_event_type, query FROM pg_stat_activity WHERE query <> ''",
        ]
        if self.engine == "procrastinate":
            statements += [
                "SELECT id, status, task_name, worker_id, attempts, lock, args FROM procrastinate_jobs"
                " WHERE queue_name = 'chats'",
                "SELECT job_id, type, at FROM procrastinate_events ORDER BY id DESC LIMIT 40",
                "SELECT id, now() - last_heartbeat FROM procrastinate_workers",
            ]
        else:
            statements.append("SELECT workflow_uuid, status, executor_id FROM dbos.workflow_status")
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            return [await (await connection.execute(each.encode())).fetchall() for each in statements]

    async def decide(self, name: str, verdict: str, *, key: str | None = None, **more: str) -> None:
        [call] = [call for call in (await self.messages()).calls if call.name == name]
        decision: JsonObject = {"call_id": call.id, "verdict": verdict, **more}
        await self.conversations.decide(self.id, [decision], key=key)

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


@pytest.fixture
async def desk(engine: str, postgres: str, tmp_path: Path) -> AsyncGenerator[Desk]:
    from durable_worker import open_queue
    from store import Store

    async with (
        Store.open(postgres) as store,
        open_queue(engine, postgres, store, Scene(tmp_path)) as conversations,
    ):
        opened = Desk(engine, postgres, tmp_path, store, conversations)
        yield opened
        opened.workers.kill()


async def test_a_conversation_waits_for_a_person_and_a_time_and_goes_on_by_itself(desk: Desk) -> None:
    desk.start()
    (desk.scene.folder / "overloaded").touch()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.rest()
    assert await desk.store.error(desk.id) is None
    assert desk.scene.effects == {"charge": 1, "remind": 1}
    assert await desk.status("send_mail") == "awaiting_approval"

    with pytest.raises(InvalidDecision, match="c1"):
        await desk.decide("charge", "approve")
    await desk.kill()  # so that it still waits in the table
    await desk.decide("send_mail", "approve", key="grace's click", by="grace")
    await desk.decide("send_mail", "approve", key="grace's click", by="grace")  # her browser sends it twice
    await desk.decide("send_mail", "approve", by="eve")
    desk.start()
    messages = await desk.rest()
    await desk.decide("send_mail", "approve", key="grace's click", by="grace")
    assert (messages[-1].text, messages.find_tool("c2").approved_by) == ("Done.", "grace")
    error = str(await desk.store.error(desk.id))
    assert error.endswith("c2 was awaiting_approval when it was decided, and is completed now")

    await desk.conversations.say(desk.id, "Once more.")
    await desk.rest()
    await desk.conversations.say(desk.id, "No, leave it.")
    messages = await desk.rest()
    assert [message.role for message in messages].count("user") == 3
    assert desk.scene.effects["send_mail"] == 1
    assert await desk.store.error(desk.id) is None


@pytest.mark.parametrize(
    ("places", "charges", "sent"),
    [(("model", "after", "sent"), 1, 1), (("before", "approved"), 0, 0)],
)
async def test_what_killed_workers_leave_is_taken_up_and_no_call_runs_twice(
    places: tuple[str, ...], charges: int, sent: int, desk: Desk
) -> None:
    slow = {place: desk.scene.slow(place) for place in places}
    await desk.conversations.say(desk.id, "Do it.")
    for place in places:
        desk.start()
        if place in ("approved", "sent"):
            await desk.rest()
            await desk.decide("charge", "complete", result="looked")
            await desk.decide("send_mail", "approve")
            await desk.decide("send_mail", "approve")  # two persons at once: no approval to run it once more
        await desk.scene.reached(place)
        await desk.kill()
        slow[place].unlink()
    desk.start()

    messages = await desk.rest()
    assert {call.name: call.status.type for call in messages.pending} == {"send_mail": "unknown"}
    assert await desk.finish() == {"send_mail": "unknown"}
    messages = await desk.messages()
    assert (messages[-1].text, messages.find_tool("c1").outcome()) == ("Done.", "looked")
    assert desk.scene.effects == Counter({"charge": charges, "send_mail": sent, "remind": 1}) - Counter()


async def test_a_worker_that_was_frozen_and_taken_for_lost_changes_nothing_when_it_comes_back(
    desk: Desk,
) -> None:
    slow = desk.scene.slow("after")
    frozen = desk.start()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.scene.reached("after")
    assert frozen.pid is not None
    os.kill(frozen.pid, signal.SIGSTOP)
    await desk.silence()
    desk.start()
    assert (await desk.finish())["charge"] == "unknown"
    slow.unlink()
    os.kill(frozen.pid, signal.SIGCONT)
    frozen.terminate()
    with anyio.fail_after(30):
        while frozen.is_alive():
            await anyio.sleep(0.02)

    messages = await desk.rest()
    assert messages[-1].text == "Done."
    assert messages.find_tool("c1").outcome() == "looked: it happened"
    assert desk.scene.effects == {"charge": 1, "send_mail": 1, "remind": 1}


async def test_a_worker_that_is_stopped_ends_what_it_does(desk: Desk) -> None:
    slow = desk.scene.slow("before")
    worker = desk.start()
    await desk.conversations.say(desk.id, "Do it.")
    await desk.scene.reached("before")
    worker.terminate()
    slow.unlink()
    with anyio.fail_after(30):
        while worker.is_alive():
            await anyio.sleep(0.02)
    assert (worker.exitcode, await desk.status("charge")) == (0, "completed")
    desk.start()
    assert await desk.finish() == {"send_mail": "awaiting_approval"}


async def test_workers_are_killed_at_random_moments(desk: Desk) -> None:
    figures = await kill_at_random(desk)
    assert (figures.kills, figures.twice, figures.lost) == (KILLS, 0, 0)
    assert figures.calls["completed"] == 3 * figures.conversations


async def test_the_example_runs_as_its_page_says(engine: str, postgres: str) -> None:
    from store import Store

    settings = {
        "QUEUE": engine,
        "DATABASE_URL": postgres,
        "REMIND_AFTER": "0",
        "CHAT_BASE_URL": "",
        "USER": "grace",
    }
    settings = {**os.environ, **settings}
    desk = [sys.executable, "-W", "error", str(EXAMPLE / "desk.py")]
    id = f"{engine} 7"

    async def run(*arguments: str) -> str:
        command = [*desk, *arguments]
        done = await anyio.run_process(command, env=settings, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode()

    async def effects(count: int) -> None:
        with anyio.fail_after(30):
            while len(await store.effects()) < before + count:
                await anyio.sleep(0.02)

    async with Store.open(postgres) as store:
        before = len(await store.effects())  # of the other engine
        assert await run("say", id, "Please take care of order A-17.") == ""
        silent, command = subprocess.DEVNULL, [*desk, "worker"]
        async with await anyio.open_process(command, env=settings, stdout=silent, stderr=silent) as worker:
            try:
                await effects(2)
                [mail] = [call for call in (await store.load(id))[0].calls if call.name == "send_mail"]
                assert await run("decide", id, "nothing", "approve") == "there is no call 'nothing'\n"
                assert await run("decide", id, mail.id, "approve") == ""
                await effects(3)
                worker.terminate()
                with anyio.fail_after(60):
                    await worker.wait()
            except BaseException:
                worker.kill()
                raise
        last = (await run("show", id)).splitlines()[-1]
        assert last == "model: Done: charged 48 · sent to ada@example.com · reminded of call Ada"
        assert (await store.load(id))[0].find_tool(mail.id).approved_by == "grace"
