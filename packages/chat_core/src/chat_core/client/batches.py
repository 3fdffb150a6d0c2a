"""The base of every provider's batches: what does not depend on the wire."""

from __future__ import annotations

from abc import ABC
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import anyio
import anyio.lowlevel

from chat_core.client.base import ClientSettings
from chat_core.client.batch_spool import Spool
from chat_core.client.batch_wait import FIRST_POLL, Progress, wait_for
from chat_core.client.batch_wire import BatchWire, EncodedItem, Kind
from chat_core.types.batch import (
    Answered,
    BatchItem,
    BatchJob,
    BatchPart,
    BatchRequests,
    NotRun,
    NotRunReason,
    Refused,
    pairs_of,
)
from chat_core.types.errors import ChatError, ConfigurationError, NotFound, ProviderError
from chat_core.types.json_values import JsonObject
from chat_core.types.request import as_request

S = TypeVar("S", bound=ClientSettings)
T = TypeVar("T")
_LARGE = 64  # requests that are encoded before other tasks have their turn
_NEW = 300.0  # seconds in which a server may not know its own batch
_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)  # between requests for a batch that the server does not know yet
_CANCELLING = 10.0  # seconds for cancelling what a failed submission has left


class Batches(BatchWire[S], ABC):
    """The batches of one model at one server; `client.batches` is one of these.

    A batch costs about half and takes up to a day. Nothing is kept here: a `BatchJob` is all there is.
    """

    async def submit(self, requests: BatchRequests, /) -> BatchJob:
        """Upload the requests and start the batch; more than fit into one become several parts of the job.

        `requests` are requests, conversations or texts by ids of your choice. All are checked and encoded
        before anything is sent, into a temporary file. Raises `ConfigurationError` for an id that is empty,
        double or refused by the server, and for a request that cannot be encoded; a `ChatError` where the
        server does not take a part: parts that it has taken are cancelled.
        """
        return await self._submit(
            "chat", ((id, as_request(given)) for id, given in pairs_of(requests)), self._encode_chat
        )

    async def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`.

        A server that does not know a batch in its first minutes is asked again, for half a minute.
        """
        self._check(job)
        parts = [
            part if part.state != "running" else await self._known(job, partial(self._poll, part))
            for part in job.parts
        ]
        return replace(job, parts=tuple(parts))

    async def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = FIRST_POLL,
        timeout: float | None = None,
        progress: Progress = False,
    ) -> BatchJob:
        """Return the job once it has finished, or as it is after `timeout` seconds.

        The pause between two polls grows from `poll` seconds by half, up to ten minutes. `progress=True`
        shows a bar (the extra `chat-core[progress]`); a function is called with the job after each poll, to
        store it for example. Cancelling the wait leaves the batch running. Raises a `ChatError` where it will
        not pass, or has come five times in a row.
        """
        return await wait_for(self.status, job, poll=poll, timeout=timeout, progress=progress)

    async def results(self, job: BatchJob, /) -> AsyncGenerator[BatchItem]:
        """Yield what became of each request, once each, in the order of the server.

        They are read as they arrive, never all at once. Iterate under `aclosing`. Raises `ConfigurationError`
        while the batch runs, and a `ChatError` where the results cannot be read to their end.
        """
        self._check(job, "chat")
        origin = replace(self._origin, model=job.model)

        def answered(id: str, body: JsonObject) -> BatchItem:
            return Answered(id, self._decode(body, job.memory.get(id, {}), origin))

        async with aclosing(self._items(job, answered)) as items:
            async for item in items:
                yield item

    async def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job; it may take minutes to finish. What is done has results.

        Raises a `ChatError`.
        """
        self._check(job)
        parts = [
            part if part.state != "running" else await self._known(job, partial(self._cancel, part))
            for part in job.parts
        ]
        return replace(job, parts=tuple(parts))

    async def _submit(
        self, kind: Kind, pairs: Iterable[tuple[str, T]], encode: Callable[[T], EncodedItem]
    ) -> BatchJob:
        self._check_server()
        ids: dict[str, None] = {}
        memory: dict[str, JsonObject] = {}
        features: dict[str, None] = {}
        with Spool(self.LIMITS) as spool:
            for id, given in pairs:
                self._check_id(id, ids)
                try:
                    item = encode(given)
                    spool.add(self._line(kind, id, item.body), item.weight)
                except ChatError as error:
                    error.args = (f"request {id!r} of the batch: {error}", *error.args[1:])
                    raise
                ids[id] = None
                features |= dict.fromkeys(item.features)
                if item.memory:
                    memory[id] = item.memory
                if len(ids) % _LARGE == 0:
                    await anyio.lowlevel.checkpoint()
            if not ids:
                raise ConfigurationError("a batch has at least one request: submit({'an-id': ...})")
            parts = await self._create_all(kind, spool, tuple(features))
        origin = self._origin
        return BatchJob(
            origin.provider,
            origin.endpoint,
            origin.model,
            tuple(ids),
            tuple(parts),
            datetime.now(UTC),
            kind,
            memory,
        )

    async def _create_all(self, kind: Kind, spool: Spool, features: tuple[str, ...]) -> list[BatchPart]:
        created: list[BatchPart] = []
        try:
            for part in spool.parts():
                batch = await self._create(kind, spool.lines(part), part.size, features)
                created.append(batch)
        except BaseException:
            with anyio.move_on_after(_CANCELLING, shield=True):
                for made in created:
                    with suppress(ChatError):
                        await self._cancel(made)
            raise
        return created

    async def _items(
        self, job: BatchJob, answered: Callable[[str, JsonObject], BatchItem[T]]
    ) -> AsyncGenerator[BatchItem[T]]:
        job = job if job.finished else await self.status(job)
        if not job.finished:
            raise ConfigurationError(
                f"the batch is still running ({job.raw_state}): job = await client.batches.wait(job)"
            )
        start = 0
        for part in job.parts:
            ids = job.ids[start : start + part.size]
            start += part.size
            async with aclosing(self._part_items(job, part, ids, answered)) as items:
                async for item in items:
                    yield item

    async def _part_items(
        self,
        job: BatchJob,
        part: BatchPart,
        ids: Sequence[str],
        answered: Callable[[str, JsonObject], BatchItem[T]],
    ) -> AsyncGenerator[BatchItem[T]]:
        missing = dict.fromkeys(ids)
        first, rest = await self._known(job, partial(_begun, partial(self._result_lines, part)))
        async with aclosing(rest) as lines:
            line = first
            while line is not None:
                id = self._id_of(line)
                if id in missing:
                    del missing[id]
                    yield self._item(id, line, answered)
                else:
                    self._logger.warning("batch %s has a second or unknown result %r", part.id, id)
                line = await anext(lines, None)
        error = ProviderError(part.error) if part.error else None
        for id in missing:
            yield NotRun(id, _reason(part), error)

    def _item(
        self, id: str, line: JsonObject, answered: Callable[[str, JsonObject], BatchItem[T]]
    ) -> BatchItem[T]:
        try:
            outcome = self._outcome(id, line)
            return answered(id, outcome) if isinstance(outcome, dict) else outcome
        except ChatError as error:
            return Refused(id, error)

    async def _known(self, job: BatchJob, action: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `action`, repeated while the batch is new and the server does not know it."""
        for pause in _PAUSES:
            try:
                return await action()
            except NotFound:
                if (datetime.now(UTC) - job.submitted_at).total_seconds() > _NEW:
                    raise
            await anyio.sleep(pause)
        return await action()

    def _check(self, job: BatchJob, kind: Kind | None = None) -> None:
        """Raise where the job is of another server, or holds something else."""
        origin = self._origin
        if (job.provider, job.base_url) != (origin.provider, origin.endpoint):
            raise ConfigurationError(
                f"this batch is of {job.provider} at {job.base_url}, the client of {origin.provider} at "
                f"{origin.endpoint}: build a client for that server"
            )
        if kind is not None and job.kind != kind:
            method = "embeddings" if job.kind == "embeddings" else "results"
            raise ConfigurationError(f"this batch is of {job.kind}: read it with batches.{method}(job)")

    def _check_id(self, id: object, taken: Mapping[str, None]) -> None:
        """Raise `ConfigurationError` for an id that the results could not come back by."""
        if not isinstance(id, str) or not id.strip() or not id.isprintable():
            raise ConfigurationError(f"a request of a batch has a text as its id, not {id!r}")
        if id in taken:
            raise ConfigurationError(f"two requests of the batch have the id {id!r}: each needs its own")


def _reason(part: BatchPart) -> NotRunReason:
    """Return why a part has no result for one of its requests."""
    return "missing" if part.state == "done" or part.state == "running" else part.state


async def _begun(
    open_lines: Callable[[], AsyncGenerator[JsonObject]],
) -> tuple[JsonObject | None, AsyncGenerator[JsonObject]]:
    """Return the first line, None where there is none, and the generator, which the caller closes."""
    lines = open_lines()
    try:
        return await anext(lines, None), lines
    except BaseException:
        await lines.aclose()
        raise
