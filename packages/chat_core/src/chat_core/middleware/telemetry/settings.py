"""What of conversations goes into telemetry, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from chat_core.types.errors import ConfigurationError

Content: TypeAlias = Literal["none", "span", "event", "both"]
"""Where contents go: nowhere, on spans, into events (log records), or both."""

CONTENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
EVENT_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"

_WORDS: dict[str, Content] = {
    "NO_CONTENT": "none",
    "SPAN_ONLY": "span",
    "EVENT_ONLY": "event",
    "SPAN_AND_EVENT": "both",
}
_SWITCHES = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Capture:
    """`on_spans` and `in_events` are about contents; `events` is whether there are events at all."""

    on_spans: bool = False
    in_events: bool = False
    events: bool = False

    @property
    def any_content(self) -> bool:
        """Whether contents go anywhere."""
        return self.on_spans or self.in_events


def capture_of(content: str | None, variables: dict[str, str | None]) -> Capture:
    """Return what to capture. `variables` are of the environment, and hold where `content` is None.

    Raises `ConfigurationError` for a word that is none of the four.
    """
    if content is None:
        word = (variables.get(CONTENT_VARIABLE) or "NO_CONTENT").strip().upper()
        if word not in _WORDS:
            raise ConfigurationError(f"{CONTENT_VARIABLE}={word} is none of {', '.join(_WORDS)}")
        content = _WORDS[word]
    if content not in _WORDS.values():
        raise ConfigurationError(
            f"with_telemetry(content={content!r}): it is one of {', '.join(map(repr, _WORDS.values()))}"
        )
    in_events = content in ("event", "both")
    emit = _SWITCHES.get((variables.get(EVENT_VARIABLE) or "").strip().lower(), in_events)
    return Capture(content in ("span", "both"), in_events and emit, emit)
