"""A model on its way: what `/api/pull` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_core import ChatResponse, Event, InvalidResponse, Message, StreamTruncated
from chat_core.types.json_values import as_count, as_text
from chat_core.wire.frames import FrameReader

from chat_ollama.native.decode import check_line


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download has come. `status` is Ollama's word for what it does; `total` and `completed` are the bytes of the layer
    `digest`, where it is about one. `fraction` is of all layers named so far: 1.0 at the end, None before the first."""

    status: str
    digest: str | None = None
    total: int | None = None
    completed: int | None = None
    fraction: float | None = None
    total_bytes: int = 0
    completed_bytes: int = 0


class Pull:
    """The machine of one download. The terminal sign is the status "success"."""

    def __init__(self) -> None:
        self._frames = FrameReader("a line of progress")
        self._layers: dict[str, tuple[int, int]] = {}
        self._status = ""
        self.finished = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the terminal sign has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[PullProgress]:
        """What one event says. Raises `ProviderError` for an error line and `InvalidResponse` for an unreadable one."""
        progress: list[PullProgress] = []
        for line in self._frames.read_all(event):
            check_line(line)
            status = as_text(line.get("status"))
            if not status:
                raise InvalidResponse(f"not a line of progress: {event.data[:200]!r}")
            self.finished = status == "success"
            self._status = status
            total, completed = as_count(line.get("total")), as_count(line.get("completed"))
            progress.append(self._progress(status, as_text(line.get("digest")) or None, total, completed))
        return progress

    def broken_off(self) -> StreamTruncated:
        """What to raise where the bytes end without success."""
        reached = f"it got as far as {self._status!r}" if self._status else "nothing came"
        return StreamTruncated(
            f"the download ended without success: {reached}", partial=ChatResponse(Message("model", []))
        )

    def _progress(
        self, status: str, digest: str | None, total: int | None, completed: int | None
    ) -> PullProgress:
        if digest and total is not None:
            completed = completed or 0  # left out while it is 0
            self._layers[digest] = (total, completed)
        whole = sum(size for size, _ in self._layers.values())
        there = sum(size for _, size in self._layers.values())
        fraction = 1.0 if self.finished else there / whole if whole else None
        return PullProgress(status, digest, total, completed, fraction, whole, there)
