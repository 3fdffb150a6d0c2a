"""The batches of a chat from synchronous code."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, aclosing
from typing import Generic, Protocol

from typing_extensions import TypeVar

from chat_core.chat.batches import ChatBatches, Conversations
from chat_core.types.batch import BatchItem, BatchJob
from chat_core.types.messages import Messages
from chat_core.types.options import ChatOptions
from chat_core.types.response import ChatResponse

T = TypeVar("T")
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)


class Calls(Protocol):
    """Runs an async method, and waits for it."""

    def __call__(self, method: Callable[[], Awaitable[T]]) -> T: ...


class ReadsAhead(Protocol):
    """Makes a source of items one for synchronous code."""

    def __call__(
        self, source: AbstractAsyncContextManager[AsyncIterable[T]]
    ) -> AbstractContextManager[Generator[T]]: ...


class SyncBatches(Generic[V_co]):
    """The methods of `chat.batches` without `await`; `sync_chat.batches` is one of these."""

    def __init__(self, batches: ChatBatches[V_co], call: Calls, read_ahead: ReadsAhead) -> None:
        self._batches = batches
        self._call = call
        self._read_ahead = read_ahead

    def submit(self, conversations: Conversations, /, *, options: ChatOptions | None = None) -> BatchJob:
        """Start a batch of one turn of each conversation, as `ChatBatches.submit` does."""
        return self._call(lambda: self._batches.submit(conversations, options=options))

    def status(self, job: BatchJob, /) -> BatchJob:
        """Return the job as it is now. Raises a `ChatError`."""
        return self._call(lambda: self._batches.status(job))

    def wait(
        self,
        job: BatchJob,
        /,
        *,
        poll: float = 60.0,
        timeout: float | None = None,
        progress: bool | Callable[[BatchJob], object] = False,
    ) -> BatchJob:
        """Return the job once it has finished, as `ChatBatches.wait` does. Ctrl-C leaves it running."""
        return self._call(lambda: self._batches.wait(job, poll=poll, timeout=timeout, progress=progress))

    def cancel(self, job: BatchJob, /) -> BatchJob:
        """Stop what still runs, and return the job. Raises a `ChatError`."""
        return self._call(lambda: self._batches.cancel(job))

    def results(
        self, job: BatchJob, conversations: Mapping[str, Messages] | None = None, /
    ) -> AbstractContextManager[Generator[BatchItem[V_co]]]:
        """Yield what became of each conversation: `with batches.results(job) as items: for item in items`.

        They are read some ahead of the consumer, never all at once; leaving the block closes the connection.
        """
        return self._read_ahead(aclosing(self._batches.results(job, conversations)))
