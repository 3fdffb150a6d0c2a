"""Batches over Chat Completions, for servers that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from chat_core import ChatRequest, ChatResponse, EmbeddingsResponse, JsonObject, Origin
from chat_core.client.batch_memory import batch_body, ids_of, memory_of, with_notices
from chat_core.client.batch_wire import EncodedItem
from chat_core.client.embedding_batches import EmbeddingBatches
from chat_core.client.file_batches import FileBatches

from chat_completions.decode import decode_object, embeddings_of
from chat_completions.decode.errors import decode_server_error
from chat_completions.encode import encode, encode_embeddings
from chat_completions.settings import Settings

_NOT_IN_BATCHES = frozenset({"stream", "stream_options", "service_tier"})


class CompletionBatches(FileBatches[Settings]):
    """The batches of a model behind a Chat Completions endpoint.

    A service tier, which a batch does not have, is left out with a notice.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings, settings.dialect.name, partial(decode_server_error, base_url=settings.base_url)
        )

    def _encode_chat(self, request: ChatRequest) -> EncodedItem:
        defaults = self._settings.defaults
        encoded = encode(request, origin=self._origin, defaults=defaults, stream=False)
        body, notices = batch_body(encoded.body, _NOT_IN_BATCHES)
        return EncodedItem(body, memory_of(request.messages, encoded.notices + notices))

    def _decode(self, body: JsonObject, memory: JsonObject, origin: Origin) -> ChatResponse:
        ids, dialect = ids_of(memory), self._settings.dialect
        return with_notices(decode_object(body, origin=origin, dialect=dialect, ids=ids), memory)


class EmbeddingCompletionBatches(CompletionBatches, EmbeddingBatches[Settings]):
    """The batches of a client built `.with_embeddings()`."""

    def _encode_embeddings(self, texts: Sequence[str]) -> Mapping[str, object]:
        settings = self._settings
        return encode_embeddings(
            texts,
            model=settings.model,
            dialect=settings.dialect,
            dimensions=settings.dimensions,
            extra=settings.embeddings_extra,
        )

    def _decode_embeddings(self, body: JsonObject, count: int) -> EmbeddingsResponse:
        return embeddings_of(body, count=count, dialect=self._settings.dialect)
