"""Cache points on the parts of messages: OpenAI's breakpoints, or the `cache_control` of gateways.

Facts: the API references of OpenAI, OpenRouter and LiteLLM, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from chat_core import CacheLifetime, Notice, Origin
from chat_core.types.cache_points import CachePoint
from chat_core.wire import (
    UNMARKED_POINT,
    dropped_points,
    explicit_breakpoint,
    has_breakpoints,
    unwritten_points,
)

from chat_completions.dialect import Dialect
from chat_completions.wire import CacheControl, ContentPart, SentMessage

_MOST_CONTROLS = 4  # of Claude, which gateways hand them on to
_OFFERED: tuple[CacheLifetime, ...] = ("5m", "1h")


def takes_cache_points(dialect: Dialect, origin: Origin) -> bool:
    """Return whether parts can be marked for this model."""
    if dialect.messages.system_first:  # where instructions are joined to one text
        return False
    match dialect.messages.cache_points:
        case "breakpoint":
            return has_breakpoints(origin.model)
        case "cache_control":
            return True
        case None:
            return False


def mark(content: list[ContentPart], point: CachePoint, dialect: Dialect, notices: list[Notice]) -> None:
    """Mark the last part that is not blank; a point without a part before it gives a notice."""
    last = next((part for part in reversed(content) if part["type"] != "text" or part["text"].strip()), None)
    if last is None:
        notices.append(UNMARKED_POINT)
    elif dialect.messages.cache_points == "breakpoint":
        last["prompt_cache_breakpoint"] = explicit_breakpoint(point)
    else:
        last["cache_control"] = CacheControl(type="ephemeral")
        if point.among(_OFFERED) == "1h":
            last["cache_control"] = CacheControl(type="ephemeral", ttl="1h")
        if point.ttl == "12h":
            notices.append(Notice("cache_point", "a cached prompt is kept for an hour at most"))


def is_marked(part: ContentPart) -> bool:
    """Return whether a part carries a mark, so that it cannot become plain text."""
    return "prompt_cache_breakpoint" in part or "cache_control" in part


def limited(
    messages: list[SentMessage], dialect: Dialect, options: Mapping[str, object], notices: list[Notice]
) -> list[SentMessage]:
    """Return the messages with as many marks as a request may have, and a notice where there are more.

    Of `cache_control` the earliest of the users' messages go first; of breakpoints the server itself writes
    the latest, and none are taken off.
    """
    marked = [
        (at, number)
        for at, message in enumerate(messages)
        for number, part in enumerate(_parts(message))
        if is_marked(part)
    ]
    if dialect.messages.cache_points == "breakpoint":
        notices += unwritten_points(
            len(marked), cast("Mapping[str, object]", options.get("prompt_cache_options"))
        )
        return messages
    excess = len(marked) - _MOST_CONTROLS
    if excess <= 0:
        return messages
    ordered = sorted(marked, key=lambda place: messages[place[0]]["role"] != "user")
    notices.append(dropped_points(excess, _MOST_CONTROLS))
    dropped = set(ordered[:excess])
    return [_without(message, at, dropped) for at, message in enumerate(messages)]


def _parts(message: SentMessage) -> Sequence[ContentPart]:
    content = message["content"]
    if message["role"] == "assistant" or not isinstance(content, list):
        return ()
    return cast("list[ContentPart]", content)


def _without(message: SentMessage, at: int, dropped: set[tuple[int, int]]) -> SentMessage:
    """Return a message without the marks at these places. The message itself is kept for later requests."""
    if not any(place[0] == at for place in dropped):
        return message
    content = [
        {name: value for name, value in part.items() if name != "cache_control"}
        if (at, number) in dropped
        else part
        for number, part in enumerate(_parts(message))
    ]
    return cast("SentMessage", {**message, "content": content})
