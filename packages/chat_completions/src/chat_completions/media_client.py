"""The endpoint for images that several vendors of this wire share."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import File

from chat_completions.client import ChatCompletionsClient
from chat_completions.decode.media_endpoints import decode_images


class DrawingClient(ChatCompletionsClient):
    """A client whose server draws images."""

    async def draw(
        self,
        prompt: str,
        *,
        n: int = 1,
        model: str | None = None,
        options: Mapping[str, object] | None = None,
    ) -> list[File]:
        """Return `n` images for a prompt. `options` are further fields of the vendor's endpoint, such as a
        size.

        Raises a `ChatError`; retries nothing.
        """
        body = {"model": model or self.model, "prompt": prompt, "n": n, "response_format": self._image_format}
        return await self._send("POST", "/images/generations", decode_images, {**body, **(options or {})})

    @property
    def _image_format(self) -> str:
        """What the vendor calls images as base64."""
        return "b64_json"
