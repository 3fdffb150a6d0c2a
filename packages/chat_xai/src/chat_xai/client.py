"""The client: Chat Completions at xAI, and its images."""

from __future__ import annotations

from chat_completions.media_client import DrawingClient


class XAIClient(DrawingClient):
    """A model at xAI. It holds no conversation: any number of chats may share it."""
