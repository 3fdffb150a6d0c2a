"""The client: Chat Completions at xAI, and its images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chat_completions.decode.token_count import decode_count
from chat_completions.media_client import DrawingClient
from chat_core import Messages, ToolDefinition
from chat_core.wire import countable_text

if TYPE_CHECKING:
    from chat_xai.files import XAIFiles


class XAIClient(DrawingClient):
    """A model at xAI. It holds no conversation: any number of chats may share it."""

    @property
    def files(self) -> XAIFiles:
        """The files of the account."""
        from chat_xai.files import XAIFiles

        return XAIFiles(self._settings)

    async def count_tokens(self, messages: Messages, tools: Sequence[ToolDefinition] = ()) -> int:
        """Return how many tokens the texts of these messages, calls, results and tools are to the model.

        xAI counts texts, not requests: the instructions that it puts around them, about 160 tokens, and
        images are not in the number. Facts: its API reference of `/tokenize-text`, November 2026. Raises a
        `ChatError`; retries nothing.
        """
        text = countable_text(messages, tools)
        if not text:
            return 0
        return await self._send("POST", "/tokenize-text", decode_count, {"model": self.model, "text": text})
