"""The client: Chat Completions at Together, its images, its speech, and rerank."""

from __future__ import annotations

from chat_completions.client import EmbeddingChatCompletionsClient
from chat_completions.media_client import DrawingClient, SpeakingClient, TranscribingClient
from chat_completions.rerank_client import RerankingClient


class TogetherClient(TranscribingClient, SpeakingClient, DrawingClient, RerankingClient):
    """A model at Together. It holds no conversation: any number of chats may share it."""

    @property
    def _image_format(self) -> str:
        return "base64"


class EmbeddingTogetherClient(EmbeddingChatCompletionsClient, TogetherClient):
    """A client built `.with_embeddings()`."""
