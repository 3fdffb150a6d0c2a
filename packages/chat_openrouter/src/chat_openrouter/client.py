"""The client: Chat Completions at OpenRouter, and what a response cost."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
from chat_core import ChatResponse, JsonObject
from chat_core.wire.read import read_object_with


class OpenRouterClient(ChatCompletionsClient):
    """A model at OpenRouter. It holds no conversation: any number of chats may share it."""

    async def generation(self, id: str) -> JsonObject:
        """Return what OpenRouter knows of a response by its `id`: costs, latency, who served it.

        Raises a `ChatError`.
        """
        path = f"/generation?id={quote(id, safe='')}"
        return await self._send("GET", path, partial(read_object_with, what="a generation", name="data"))

    @staticmethod
    def cost(response: ChatResponse) -> float | None:
        """Return what a response cost, in credits, as OpenRouter states it; None where it does not."""
        cost = response.usage.raw.get("cost")
        return float(cost) if isinstance(cost, int | float) else None


class EmbeddingOpenRouterClient(EmbeddingChatCompletionsClient, OpenRouterClient):
    """A client built `.with_embeddings()`."""
