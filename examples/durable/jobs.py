"""Conversations as jobs of procrastinate, a queue in Postgres.

A job takes in what somebody wrote or decided, and carries the conversation on until it ends or waits. One
job of a conversation runs at a time. Whatever happens to its worker, the job is done again by another one:
it finds in the table what has been taken in and which calls were started.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from math import ceil
from typing import Protocol, TypeAlias

from chat_core import (
    Chat,
    ChatError,
    ChatModel,
    ChatResponse,
    Complete,
    ConversationConflict,
    DecisionFault,
    InvalidDecision,
    JsonObject,
    Messages,
    Paused,
    ProviderError,
    decisions_from_json,
)
from chat_core.types.decisions import ArgumentsChecker
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, JobAborted
from procrastinate.jobs import Job, Status
from procrastinate.types import JSONDict, JSONValue
from psycopg import OperationalError
from store import Store

Save: TypeAlias = Callable[[Messages], Awaitable[None]]
CHATS, RESCUE = "chats", "chats-rescue"  # names of queues
TAKEN = "jobs"  # the metadata of a conversation: the jobs whose texts and decisions are in it
ATTEMPTS = 8


class Build(Protocol):
    """Makes the chat of a conversation, with `with_checkpoint(save)`."""

    def __call__(self, save: Save, /) -> Chat[ChatModel, Complete | Paused, ChatResponse, Store]: ...


class Conversations:
    """Conversations of a queue, by their ids; a worker of `app` carries them on.

    `tools` check arguments that a person has edited. A job whose worker has given no sign of life for
    `lost_after` seconds is done again; every `rescue_every` seconds (up to 59) a worker looks for those.
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
        self._manager = app.job_manager
        self._store = store
        self._build = build
        self._tools = tools
        self._lost_after = lost_after
        task = app.task(name="advance", queue=CHATS, pass_context=True, retry=AfterErrors())
        self._advance = task(self._run)
        self._wake = app.task(name="wake", queue=CHATS)(self.go_on)
        rescue = app.task(name="rescue", queue=RESCUE, priority=10)(self._rescue)
        app.periodic(cron=f"* * * * * */{rescue_every}")(rescue)

    async def say(self, id: str, *texts: str) -> None:
        """Append what the user wrote, after closing calls that wait. A new id is a new conversation."""
        await self._defer(id, texts=[*texts])

    async def decide(self, id: str, decisions: Sequence[JsonObject]) -> None:
        """Decide about calls that wait, all or none. `decision_schema()` of chat_core describes a decision.

        Raises `InvalidDecision` where one does not fit. They are checked again when their job runs; what no
        longer fits then is not applied, and `Store.error` tells why.
        """
        messages, _ = await self._store.load(id)
        given = decisions_from_json(decisions)
        seen: JsonObject = {
            call.id: call.status.type
            for call in messages.calls
            if call.id in {decision.call_id for decision in given}
        }
        messages.decide(given, tools=self._tools)  # of a copy
        await self._defer(id, decisions=[*decisions], seen=seen)

    async def go_on(self, id: str) -> None:
        """Carry a conversation on: after its error was mended, or because a call is due."""
        await self._defer(id)

    async def busy(self, id: str) -> bool:
        """Return whether a job of a conversation runs, or is about to."""
        jobs = await self._manager.list_jobs_async(queue=CHATS, lock=id)
        return any(job.status in ("todo", "doing") for job in jobs)

    async def _defer(self, id: str, **given: JSONValue) -> None:
        values: JSONDict = {"texts": [], "decisions": [], "seen": {}, **given}
        await self._advance.configure(lock=id).defer_async(id=id, **values)

    async def _run(
        self,
        context: JobContext,
        id: str,
        texts: list[str],
        decisions: list[dict[str, object]],
        seen: dict[str, str],
    ) -> None:
        try:
            messages, known = await self._store.load(id)

            async def save(messages: Messages) -> None:
                nonlocal known
                known = await self._store.save(id, messages, known)

            if (texts or decisions) and _is_new(messages, context.job):
                self._take(messages, texts, decisions, seen)
                await save(messages)
            if _has_next_step(messages):
                await self._build(save).resume(messages, deps=self._store)
            await self._set_timer(id, messages)
        except ConversationConflict:
            # This worker was taken for lost, and another one has gone on. Both have marked the job as done
            # or will do so; a new one makes sure that the conversation goes on, whichever of them dies.
            await self.go_on(id)
        except ChatError as error:
            await self._store.note_error(id, f"{type(error).__name__}: {error}")
            raise

    def _take(
        self, messages: Messages, texts: list[str], decisions: list[dict[str, object]], seen: dict[str, str]
    ) -> None:
        for call_id, status in seen.items():
            # An approval of a call that waits is no approval to run it once more after it has been lost.
            if (now := messages.find_tool(call_id).status.type) != status:
                fault = f"call {call_id} was {status} when it was decided, and is {now} now"
                raise InvalidDecision([DecisionFault(call_id, "already_decided", fault)])
        messages.decide(decisions_from_json(decisions), tools=self._tools)
        if texts:
            messages.close_open_calls()
            messages.add_user(*texts)

    async def _set_timer(self, id: str, messages: Messages) -> None:
        """Have the conversation carried on when its next call is due.

        The timer has no lock: a scheduled job that has the lock of a conversation holds back all later ones.
        """
        if (wake := messages.next_wake()) is not None:
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


@asynccontextmanager
async def open_app(url: str) -> AsyncGenerator[App]:
    """Open the queue in a database, and make its tables where they are not there yet."""
    app = App(connector=PsycopgConnector(conninfo=url))
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        yield app


async def work(app: App) -> None:
    """Carry conversations on until the process is stopped; what runs then has 20 seconds."""
    await app.run_worker_async(
        concurrency=20,
        delete_jobs="successful",
        update_heartbeat_interval=10,
        stalled_worker_timeout=30,
        fetch_job_polling_interval=1,  # how late a call that is due may be
        shutdown_graceful_timeout=20,
    )


class AfterErrors(BaseRetryStrategy):
    """Jobs are done again after errors that may pass, and where their worker was stopped."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when a job is done again, or None."""
        if isinstance(exception, asyncio.CancelledError | JobAborted):
            return RetryDecision(retry_in={"seconds": 0})
        passes = isinstance(exception, OperationalError) or (
            isinstance(exception, ChatError) and exception.retryable
        )
        if not passes or job.attempts >= ATTEMPTS:
            return None
        wait = exception.retry_after if isinstance(exception, ProviderError) else None
        return RetryDecision(retry_in={"seconds": ceil(wait) if wait else 2**job.attempts})


def _is_new(messages: Messages, job: Job) -> bool:
    """Return whether the input of a job is not in the conversation yet, and note that it now is."""
    taken = messages.metadata.get(TAKEN)
    ids = taken if isinstance(taken, list) else []
    if job.id in ids:
        return False
    messages.set_metadata(TAKEN, [*ids, job.id])
    return True


def _has_next_step(messages: Messages) -> bool:
    if not len(messages):
        return False
    last = messages[-1]
    return last.role != "model" or last.interrupted or bool(last.tool_calls)
