"""Batches from synchronous code: those of a chat, and those of a client."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from typing import Generic, Protocol

from typing_extensions import TypeVar

from chat_core.chat.batches import ChatBatches, Conversations
from chat_core.chat.sync_loop import SyncLoop
from chat_core.provider import BatchProvider
from chat_core.types.batch import BatchItem, BatchJob, BatchRequests
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.response import ChatResponse


class _Batches(Protocol):
    """What batches have in common."""

    async def status(self, job: BatchJob, /) -> BatchJob: ...
    async def cancel(self, job: BatchJob, /) -> BatchJob: ...
    async def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = ...,
        timeout: float | None = ...,
        progress: bool | Callable[[BatchJob], object] = ...,
    ) -> BatchJob: ...


B_co = TypeVar("B_co", bound=_Batches, covariant=True)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


class _SyncJobs(Generic[B_co]):
    def __init__(self, batches: B_co, loop: SyncLoop) -> None:
        self._batches = batches
        self._loop = loop

    def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`."""
        return self._loop.run(self._batches.status, job)

    def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = 60.0,
        timeout: float | None = None,
        progress: bool | Callable[[BatchJob], object] = False,
    ) -> BatchJob:
        """Return the job once it has finished, as the async `wait` does. Ctrl-C leaves it running."""
        return self._loop.run(self._batches.wait, job, poll=poll, timeout=timeout, progress=progress)

    def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job. Raises a `ChatError`."""
        return self._loop.run(self._batches.cancel, job)


class SyncBatches(_SyncJobs[ChatBatches[V_co]], Generic[V_co]):
    """The methods of `chat.batches` without `await`; `sync_chat.batches` is one of these."""

    def submit(self, conversations: Conversations, /, *, options: ChatOptions | None = None) -> BatchJob:
        """Start a batch of one turn of each conversation, as `ChatBatches.submit` does."""
        return self._loop.run(self._batches.submit, conversations, options=options)

    def results(
        self, job: BatchJob, conversations: Mapping[str, Messages] | None = None, /
    ) -> AbstractContextManager[Generator[BatchItem[V_co]]]:
        """Yield what became of each conversation: `with batches.results(job) as items: for item in items`.

        They are read some ahead of the consumer, never all at once; leaving the block closes the connection.
        """
        return self._loop.iterate(self._batches.results, job, conversations)


class SyncProviderBatches(_SyncJobs[BatchProvider]):
    """The methods of `client.batches` without `await`; `sync_client.batches` is one of these."""

    def submit(self, requests: BatchRequests, /) -> BatchJob:
        """Start a batch of requests by ids of your choice, as `BatchProvider.submit` does."""
        return self._loop.run(self._batches.submit, requests)

    def results(self, job: BatchJob, /) -> AbstractContextManager[Generator[BatchItem]]:
        """Yield what became of each request: `with batches.results(job) as items: for item in items: ...`."""
        return self._loop.iterate(self._batches.results, job)
