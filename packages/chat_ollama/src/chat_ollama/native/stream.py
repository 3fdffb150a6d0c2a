"""The machines of Ollama's streams of JSON lines: a turn, and a download. Fed with events, asked at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat_core import Done, Event, InvalidResponse, JsonObject, Notice, Origin, ProviderError, StreamTruncated, TurnEvent
from chat_core.calls import CallIds
from chat_core.jsonvalue import as_count, as_text
from chat_core.received import is_beginning, read_object
from chat_core.refused import decode_error

from chat_ollama.native.assembly import Assembly


class _Lines:
    """The lines of a stream, read. One that is cut is told from one that is broken by whether more comes."""

    def __init__(self) -> None:
        self.cut: InvalidResponse | None = None

    def read(self, event: Event) -> Iterator[JsonObject]:
        for line in event.data.split("\n"):  # one, unless the content type hid that they are lines
            if self.cut is not None:
                raise self.cut
            if not line.strip():
                continue
            try:
                said = read_object(line, "a line of Ollama's stream")
            except InvalidResponse as exc:
                if not is_beginning(line):
                    raise
                self.cut = exc
                return
            if said.get("error"):
                raise decode_error(200, {}, line.encode())
            yield said


class OllamaTurn:
    """The terminal sign is the line with `"done": true`."""

    def __init__(self, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> None:
        self._lines = _Lines()
        self._assembly = Assembly(origin, ids)
        self._notices = notices

    @property
    def finished(self) -> bool:
        """Whether the last line has been fed."""
        return self._assembly.done

    def feed(self, event: Event, /) -> Sequence[TurnEvent]:
        """What one line says. Raises `ProviderError` for a line with an error and `InvalidResponse` for an unreadable one."""
        return [said for line in self._lines.read(event) for said in self._assembly.add(line)]

    def end(self) -> Done:
        """The whole turn. Raises `StreamTruncated` without the last line."""
        if not self.finished:
            cut = StreamTruncated("the stream ended before its line with done", partial=self._assembly.interrupted())
            raise cut from self._lines.cut
        return Done(self._assembly.response(self._notices))


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download is. `status` is the server's word, such as "pulling manifest" or "success"; `digest` the layer that this
    is about, with `completed` of `total` bytes of it. `fraction`, from 0 to 1, is of all the layers known so far, None before there
    are any."""

    status: str
    digest: str | None = None
    completed: int = 0
    total: int | None = None
    fraction: float | None = None


class Pull:
    """A download. The terminal sign is the status "success"."""

    def __init__(self) -> None:
        self._lines = _Lines()
        self._layers: dict[str, tuple[int, int]] = {}
        self._succeeded = False

    def feed(self, event: Event, /) -> Sequence[PullProgress]:
        """What one line says. Raises `ProviderError` for a line with an error and `InvalidResponse` for an unreadable one."""
        return [self._progress(line) for line in self._lines.read(event)]

    def end(self) -> None:
        """Raises `ProviderError` where the stream ended without success."""
        if not self._succeeded:
            raise ProviderError(
                "the download ended before it was complete; pull again to go on with it", retryable=True
            ) from self._lines.cut

    def _progress(self, line: JsonObject) -> PullProgress:
        status, digest = as_text(line.get("status")), as_text(line.get("digest")) or None
        completed, total = as_count(line.get("completed")) or 0, as_count(line.get("total"))  # 0 is left out
        self._succeeded = status == "success"
        if digest and total:
            self._layers[digest] = completed, total
        size = sum(total for _, total in self._layers.values())
        there = sum(completed for completed, _ in self._layers.values())
        return PullProgress(status, digest, completed, total, 1.0 if self._succeeded else there / size if size else None)
