"""Conversations as jobs of procrastinate, a queue in Postgres."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from math import ceil

from chat_core import JsonObject
from chat_core.types.decisions import ArgumentsChecker
from conversations import Build, Conversations, Given, seconds_to_retry
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, JobAborted
from procrastinate.jobs import Job, Status
from procrastinate.types import JSONDict
from store import Store

CHATS, RESCUE = "chats", "chats-rescue"  # names of queues


class Jobs(Conversations):
    """Conversations as jobs: one of a conversation runs at a time.

    A job whose worker has given no sign of life for `lost_after` seconds is done again; every `rescue_every`
    seconds (up to 59) a worker looks for those.
    """

    def __init__(
        self,
        app: App,
        store: Store,
        build: Build,
        tools: Sequence[ArgumentsChecker] = (),
        *,
        lost_after: float = 30,
        rescue_every: int = 10,
    ) -> None:
        super().__init__(store, build, tools)
        self._app = app
        self._manager = app.job_manager
        self._lost_after = lost_after
        task = app.task(name="advance", queue=CHATS, pass_context=True, retry=AfterErrors())
        self._advance = task(self._run)
        self._wake = app.task(name="wake", queue=CHATS)(self.go_on)
        rescue = app.task(name="rescue", queue=RESCUE, priority=10)(self._rescue)
        app.periodic(cron=f"* * * * * */{rescue_every}")(rescue)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        store: Store,
        build: Build,
        tools: Sequence[ArgumentsChecker] = (),
        *,
        rescue_every: int = 10,
    ) -> AsyncGenerator[Jobs]:
        """Open the queue in a database, and make its tables where they are not there yet."""
        app = App(connector=PsycopgConnector(conninfo=url))
        async with app.open_async():
            if not await app.check_connection_async():
                await app.schema_manager.apply_schema_async()
            yield cls(app, store, build, tools, rescue_every=rescue_every)

    async def busy(self, id: str) -> bool:
        """Return whether a job of a conversation runs, or is about to."""
        jobs = await self._manager.list_jobs_async(queue=CHATS, lock=id)
        return any(job.status in ("todo", "doing") for job in jobs)

    async def work(self) -> None:
        """Carry conversations on until the process is stopped; what runs then has 20 seconds."""
        await self._app.run_worker_async(
            concurrency=20,
            delete_jobs="successful",
            update_heartbeat_interval=10,
            stalled_worker_timeout=30,
            fetch_job_polling_interval=1,  # how late a call that is due may be
            shutdown_graceful_timeout=20,
        )

    async def _add(self, id: str, given: Given) -> None:
        values: JSONDict = given.as_json()
        await self._advance.configure(lock=id).defer_async(id=id, **values)

    async def _run(
        self,
        context: JobContext,
        id: str,
        texts: list[str],
        decisions: list[JsonObject],
        seen: dict[str, str],
        key: str | None,
    ) -> None:
        wake = await self._carry_on(str(context.job.id), id, Given(texts, decisions, seen, key))
        if wake is not None:
            await self._set_timer(id, wake)

    async def _set_timer(self, id: str, wake: datetime) -> None:
        """Have the conversation carried on when its next call is due.

        The timer has no lock: a scheduled job that has the lock of a conversation holds back all later ones.
        """
        timer = self._wake.configure(queueing_lock=f"{id} {wake.isoformat()}", schedule_at=wake)
        with suppress(AlreadyEnqueued):
            await timer.defer_async(id=id)

    async def _rescue(self, timestamp: int) -> None:
        """Have the jobs of lost workers done again."""
        for job in await self._manager.get_stalled_jobs(seconds_since_heartbeat=self._lost_after):
            assert job.id is not None
            with suppress(ConnectorException):  # another worker was faster
                if job.queue == CHATS:
                    await self._manager.retry_job(job)
                elif job.queue == RESCUE:
                    await self._manager.finish_job_by_id_async(job.id, Status.ABORTED, delete_job=True)


class AfterErrors(BaseRetryStrategy):
    """Jobs are done again after errors that may pass, and where their worker was stopped."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when a job is done again, or None."""
        if isinstance(exception, asyncio.CancelledError | JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        wait = seconds_to_retry(exception, job.attempts)
        return None if wait is None else RetryDecision(retry_in={"seconds": ceil(wait)})
