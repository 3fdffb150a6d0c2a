"""The client: the Responses API, and embeddings beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from chat_core import EmbeddingInput, EmbeddingsResponse
from chat_core.client.audio import AudioRules, StreamingSpeakingClient, StreamingTranscribingClient
from chat_responses.client import ResponsesClient
from chat_responses.settings import Settings

from chat_openai.embeddings import decode_embeddings, encode_embeddings

if TYPE_CHECKING:
    from chat_openai.batch import EmbeddingOpenAIBatches, OpenAIBatches
    from chat_openai.decisions.decider import OpenAIDecisions
    from chat_openai.files import OpenAIFiles


# OpenAI's reference and its SDK (openai 3.54.0), November 2026.
_AUDIO = AudioRules(
    "OpenAI",
    formats=("wav", "mp3", "flac", "opus", "aac", "pcm"),
    sound_stream={"stream_format": "sse"},
)


class OpenAIClient(ResponsesClient, StreamingTranscribingClient[Settings], StreamingSpeakingClient[Settings]):
    """A model of OpenAI's. It holds no conversation: any number of chats may share it.

    Transcriptions and speech are by other models, such as "gpt-transcribe": pass `model`, or build a client
    for it. "tts-1" and "whisper-1" do not stream.
    """

    AUDIO = _AUDIO

    def __init__(self, settings: Settings, deployment: str = "") -> None:
        """`deployment` is the path under the base URL that all but Responses has at some servers."""
        super().__init__(settings)
        self._deployment = deployment

    @property
    def _audio_path(self) -> str:
        return f"{self._deployment}/audio"

    @property
    def batches(self) -> OpenAIBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_openai.batch import OpenAIBatches

        return OpenAIBatches(self._settings)

    @property
    def files(self) -> OpenAIFiles:
        """The files of the account."""
        from chat_openai.files import OpenAIFiles

        return OpenAIFiles(self._settings)

    @property
    def decisions(self) -> OpenAIDecisions:
        """Answers with probabilities to questions about a conversation, of a model that makes decisions."""
        from chat_openai.decisions.decider import OpenAIDecisions

        return OpenAIDecisions(self._settings)


class EmbeddingOpenAIClient(OpenAIClient):
    """A client built `.with_embeddings()`."""

    def __init__(self, settings: Settings, dimensions: int | None = None, deployment: str = "") -> None:
        """`deployment` is the path under the base URL that the embeddings have at some servers."""
        super().__init__(settings, deployment)
        self._dimensions = dimensions

    @property
    def batches(self) -> EmbeddingOpenAIBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_openai.batch import EmbeddingOpenAIBatches

        return EmbeddingOpenAIBatches(self._settings, self._dimensions)

    @property
    def embedding_batch(self) -> int:
        """How many inputs one request may hold."""
        return 2048

    @property
    def embedding_inputs(self) -> frozenset[str]:
        """What it makes vectors of: texts, and lists of token ids."""
        return frozenset({"text", "tokens"})

    async def embed(self, inputs: Sequence[EmbeddingInput], /) -> EmbeddingsResponse:
        """Return one vector per input, in order, by one request. Raises a `ChatError`; retries nothing.

        An input is a text, or the ids of its tokens.
        """
        if not inputs:
            return EmbeddingsResponse(())
        encoded = encode_embeddings(
            inputs, model=self.model, dimensions=self._dimensions, extra=self._settings.embeddings_extra
        )
        decode = partial(decode_embeddings, count=len(inputs))
        return await self._send("POST", f"{self._deployment}/embeddings", decode, encoded.body)
