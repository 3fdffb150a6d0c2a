"""Streams fed to two decoders of one wire: as they are, and one that parses every event."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chat_claude.stream import ClaudeStreamDecoder
from chat_completions.dialect import Dialect
from chat_completions.rules import ReasoningRules
from chat_completions.stream import CompletionsStreamDecoder
from chat_core import ChatError, ChatResponse, Event, Messages, Origin
from chat_core.wire import CallIds
from chat_gemini.stream import GeminiStreamDecoder
from chat_ollama.native.stream import OllamaStreamDecoder
from chat_responses.stream import ResponsesStreamDecoder

ORIGIN = Origin("anyone", "http://localhost", "m")


class Numbered(CallIds):
    """Gives a call without an id the number that it has, so that two decoders give the same."""

    def claim(self, id: str | None) -> str:
        claimed = id if id and not self._is_taken(id) else f"call_{len(self._claimed)}"
        self._claimed.add(claimed)
        return claimed


def completions() -> CompletionsStreamDecoder:
    return CompletionsStreamDecoder(origin=ORIGIN, dialect=Dialect(), ids=Numbered(Messages()))


def tagged_completions() -> CompletionsStreamDecoder:
    dialect = Dialect(reasoning=ReasoningRules(think_tags="tags"))
    return CompletionsStreamDecoder(origin=ORIGIN, dialect=dialect, ids=Numbered(Messages()))


def responses() -> ResponsesStreamDecoder:
    return ResponsesStreamDecoder(origin=ORIGIN, ids=Numbered(Messages()))


def claude() -> ClaudeStreamDecoder:
    return ClaudeStreamDecoder(origin=ORIGIN, ids=Numbered(Messages()), prefix=lambda: "")


def gemini() -> GeminiStreamDecoder:
    return GeminiStreamDecoder(origin=ORIGIN, ids=Numbered(Messages()))


def ollama() -> OllamaStreamDecoder:
    return OllamaStreamDecoder(origin=ORIGIN, ids=Numbered(Messages()))


def tagged_ollama() -> OllamaStreamDecoder:
    return OllamaStreamDecoder(origin=ORIGIN, ids=Numbered(Messages()), think_tags="tags")


def check_alike(new: Callable[[], Any], events: Sequence[Event]) -> int:
    """Check that a decoder shows what one shows that parses every event; return how many it did not parse."""
    fast, slow = new(), new()
    slow._frames.learn = _forget
    parsed = _count_parsed(fast._frames)
    fed = 0
    for event in events:
        fed += 1
        got, wanted = _fed(fast, event), _fed(slow, event)
        assert got == wanted, events[max(0, fed - 4) : fed]
        if isinstance(wanted, _Failed):
            break
    assert _finished(fast) == _finished(slow)
    return fed - len(parsed)


class _Failed(NamedTuple):
    kind: type[ChatError]
    text: str
    partial: object


def _fed(decoder: Any, event: Event) -> object:
    if decoder.finished:
        return "finished"
    try:
        return list(decoder.feed(event)), decoder.finished, decoder.complete
    except ChatError as error:
        return _failed(error)


def _finished(decoder: Any) -> object:
    try:
        return _whole(decoder.finish().response)
    except ChatError as error:
        return _failed(error)


def _failed(error: ChatError) -> _Failed:
    partial = error.partial
    return _Failed(type(error), str(error), _whole(partial) if partial is not None else None)


def _whole(response: ChatResponse) -> object:
    message = json.loads(Messages([response.message]).to_json())
    return message, response.usage, response.raw, response.notices, response.finish_reason, response.id


def _forget(*_: object) -> None:
    """Learn nothing."""


def _count_parsed(frames: Any) -> list[str]:
    """Return a list to which each event that is parsed will be added."""
    parsed: list[str] = []
    for name in ("parse", "read_all"):
        original = getattr(frames, name)

        def counted(event: Event, original: Any = original) -> object:
            parsed.append(event.data)
            return original(event)

        setattr(frames, name, counted)
    return parsed
