"""Endpoints beside the chat that several vendors share: transcription, speech, images.

A vendor's client adds those it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from chat_core import File
from chat_core.wire.multipart import encode_form

from chat_completions.client import ChatCompletionsClient
from chat_completions.decode.media_endpoints import decode_images, decode_transcription


class TranscribingClient(ChatCompletionsClient):
    """A client whose server turns speech into text."""

    async def transcribe(
        self, file: File, *, model: str | None = None, language: str | None = None, prompt: str | None = None
    ) -> str:
        """Return the text that is spoken in a file with bytes.

        `model` is by default the client's own. Raises a `ChatError`; retries nothing.
        """
        form = encode_form({"model": model or self.model, "language": language, "prompt": prompt}, file)
        headers = {"content-type": form.content_type}
        return await self._send("POST", "/audio/transcriptions", decode_transcription, form.body, headers)


class SpeakingClient(ChatCompletionsClient):
    """A client whose server reads text aloud."""

    async def speak(self, text: str, *, voice: str, model: str | None = None, format: str = "wav") -> File:
        """Return a text as speech in a format such as "wav". Raises a `ChatError`; retries nothing."""
        body = {"model": model or self.model, "input": text, "voice": voice, "response_format": format}
        return await self._send(
            "POST", "/audio/speech", partial(File.from_bytes, mimetype=f"audio/{format}"), body
        )


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
