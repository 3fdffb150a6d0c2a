"""The client: Chat Completions at DeepSeek."""

from __future__ import annotations

from chat_completions.client import ChatCompletionsClient


class DeepSeekClient(ChatCompletionsClient):
    """A model at DeepSeek. It holds no conversation: any number of chats may share it.

    `usage.cache_read_tokens` is what DeepSeek calls `prompt_cache_hit_tokens`.
    """
