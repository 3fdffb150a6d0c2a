"""The client: Chat Completions at Cerebras."""

from __future__ import annotations

from chat_completions.client import ChatCompletionsClient


class CerebrasClient(ChatCompletionsClient):
    """A model at Cerebras. It holds no conversation: any number of chats may share it."""
