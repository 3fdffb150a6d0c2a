"""The client: the Responses API, and embeddings beside it."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import EmbeddingsResponse
from chat_responses.client import ResponsesClient, Settings

from chat_openai.embeddings import batches, decode_embeddings, encode_embeddings, join


class OpenAIClient(ResponsesClient):
    """A model of OpenAI's. It holds no conversation: any number of chats may share it."""


class EmbeddingOpenAIClient(OpenAIClient):
    """A client built `.with_embeddings()`."""

    def __init__(self, settings: Settings, dimensions: int | None = None) -> None:
        super().__init__(settings)
        self._dimensions = dimensions

    async def embed(self, inputs: Sequence[str], /) -> EmbeddingsResponse:
        """One vector per input, in order; more inputs than the server takes at once go in batches, one after the other."""
        answers: list[EmbeddingsResponse] = []
        for batch in batches(inputs):
            body = encode_embeddings(batch, model=self.model, dimensions=self._dimensions, extra=self._settings.extra)
            answer = await self._send("POST", "/embeddings", body)
            answers.append(decode_embeddings(answer.body, count=len(batch)))
        return join(answers)
