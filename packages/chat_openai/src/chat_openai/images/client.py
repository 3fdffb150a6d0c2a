"""The client of the Images API: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from functools import partial

from chat_core import ChatRequest, ChatResponse, File, Messages, TurnEvent
from chat_core.client.base import ProviderClient
from chat_responses.client import Settings

from chat_openai.images.decode import decode
from chat_openai.images.encode import Drawing, encode
from chat_openai.images.options import ImageOptions
from chat_openai.images.stream import ImageStreamDecoder


class ImageOpenAIClient(ProviderClient[Settings]):
    """A client built `.with_images()`: a model that answers with pictures, which are `response.files`.

    A chat asks it as any model, with retries, and streams. The prompt is what the user says, with the system's messages before it.
    Pictures in the model's last turn, and those that the user adds, are edited; without any, a new one is drawn. What was said
    before is not sent: this API knows no conversation.
    """

    def __init__(self, settings: Settings, options: ImageOptions) -> None:
        super().__init__(settings, settings.provider)
        self._options = options

    async def draw(self, prompt: str, *pictures: File) -> ChatResponse:
        """New pictures, or these ones as the prompt would have them, by one request. Raises a `ChatError`; retries nothing."""
        return await self.complete(ChatRequest(Messages.from_user(prompt, *pictures)))

    async def complete(self, request: ChatRequest, /) -> ChatResponse:
        """All the pictures at once. Raises a `ChatError`; retries nothing."""
        drawing = self._encode(request, stream=False)
        return await self._send("POST", drawing.path, partial(decode, origin=self._origin), drawing.body)

    def stream(self, request: ChatRequest, /) -> AsyncGenerator[TurnEvent]:
        """Each picture when it is ready, after its previews if any, ending with `Done`. Raises a `ChatError`; retries nothing."""
        drawing = self._encode(request, stream=True)
        return self._stream_response(
            drawing.path, ImageStreamDecoder(origin=self._origin, count=drawing.count), drawing.body
        )

    def _encode(self, request: ChatRequest, *, stream: bool) -> Drawing:
        settings = self._settings
        return encode(
            request, model=settings.model, options=self._options, extra=settings.extra, stream=stream
        )
