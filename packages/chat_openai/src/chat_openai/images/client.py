"""The client of the Images API: what is sent where, over a transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial

from chat_core import ChatRequest, ChatResponse, File, Messages, TurnEvent
from chat_core.client import AnyRequest, Prepared, TurnClient, as_request
from chat_responses.decode import decode_error
from chat_responses.settings import Settings

from chat_openai.images.decode import decode
from chat_openai.images.encode import EncodedDrawing, encode
from chat_openai.images.options import ImageDefaults, ImageOptions
from chat_openai.images.stream import ImageStreamDecoder


class ImageOpenAIClient(TurnClient[Settings]):
    """A model that only draws. Its pictures are `response.files`.

    A chat uses it as any model, with retries, and streams. The prompt is the user's text, with the system's
    messages before it. Pictures in the model's last turn, and those that the user adds, are edited; without
    any, a new one is drawn. Older messages are not sent: this API knows no conversation.
    """

    def __init__(self, settings: Settings, options: ImageOptions, deployment: str = "") -> None:
        """`deployment` is the path under the base URL that the images have at some servers."""
        super().__init__(settings, settings.provider, decode_error)
        self._deployment = deployment
        self._defaults = ImageDefaults(options, settings.defaults.extra)

    async def draw(self, prompt: str, *pictures: File) -> ChatResponse:
        """Return new pictures, or these ones changed as the prompt describes.

        Raises a `ChatError`; retries nothing.
        """
        return await self.complete(ChatRequest(Messages.from_user(prompt, *pictures)))

    async def complete(self, given: AnyRequest, /) -> ChatResponse:
        """Return all the pictures at once. Raises a `ChatError`; retries nothing."""
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=False)
        decode_here = partial(decode, origin=self._origin)
        response = await self._send("POST", path, decode_here, encoded.body, headers)
        return replace(response, notices=response.notices + encoded.notices)

    def stream(self, given: AnyRequest, /) -> AsyncGenerator[TurnEvent]:
        """Yield each picture when it is ready, after its previews if any, ending with `Done`.

        Raises a `ChatError`; retries nothing.
        """
        request = as_request(given)
        path, encoded, headers = self._prepare(request, stream=True)
        decoder = ImageStreamDecoder(origin=self._origin, count=encoded.count, notices=encoded.notices)
        return self._stream_response(path, decoder, encoded.body, headers)

    def _prepare(self, request: ChatRequest, *, stream: bool) -> Prepared[EncodedDrawing]:
        encoded = encode(request, origin=self._origin, defaults=self._defaults, stream=stream)
        return Prepared(self._deployment + encoded.path, encoded)
