"""Cache points as explicit breakpoints on parts of the input."""

from __future__ import annotations

from chat_core import Notice, Opaque, Origin, Part
from chat_core.types.cache_points import CachePoint, as_cache_point
from chat_core.types.message import Message, parts_of
from chat_core.wire import UNMARKED_POINT, explicit_breakpoint, has_breakpoints, joined_text

from chat_responses.dialect import Dialect
from chat_responses.wire import ContentPart


def takes_cache_points(dialect: Dialect, origin: Origin) -> bool:
    """Return whether the server and the model take explicit breakpoints."""
    return dialect.cache_points and has_breakpoints(origin.model)


def mark(content: list[ContentPart], point: CachePoint, notices: list[Notice]) -> int:
    """Put a breakpoint on the last part, and return how many were put: none, with a notice, where there is no
    part.
    """
    if not content:
        notices.append(UNMARKED_POINT)
        return 0
    content[-1]["prompt_cache_breakpoint"] = explicit_breakpoint(point)
    return 1


def is_marked(message: Message) -> bool:
    """Return whether a message has a cache point."""
    return any(as_cache_point(part) is not None for part in parts_of(message))


def written(message: Message) -> list[Part]:
    """Return the parts of an instruction that are not empty.

    Raises `ConfigurationError` for what an instruction cannot hold.
    """
    return [part for part in parts_of(message) if isinstance(part, Opaque) or joined_text([part], "system")]
