"""The client: Chat Completions at Groq, and its speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions.media_client import SpeakingClient, TranscribingClient

if TYPE_CHECKING:
    from chat_groq.batch import GroqBatches
    from chat_groq.files import GroqFiles


class GroqClient(TranscribingClient, SpeakingClient):
    """A model at Groq. It holds no conversation: any number of chats may share it."""

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
