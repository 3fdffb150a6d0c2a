"""The client: Chat Completions at xAI, and its images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_completions.media_client import DrawingClient

if TYPE_CHECKING:
    from chat_xai.files import XAIFiles


class XAIClient(DrawingClient):
    """A model at xAI. It holds no conversation: any number of chats may share it."""

    @property
    def files(self) -> XAIFiles:
        """The files of the account."""
        from chat_xai.files import XAIFiles

        return XAIFiles(self._settings)
