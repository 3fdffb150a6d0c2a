"""Placeholders in a stream, replaced as their last sign arrives: nothing else waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chat_core.middleware.pii.pseudonyms import Pseudonyms
from chat_core.middleware.pii.rewrite import restored_message
from chat_core.types.events import (
    Done,
    FileReady,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)

_Chunk = TextChunk | ReasoningChunk | RefusalChunk | ToolCallChunk


class StreamRestorer:
    """Puts data in place of placeholders, also where one comes in several chunks.

    state    | event                         | what happens
    ---------|-------------------------------|---------------------------------------------------------
    idle     | a chunk                       | it is passed on, without the placeholder it may break off in
    waiting  | a chunk of the same kind      | joined with what waits, then as in idle
    waiting  | another kind, or `Done`       | what waits is passed on first: it was no placeholder
    """

    def __init__(self, pseudonyms: Pseudonyms, *, typed: bool) -> None:
        self._pseudonyms = pseudonyms
        self._typed = typed
        self._rest: _Chunk | None = None

    def feed(self, event: TurnEvent) -> Iterator[TurnEvent]:
        """Yield what can be shown now."""
        match event:
            case Done(response):
                yield from self.rest()
                message = restored_message(response.message, self._pseudonyms, typed=self._typed)
                yield Done(replace(response, message=message))
            case FileReady():
                yield from self.rest()
                yield event
            case _:
                if self._rest is not None and _stream_of(self._rest) != _stream_of(event):
                    yield from self.rest()
                yield from self._chunk(event)

    def rest(self) -> Iterator[TurnEvent]:
        """Yield what waits, as it came."""
        if self._rest is not None:
            chunk, self._rest = self._rest, None
            yield chunk

    def _chunk(self, chunk: _Chunk) -> Iterator[TurnEvent]:
        text = _text(chunk)
        if self._rest is not None:
            text, self._rest = _text(self._rest) + text, None
        end = self._pseudonyms.begins_placeholder(text)
        if end < len(text):
            self._rest = _with_text(chunk, text[end:])
        if end or not text:
            is_json = isinstance(chunk, ToolCallChunk) or (self._typed and isinstance(chunk, TextChunk))
            yield _with_text(chunk, self._pseudonyms.restore(text[:end], is_json=is_json))


def _stream_of(chunk: _Chunk) -> tuple[object, ...]:
    """Return what a chunk continues: the text, the reasoning, the arguments of one call."""
    if isinstance(chunk, ToolCallChunk):
        return ToolCallChunk, chunk.id
    return type(chunk), isinstance(chunk, TextChunk) and chunk.aside


def _text(chunk: _Chunk) -> str:
    return chunk.arguments if isinstance(chunk, ToolCallChunk) else chunk.text


def _with_text(chunk: _Chunk, text: str) -> _Chunk:
    if isinstance(chunk, ToolCallChunk):
        return ToolCallChunk(chunk.id, chunk.name, text)
    return replace(chunk, text=text)
