"""Embeddings of any number of inputs, in as many requests as they take, several of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Protocol, TypeAlias, cast

import anyio

from chat_core.chat.retry import retried
from chat_core.chat.setup import Setup
from chat_core.provider import EmbeddingsProvider, InputEmbeddingsProvider
from chat_core.types.embeddings import EmbeddingInput, EmbeddingsResponse, input_kinds, joined
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.files import File
from chat_core.types.misuse import checked_count, is_a, kind_of
from chat_core.types.progress import ProgressBar
from chat_core.types.usage import Usage

Progress: TypeAlias = bool | Callable[[int, int], object]
"""Whether a bar is shown, or what is called with the number of inputs that have their vectors, and of all."""

_TEXT = frozenset({"text"})


async def embed_all(
    provider: EmbeddingsProvider,
    inputs: str | File | Sequence[EmbeddingInput],
    setup: Setup,
    *,
    concurrency: int,
    progress: Progress,
) -> EmbeddingsResponse:
    """Return one vector per input, in order. Nothing is sent before all inputs are checked.

    Raises `ConfigurationError` for no inputs, for empty ones and for what the client makes no vectors of; the
    error of the first request that fails for good, with the usage of those that succeeded, once the others
    have been cancelled.
    """
    listed = _checked(provider, inputs)
    checked_count(concurrency, "embed(concurrency)", least=1)
    size = provider.embedding_batch or len(listed)
    batches = [listed[start : start + size] for start in range(0, len(listed), size)]
    with closing(_shower(progress, len(listed))) as shown:
        shown.update(0)
        run = _Run(provider, batches, setup, shown)
        if len(batches) == 1:
            await run.work(iter(range(1)))
        else:
            await run.work_at_once(min(concurrency, len(batches)))
        return run.result()


class _Run:
    """The requests of one call: which are to come, what has arrived, and what failed."""

    def __init__(
        self,
        provider: EmbeddingsProvider,
        batches: Sequence[Sequence[EmbeddingInput]],
        setup: Setup,
        shown: _Shower,
    ) -> None:
        self._provider = provider
        self._batches = batches
        self._setup = setup
        self._shown = shown
        self._arrived: dict[int, EmbeddingsResponse] = {}
        self._failure: Exception | None = None
        self._done = 0

    async def work_at_once(self, workers: int) -> None:
        """Send all requests, so many at once. The first failure cancels the others."""
        numbers = iter(range(len(self._batches)))
        async with anyio.create_task_group() as group:
            for _ in range(workers):
                group.start_soon(self._work_in, group.cancel_scope, numbers)

    async def _work_in(self, scope: anyio.CancelScope, numbers: Iterator[int]) -> None:
        await self.work(numbers)
        if self._failure is not None:
            scope.cancel()

    async def work(self, numbers: Iterator[int]) -> None:
        """Send requests one after the other, until there are no more or one has failed."""
        for number in numbers:
            batch = self._batches[number]
            try:
                self._arrived[number] = await _embedded(self._provider, batch, self._setup)
                self._done += len(batch)
                self._shown.update(self._done)
            except Exception as error:  # raised by `result`: a group of tasks would wrap it
                self._failure = self._failure or error
                return

    def result(self) -> EmbeddingsResponse:
        """Return all vectors in order, or raise the failure."""
        if self._failure is None:
            return joined([self._arrived[number] for number in range(len(self._batches))])
        if isinstance(self._failure, ChatError):
            spent = sum((response.usage for response in self._arrived.values()), Usage())
            self._failure.usage = self._failure.usage + spent
        raise self._failure


async def _embedded(
    provider: EmbeddingsProvider, batch: Sequence[EmbeddingInput], setup: Setup
) -> EmbeddingsResponse:
    texts = cast("Sequence[str]", batch)  # which kinds they are has been checked
    hooks, embed = setup.hooks, partial(provider.embed, texts)
    if hooks is None or not hooks.embeddings:
        return await retried(embed, setup.retry, [])
    return await hooks.around_embeddings(provider, partial(retried, embed, setup.retry, []))


def _checked(
    provider: EmbeddingsProvider, inputs: str | File | Sequence[EmbeddingInput]
) -> list[EmbeddingInput]:
    if isinstance(inputs, str | File):
        listed: list[EmbeddingInput] = [inputs]
    elif is_a(inputs, bytes, bytearray) or not is_a(inputs, Sequence):
        raise ConfigurationError(
            f"embed(inputs) takes a text, a File or a list of them, not {kind_of(inputs)}"
        )
    else:
        listed = list(inputs)
    if any(is_a(one, int) for one in listed):
        raise ConfigurationError("embed(inputs) takes token ids as a list in the list: embed([[1, 2, 3]])")
    if not listed:
        raise ConfigurationError("embed(inputs) needs at least one text, and none of them empty")
    taken = provider.embedding_inputs if isinstance(provider, InputEmbeddingsProvider) else _TEXT
    for given in listed:
        if type(given) is str and given:  # as nearly always
            continue
        if other := sorted(input_kinds(given) - taken):
            raise ConfigurationError(
                f"{type(provider).__name__} with {provider.model} makes vectors of "
                f"{', '.join(sorted(taken))}, not of {', '.join(other)}"
            )
    return listed


class _Shower(Protocol):
    def update(self, done: int, /) -> None: ...
    def close(self) -> None: ...


class _Calls:
    """Calls a function of the application's with the number that is done and of all."""

    def __init__(self, call: Callable[[int, int], object], total: int) -> None:
        self._call = call
        self._total = total

    def update(self, done: int) -> None:
        self._call(done, self._total)

    def close(self) -> None:
        """Nothing is open."""


def _shower(progress: Progress, total: int) -> _Shower:
    if progress is True:
        return ProgressBar("embed", total=total, unit="input", desc="embeddings")
    return _Calls(_nothing if progress is False else progress, total)


def _nothing(done: int, total: int) -> None:
    """Show nothing."""
