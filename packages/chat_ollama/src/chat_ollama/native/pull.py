"""The decoder of a download: the lines of `/api/pull`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chat_core import ChatResponse, Event, InvalidResponse, JsonObject, Message, StreamTruncated
from chat_core.types.json_values import as_count, as_text
from chat_core.wire import FrameReader

from chat_ollama.native.decode.frames import check_frame


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download has come.

    `status` is Ollama's word for what it does. `total` and `completed` are the bytes of the layer `digest`,
    where it is about one. `fraction` is of all layers named so far: 1.0 at the end, None before the first.
    """

    status: str
    digest: str | None = None
    total: int | None = None
    completed: int | None = None
    fraction: float | None = None
    total_bytes: int = 0
    completed_bytes: int = 0


class PullDecoder:
    """Makes progress of the lines of one download. The terminal sign is the status "success".

    state    | line                       | what happens
    ---------|----------------------------|--------------------------------------------
    reading  | `status`                   | its progress; "success" finishes
    reading  | `error`, or another error  | `ProviderError`
    reading  | something else             | `InvalidResponse`
    """

    def __init__(self) -> None:
        self._frames = FrameReader("a line of progress")
        self._layers: dict[str, tuple[int, int]] = {}
        self._total = 0
        self._completed = 0
        self._status = ""
        self.finished: bool = False

    def feed(self, event: Event, /) -> Sequence[PullProgress]:
        """Return the progress of one event's lines. Raises `ProviderError` and `InvalidResponse`."""
        return [self._read(frame, event) for frame in self._frames.read_all(event)]

    def feed_all(self, events: Iterable[Event]) -> Iterator[PullProgress]:
        """Yield the progress of events that arrived together, up to the terminal sign."""
        for event in events:
            yield from self.feed(event)
            if self.finished:
                return

    @property
    def complete(self) -> bool:
        """Return whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def truncated(self) -> StreamTruncated:
        """Return the error of a download that ended without success."""
        reached = f"it got as far as {self._status!r}" if self._status else "nothing came"
        return StreamTruncated(
            f"the download ended without success: {reached}", partial=ChatResponse(Message("model", []))
        )

    def _read(self, frame: JsonObject, event: Event) -> PullProgress:
        status = as_text(frame.get("status"))
        if not status:
            check_frame(frame)
            raise InvalidResponse(f"not a line of progress: {event.data[:200]!r}")
        if frame.get("error"):
            check_frame(frame)
        self.finished = status == "success"
        self._status = status
        digest = as_text(frame.get("digest")) or None
        total, completed = as_count(frame.get("total")), as_count(frame.get("completed"))
        if digest and total is not None:
            completed = completed or 0  # the server leaves it out while it is 0
            self._count(digest, total, completed)
        fraction = 1.0 if self.finished else self._completed / self._total if self._total else None
        return PullProgress(status, digest, total, completed, fraction, self._total, self._completed)

    def _count(self, digest: str, total: int, completed: int) -> None:
        total_before, completed_before = self._layers.get(digest, (0, 0))
        self._layers[digest] = (total, completed)
        self._total += total - total_before
        self._completed += completed - completed_before
