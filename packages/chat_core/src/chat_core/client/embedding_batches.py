"""Batches of embeddings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import TypeAlias, TypeVar

from chat_core.client.base import ClientSettings
from chat_core.client.batch_wire import EncodedItem
from chat_core.client.batches import Batches
from chat_core.types.batch import Answered, BatchItem, BatchJob, pairs_of
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ConfigurationError
from chat_core.types.json_values import JsonObject, as_count

S = TypeVar("S", bound=ClientSettings)

BatchInputs: TypeAlias = Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str | Sequence[str]]]
"""Texts to embed by ids of the application's choice: one, or several for one id."""


class EmbeddingBatches(Batches[S], ABC):
    """The batches of a client built `.with_embeddings()`: of turns, and of embeddings."""

    async def submit_embeddings(self, inputs: BatchInputs, /) -> BatchJob:
        """Start a batch of embeddings, as `submit` does one of requests."""
        return await self._submit("embeddings", pairs_of(inputs), self._encode_texts)

    async def embeddings(self, job: BatchJob, /) -> AsyncGenerator[BatchItem[EmbeddingsResponse]]:
        """Yield what became of the inputs of each id, as `results` does; the vectors are in their order."""
        self._check(job, "embeddings")

        def answered(id: str, body: JsonObject) -> BatchItem[EmbeddingsResponse]:
            count = as_count(job.memory.get(id, {}).get("count"))
            return Answered(id, self._decode_embeddings(body, 1 if count is None else count))

        async with aclosing(self._items(job, answered)) as items:
            async for item in items:
                yield item

    def _encode_texts(self, inputs: str | Sequence[str]) -> EncodedItem:
        texts = [inputs] if isinstance(inputs, str) else list(inputs)
        if not texts or not all(texts):
            raise ConfigurationError("embeddings need at least one text, and none of them empty")
        memory: JsonObject = {"count": len(texts)} if len(texts) != 1 else {}
        return EncodedItem(self._encode_embeddings(texts), memory, len(texts))

    @abstractmethod
    def _encode_embeddings(self, texts: Sequence[str]) -> Mapping[str, object]:
        """Return the body of a request for the vectors of these texts."""

    @abstractmethod
    def _decode_embeddings(self, body: JsonObject, count: int) -> EmbeddingsResponse:
        """Return the vectors in the body of a result."""
