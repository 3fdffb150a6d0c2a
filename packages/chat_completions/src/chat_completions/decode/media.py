"""Images, speech and citations in a message."""

from __future__ import annotations

import base64

from chat_core import (
    Citation,
    ConfigurationError,
    File,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Native,
    Origin,
)
from chat_core.types.json_values import as_count, as_object, as_text


def read_image(item: JsonObject) -> File | None:
    """Return the image of an `image_url` part, or None where it is in no form that could be shown."""
    image = item.get("image_url")
    url = as_text(image) or as_text(as_object(image).get("url"))
    try:
        return File.from_url(url)
    except (ConfigurationError, ValueError):
        return None  # the raw body still has it


def read_citation(annotation: JsonValue) -> Citation | None:
    """Return the citation that an annotation is, if it is one."""
    cited = as_object(annotation).get("url_citation")
    if not isinstance(cited, dict):
        return None
    return Citation(
        url=as_text(cited.get("url")) or None,
        title=as_text(cited.get("title")) or None,
        quote=as_text(cited.get("content")) or None,
        start=as_count(cited.get("start_index")),
        end=as_count(cited.get("end_index")),
        raw=cited,
    )


class Speech:
    """The pieces of spoken audio."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}

    def add(self, audio: JsonObject) -> None:
        """Take the `audio` field of a delta or of a message."""
        for name, value in audio.items():
            if isinstance(value, str):
                self._pieces.setdefault(name, []).append(value)

    def file(self, origin: Origin) -> File | None:
        """Return the audio, or None where there is none. Raises `InvalidResponse` for what is no base64."""
        pieces = self._pieces.get("data", [])
        if not any(pieces):  # Snowflake sends an empty one with every turn
            return None
        data = _decoded(pieces)
        mimetype = "audio/wav" if data[:4] == b"RIFF" else "audio/unknown"
        transcript = "".join(self._pieces.get("transcript", [])) or None
        native = Native(origin, {"audio_id": "".join(self._pieces.get("id", [])[:1])})
        return File(mimetype, data, transcript=transcript, native=native)


def _decoded(pieces: list[str]) -> bytes:
    """Return the bytes of pieces that are encoded one by one, or are one text cut anywhere, which may end
    early.
    """
    text = "".join(pieces)
    try:
        return b"".join(base64.b64decode(piece) for piece in pieces)
    except ValueError:
        pass
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except ValueError as exc:
        raise InvalidResponse(f"the audio is not base64: {text[:60]!r}") from exc
