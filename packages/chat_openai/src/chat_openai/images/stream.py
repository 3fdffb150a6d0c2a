"""The machine of one streamed drawing: fed with events, asked at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chat_core import (
    ChatResponse,
    Done,
    Event,
    File,
    FileReady,
    JsonObject,
    Origin,
    TurnEvent,
    Usage,
)
from chat_core.types.json_values import as_text
from chat_core.wire.frames import FrameReader
from chat_responses.decode import event_error, usage
from chat_responses.items import without

from chat_openai.images.decode import drawn, picture, read


class ImageStreamDecoder:
    """The terminal sign is the last `image_generation.completed` or `image_edit.completed`: there is one for each of the `count`
    pictures that were asked for. Some servers add `[DONE]`, which ends what has any."""

    def __init__(self, *, origin: Origin, count: int = 1) -> None:
        self._origin = origin
        self._count = count
        self._files: list[File] = []
        self._used = Usage()
        self._raw: JsonObject = {}
        self._whole: ChatResponse | None = None
        self._frames = FrameReader("an images event")
        self._done = False

    @property
    def finished(self) -> bool:
        """Whether all the pictures are there."""
        return self._whole is not None or self._done or len(self._files) >= self._count

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """A picture, or a preview of one. Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one."""
        frame = self._frames.read(event)
        if frame is None:
            self._done = self._frames.done and bool(self._files)
            return ()
        if event.type == "body":  # the server ignored `stream` and answered whole
            self._whole = read(frame, self._origin)
            return [FileReady(file) for file in self._whole.files]
        kind = as_text(frame.get("type")) or event.type
        if kind == "error" or frame.get("error"):
            raise event_error(frame)
        if kind.endswith(".partial_image"):
            return (FileReady(replace(self._picture(frame), native=None, preview=True)),)
        if kind.endswith(".completed"):
            return self._completed(frame)
        return ()

    def finish(self) -> Done:
        """All of it. Raises `StreamTruncated` where a picture is missing."""
        if self._whole is not None:
            return Done(self._whole)
        response = drawn(self._files, self._used, self._raw)
        if not self.finished:
            raise self._frames.truncated(
                f"its last picture: {len(self._files)} of {self._count} came", response
            )
        return Done(response)

    def _completed(self, frame: JsonObject) -> Sequence[TurnEvent]:
        file = self._picture(frame)
        self._files.append(file)
        self._used = (
            usage(frame.get("usage")) if len(self._files) == 1 else self._used + usage(frame.get("usage"))
        )
        self._raw = without(frame, "b64_json")
        return (FileReady(file),)

    def _picture(self, frame: JsonObject) -> File:
        return picture(
            {name: value for name, value in frame.items() if name in _OF_A_PICTURE}, frame, self._origin
        )


_OF_A_PICTURE = ("b64_json", "url", "mime_type", "revised_prompt")
