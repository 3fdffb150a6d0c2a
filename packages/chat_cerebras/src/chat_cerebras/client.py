"""The client: Chat Completions, with the effort that was chosen for it."""

from __future__ import annotations

from dataclasses import replace

from chat_completions.client import ChatCompletionsClient, Settings
from chat_completions.encode import Encoded
from chat_core import ChatRequest


class CerebrasClient(ChatCompletionsClient):
    """A model at Cerebras. It holds no conversation: any number of chats may share it."""

    def __init__(self, settings: Settings, effort: str | None = None) -> None:
        super().__init__(settings)
        self._effort = effort

    def _encode(self, request: ChatRequest, *, stream: bool) -> Encoded:
        if (
            self._effort is not None and request.options.reasoning_effort is None
        ):  # what a chat asks for stands above it
            request = replace(request, options=replace(request.options, reasoning_effort=self._effort))
        return super()._encode(request, stream=stream)
