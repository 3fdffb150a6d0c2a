"""The client: Chat Completions at Groq, and its speech."""

from __future__ import annotations

from chat_completions.media_client import SpeakingClient, TranscribingClient


class GroqClient(TranscribingClient, SpeakingClient):
    """A model at Groq. It holds no conversation: any number of chats may share it."""
