"""The client: Chat Completions at AI21."""

from __future__ import annotations

from chat_completions.client import ChatCompletionsClient


class AI21Client(ChatCompletionsClient):
    """A Jamba model at AI21. It holds no conversation: any number of chats may share it."""
