"""The client: Chat Completions at Mistral, and its other endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
from chat_completions.decode import decode
from chat_completions.encode.files import encode_file
from chat_completions.settings import Settings
from chat_core import ChatResponse, File, JsonObject, Messages
from chat_core.client.audio import AudioRules, StreamingSpeakingClient, StreamingTranscribingClient
from chat_core.wire import CallIds
from chat_core.wire.read import read_object_with

if TYPE_CHECKING:
    from chat_mistral.batch import EmbeddingMistralBatches, MistralBatches
    from chat_mistral.files import MistralFiles


# Mistral's reference and its SDK (mistralai 3.7.0), November 2026.
_AUDIO = AudioRules(
    "Mistral",
    url_field="file_url",
    id_field="file_id",
    takes_prompt=False,
    timed_format=None,
    voice_field="voice_id",
    formats=("wav", "mp3", "flac", "opus", "pcm"),
    sound_stream={"stream": True},
)


class MistralClient(
    ChatCompletionsClient, StreamingTranscribingClient[Settings], StreamingSpeakingClient[Settings]
):
    """A model at Mistral. It holds no conversation: any number of chats may share it."""

    AUDIO = _AUDIO

    @property
    def batches(self) -> MistralBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_mistral.batch import MistralBatches

        return MistralBatches(self._settings)

    @property
    def files(self) -> MistralFiles:
        """The files of the account."""
        from chat_mistral.files import MistralFiles

        return MistralFiles(self._settings)

    async def fill_in(self, prefix: str, suffix: str, *, max_tokens: int | None = None) -> ChatResponse:
        """Return what stands between two pieces of code, by a model such as "codestral-latest".

        Raises a `ChatError`.
        """
        body: dict[str, object] = {"model": self.model, "prompt": prefix, "suffix": suffix}
        if max_tokens is not None:
            body["max_tokens"] = max_tokens
        ids = CallIds(Messages())
        read = partial(decode, origin=self._origin, dialect=self._settings.dialect, ids=ids)
        return await self._send("POST", "/fim/completions", read, body)

    async def read_document(self, file: File, *, model: str = "mistral-ocr-latest") -> JsonObject:
        """Return the pages of a document or an image, as Markdown with its images, in `pages`.

        Raises a `ChatError`.
        """
        document = encode_file(file, self._settings.dialect)
        read = partial(read_object_with, what="the pages of a document", name="pages")
        return await self._send("POST", "/ocr", read, {"model": model, "document": document})

    async def moderate(self, texts: Sequence[str], *, model: str = "mistral-moderation-latest") -> JsonObject:
        """Return how Mistral classifies texts, one of `results` each. Raises a `ChatError`."""
        read = partial(read_object_with, what="a moderation", name="results")
        return await self._send("POST", "/moderations", read, {"model": model, "input": list(texts)})


class EmbeddingMistralClient(EmbeddingChatCompletionsClient, MistralClient):
    """A client built `.with_embeddings()`."""

    @property
    def batches(self) -> EmbeddingMistralBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_mistral.batch import EmbeddingMistralBatches

        return EmbeddingMistralBatches(self._settings)
