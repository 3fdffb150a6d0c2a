"""Sound that comes in pieces of base64, with its transcript."""

from __future__ import annotations

import base64

from chat_core import File, InvalidResponse

_DATA, _TRANSCRIPT = "response.audio.delta", "response.audio.transcript.delta"


class Sound:
    """The sound of one turn. It is no output item on this wire."""

    def __init__(self) -> None:
        self._pieces: dict[str, list[str]] = {}

    def add(self, type: str, text: str) -> None:
        """Take a piece: `type` is the event's, for sound or for transcript."""
        self._pieces.setdefault(type, []).append(text)

    def parts(self) -> list[File]:
        """Return the sound as a file, or nothing where none came.

        Raises `InvalidResponse` for what is no base64.
        """
        pieces = self._pieces.get(_DATA)
        if not pieces:
            return []
        try:
            data = b"".join(base64.b64decode(piece) for piece in pieces)
        except ValueError as exc:
            raise InvalidResponse(f"the audio is not base64: {pieces[0][:60]!r}") from exc
        transcript = "".join(self._pieces.get(_TRANSCRIPT, ())) or None
        return [File("audio/unknown", data, transcript=transcript)]
