"""The stream decoder of one drawing: it is fed events and does no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chat_core import ChatResponse, Done, Event, File, FileReady, JsonObject, Notice, Origin, TurnEvent, Usage
from chat_core.types.json_values import as_text
from chat_core.wire import FrameReader
from chat_responses.decode import event_error, is_error_frame, usage
from chat_responses.items import without

from chat_openai.images.decode import drawing, picture, read_drawing

_OF_A_PICTURE: Final = ("b64_json", "url", "mime_type", "revised_prompt")


class ImageStreamDecoder:
    """Decodes the events of one drawing of `count` pictures.

    state    | event                                          | what happens
    ---------|------------------------------------------------|-----------------------------
    begun    | `….partial_image`                              | a preview
    begun    | `….completed`                                  | a picture; with the last one finished
    begun    | `[DONE]`, which some servers add               | finished, if there is any picture
    begun    | a whole response ("body")                      | all its pictures; finished
    begun    | an error in any shape                          | `ProviderError`
    begun    | anything else                                  | nothing
    finished | anything                                       | not fed any more
    """

    def __init__(self, *, origin: Origin, count: int = 1, notices: tuple[Notice, ...] = ()) -> None:
        self._origin = origin
        self._count = count
        self._notices = notices
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
        """Return a picture, or a preview of one.

        Raises `ProviderError` for an error frame and `InvalidResponse` for an unreadable one.
        """
        frame = self._frames.read(event)
        if frame is None:
            self._done = self._frames.done and bool(self._files)
            return ()
        if event.type == "body":  # the server ignored `stream`
            self._whole = read_drawing(frame, self._origin)
            return [FileReady(file) for file in self._whole.files]
        type = as_text(frame.get("type")) or event.type
        if type.endswith(".partial_image"):
            return (FileReady(replace(self._picture(frame), native=None, preview=True)),)
        if type.endswith(".completed"):
            return self._completed(frame)
        if frame.get("error") or is_error_frame(frame, type):
            raise event_error(frame)
        return ()

    def finish(self) -> Done:
        """Return all of it. Raises `StreamTruncated` where a picture is missing."""
        response = self._whole or drawing(self._files, self._used, self._raw)
        if not self.finished:
            missing = f"its last picture: {len(self._files)} of {self._count} came"
            raise self._frames.truncated(missing, response)
        return Done(replace(response, notices=response.notices + self._notices))

    def _completed(self, frame: JsonObject) -> Sequence[TurnEvent]:
        file = self._picture(frame)
        self._files.append(file)
        used = usage(frame.get("usage"))
        self._used = used if len(self._files) == 1 else self._used + used
        self._raw = without(frame, "b64_json")
        return (FileReady(file),)

    def _picture(self, frame: JsonObject) -> File:
        item = {name: value for name, value in frame.items() if name in _OF_A_PICTURE}
        return picture(item, frame, self._origin)
