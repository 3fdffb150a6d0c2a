"""Batches of OpenAI's: Responses and embeddings at half the price, within a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from chat_core import ChatRequest, ChatResponse, EmbeddingsResponse, JsonObject, Origin
from chat_core.client.batch_memory import batch_body, ids_of, memory_of, with_notices
from chat_core.client.batch_wire import EncodedItem, Kind
from chat_core.client.embedding_batches import EmbeddingBatches
from chat_core.client.file_batches import FileBatches
from chat_responses.decode import decode_error, decode_object
from chat_responses.encode import encode
from chat_responses.memory import Conversation
from chat_responses.settings import Settings

from chat_openai.embeddings import embeddings_of, encode_embeddings

_NOT_IN_BATCHES = frozenset({"stream", "stream_options", "background", "service_tier"})


class OpenAIBatches(FileBatches[Settings]):
    """The batches of a model of OpenAI's, over the Responses API; also at Azure.

    At most 50,000 requests and 200 MB go into one; at Azure the model is a deployment of the type "Global
    Batch". A service tier and the background, which a batch does not have, are left out with a notice.
    """

    ENDPOINTS: ClassVar[Mapping[Kind, str]] = {"chat": "/v1/responses", "embeddings": "/v1/embeddings"}

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, settings.provider, decode_error)

    def _encode_chat(self, request: ChatRequest) -> EncodedItem:
        defaults = self._settings.defaults
        encoded = encode(request, origin=self._origin, defaults=defaults, stream=False)
        body, notices = batch_body(encoded.body, _NOT_IN_BATCHES)
        return EncodedItem(body, memory_of(request.messages, encoded.notices + notices))

    def _decode(self, body: JsonObject, memory: JsonObject, origin: Origin) -> ChatResponse:
        remembers = self._settings.defaults.memory
        conversation = remembers.id if isinstance(remembers, Conversation) else None
        response = decode_object(body, origin=origin, ids=ids_of(memory), conversation=conversation)
        return with_notices(response, memory)


class EmbeddingOpenAIBatches(OpenAIBatches, EmbeddingBatches[Settings]):
    """The batches of a client built `.with_embeddings()`. One holds at most 50,000 inputs."""

    def __init__(self, settings: Settings, dimensions: int | None) -> None:
        super().__init__(settings)
        self._dimensions = dimensions

    def _encode_embeddings(self, texts: Sequence[str]) -> Mapping[str, object]:
        extra = self._settings.embeddings_extra
        return encode_embeddings(texts, model=self.model, dimensions=self._dimensions, extra=extra).body

    def _decode_embeddings(self, body: JsonObject, count: int) -> EmbeddingsResponse:
        return embeddings_of(body, count=count)
