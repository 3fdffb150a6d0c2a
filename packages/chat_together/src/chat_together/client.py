"""The client: Chat Completions at Together, its images, its speech, and rerank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions.client import EmbeddingChatCompletionsClient
from chat_completions.media_client import DrawingClient
from chat_completions.rerank_client import RerankingClient
from chat_completions.settings import Settings
from chat_core.client.audio import AudioRules, SpeakingClient, TranscribingClient

if TYPE_CHECKING:
    from chat_together.videos import TogetherVideos

_AUDIO = AudioRules("Together", formats=("wav", "mp3", "raw"))


class TogetherClient(DrawingClient, RerankingClient, TranscribingClient[Settings], SpeakingClient[Settings]):
    """A model at Together. It holds no conversation: any number of chats may share it."""

    AUDIO = _AUDIO

    @property
    def videos(self) -> TogetherVideos:
        """Videos of what a text describes, made by the server within minutes."""
        from chat_together.videos import TogetherVideos

        return TogetherVideos(self._settings)

    @property
    def _image_format(self) -> str:
        return "base64"


class EmbeddingTogetherClient(EmbeddingChatCompletionsClient, TogetherClient):
    """A client built `.with_embeddings()`."""
