"""Conversations as workflows of DBOS, a library that keeps them in Postgres.

A workflow is one advance of a conversation, not the whole of it: a conversation that waits is no workflow. So
it takes no memory, a new version of the program goes on with it, and nothing is sent to one that has ended.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from uuid import NAMESPACE_OID, uuid4, uuid5

from anyio import to_thread
from chat_core import ChatError, JsonObject
from chat_core.types.decisions import ArgumentsChecker
from conversations import Build, Conversations, Given, seconds_to_retry
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from psycopg import AsyncConnection, OperationalError
from store import Store

NAME, ADVANCE, CHATS = "chats", "advance", "chats"  # of the program, of its workflow, and of its queue
LOCKS = 0x43484154  # the first half of the keys of the advisory locks
SESSION = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"


class Workflows(Conversations):
    """Conversations as workflows: one of a conversation runs at a time.

    Postgres knows which workers live: each holds a lock with its number. The workflows of a number that
    nobody holds are done again by the next worker that starts, which takes the first free number, or by
    another one, which looks every `rescue_every` seconds.
    """

    def __init__(
        self,
        url: str,
        client: DBOSClient,
        store: Store,
        build: Build,
        tools: Sequence[ArgumentsChecker] = (),
        *,
        rescue_every: float = 10,
    ) -> None:
        super().__init__(store, build, tools)
        self._url = url
        self._client = client
        self._rescue_every = rescue_every

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        store: Store,
        build: Build,
        tools: Sequence[ArgumentsChecker] = (),
        *,
        rescue_every: float = 10,
    ) -> AsyncGenerator[Workflows]:
        """Open the queue in a database, and make its tables where they are not there yet."""
        await to_thread.run_sync(DBOS.migrate, url)
        client = DBOSClient(system_database_url=url, application_name=NAME, lazy=True)
        try:
            yield cls(url, client, store, build, tools, rescue_every=rescue_every)
        finally:
            await to_thread.run_sync(client.destroy)  # not asyncio's: DBOS has taken and closed its threads

    async def busy(self, id: str) -> bool:
        """Return whether a workflow of a conversation runs, or is about to."""
        found = await self._client.list_workflows_async(
            queue_name=CHATS,
            status=["ENQUEUED", "PENDING"],
            workflow_id_prefix=f"{id} ",
            load_input=False,
            load_output=False,
        )
        return bool(found)

    async def work(self) -> None:
        """Carry conversations on until the process is stopped; what runs then has 20 seconds.

        Raises psycopg's `OperationalError` where Postgres takes this worker for lost.
        """
        connect = AsyncConnection.connect(self._url, autocommit=True, options=SESSION)
        async with await connect as connection:
            number = 0
            while not await _lock(connection, number):
                number += 1
            stopped = asyncio.Event()
            for sign in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
            try:
                await self._launch(number)
                while not stopped.is_set():
                    await self._rescue(connection, number)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), self._rescue_every)
            finally:  # in a thread: workflows run in this event loop, and end while it waits
                await to_thread.run_sync(partial(DBOS.destroy, workflow_completion_timeout_sec=20))

    async def _launch(self, number: int) -> None:
        """Start to run workflows, with those that an earlier worker of this number has left."""
        DBOS(
            config=DBOSConfig(
                name=NAME,
                system_database_url=self._url,
                executor_id=_worker(number),
                # All that lasts is in the table: any version of the program takes up what another has left.
                application_version="1",
                log_level="WARNING",
            )
        )

        @DBOS.workflow(name=ADVANCE)
        async def advance(
            id: str, texts: list[str], decisions: list[JsonObject], seen: dict[str, str], key: str | None
        ) -> None:
            await self._advance(id, Given(texts, decisions, seen, key))

        DBOS.launch()
        await DBOS.register_queue_async(
            CHATS, partition_concurrency=1, worker_concurrency=20, polling_interval_sec=0.5
        )

    async def _add(self, id: str, given: Given) -> None:
        await self._enqueue(id, given.key or str(uuid4()), given)

    async def _enqueue(self, id: str, key: str, given: Given, delay: float | None = None) -> None:
        """Add a workflow. What is added twice under one key runs once."""
        options = EnqueueOptions(
            workflow_name=ADVANCE,
            queue_name=CHATS,
            workflow_id=f"{id} {key}",
            queue_partition_key=id,  # of which one runs at a time
        )
        if delay is not None:
            options["delay_seconds"] = delay
        await self._client.enqueue_async(options, id, **given.as_json())

    async def _advance(self, id: str, given: Given) -> None:
        """The workflow: tries until the conversation waits or has ended, then sets its timer."""
        job, attempts = str(DBOS.workflow_id), 1
        outcome = await DBOS.run_step_async({"name": "carry on"}, self._try, job, id, given, attempts)
        while (wait := outcome["retry_in"]) is not None:
            await DBOS.sleep_async(wait)
            attempts += 1
            outcome = await DBOS.run_step_async({"name": "carry on"}, self._try, job, id, given, attempts)

    async def _try(self, job: str, id: str, given: Given, attempts: int) -> dict[str, float | None]:
        """The step: DBOS may do it again, the table knows what has been done."""
        try:
            wake = await self._carry_on(job, id, given)
        except (ChatError, OperationalError) as error:
            if (wait := seconds_to_retry(error, attempts)) is None and not isinstance(error, ChatError):
                raise
            return {"retry_in": wait}
        if wake is not None:
            # A timer of this job: one that fires a moment early, by another clock, has to set the next one.
            key = f"wakes {wake.isoformat()} {uuid5(NAMESPACE_OID, job)}"
            delay = max(0.0, (wake - datetime.now(UTC)).total_seconds())
            await self._enqueue(id, key, Given(), delay)
        return {"retry_in": None}

    async def _rescue(self, connection: AsyncConnection, number: int) -> None:
        """Have the workflows of lost workers done again."""
        for other in set(await self._running()) - {_worker(number)}:
            lost = int(other.rpartition("-")[2])
            if await _lock(connection, lost):
                left = [id for ids in (await self._running(other)).values() for id in ids]
                await self._client.resume_workflows_async(left, queue_name=CHATS)
                await connection.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, lost])
        await connection.execute("SELECT 1")  # raises where the lock of this worker is gone

    async def _running(self, worker: str | None = None) -> dict[str, list[str]]:
        """Return the workflows that run, or whose worker is lost, by their workers."""
        found: dict[str, list[str]] = {}
        for each in await self._client.list_workflows_async(
            queue_name=CHATS, status="PENDING", executor_id=worker, load_input=False, load_output=False
        ):
            found.setdefault(str(each.executor_id), []).append(each.workflow_id)
        return found


def _worker(number: int) -> str:
    return f"worker-{number}"


async def _lock(connection: AsyncConnection, number: int) -> bool:
    """Return whether a number is free and now this connection's, until it closes."""
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, number])
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
