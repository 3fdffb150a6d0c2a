"""The client: Chat Completions at Groq, and its speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions.client import ChatCompletionsClient
from chat_completions.settings import Settings
from chat_core.client.audio import AudioRules, SpeakingClient, TranscribingClient

if TYPE_CHECKING:
    from chat_groq.batch import GroqBatches
    from chat_groq.files import GroqFiles


# Groq's reference, November 2026; neither endpoint streams.
_AUDIO = AudioRules("Groq", url_field="url", formats=("wav", "mp3", "flac", "ogg", "mulaw"))


class GroqClient(ChatCompletionsClient, TranscribingClient[Settings], SpeakingClient[Settings]):
    """A model at Groq. It holds no conversation: any number of chats may share it."""

    AUDIO = _AUDIO

    @property
    def batches(self) -> GroqBatches:
        """Many requests that the server runs within a day, at half the price."""
        from chat_groq.batch import GroqBatches

        return GroqBatches(self._settings)

    @property
    def files(self) -> GroqFiles:
        """The files of the account."""
        from chat_groq.files import GroqFiles

        return GroqFiles(self._settings)
