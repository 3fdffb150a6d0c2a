"""Cache points as explicit breakpoints, which OpenAI's two wires share.

Facts: OpenAI's API reference of `prompt_cache_options` and `prompt_cache_breakpoint`, November 2026: from
GPT-5.6 on; a request writes the latest three, or four where `mode` is "explicit", and looks for up to 80.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from chat_core.types.cache_points import CacheLifetime, CachePoint
from chat_core.types.response import Notice

_OFFERED: tuple[CacheLifetime, ...] = ("30m", "12h")
_SINCE = re.compile(r"gpt-(5\.([6-9]|\d\d)|[6-9]|\d\d)")


class CacheBreakpoint(TypedDict):
    """The field `prompt_cache_breakpoint` of a part; without `ttl` it lives as long as the request says."""

    mode: Literal["explicit"]
    ttl: NotRequired[Literal["30m", "12h"]]


def has_breakpoints(model: str) -> bool:
    """Return whether a model of OpenAI takes explicit breakpoints."""
    return _SINCE.search(model) is not None


def explicit_breakpoint(point: CachePoint) -> CacheBreakpoint:
    """Return the breakpoint of a mark."""
    match point.among(_OFFERED):
        case "30m" | "12h" as ttl:
            return {"mode": "explicit", "ttl": ttl}
        case _:
            return {"mode": "explicit"}


def unwritten_points(count: int, options: Mapping[str, object] | None) -> list[Notice]:
    """Return a notice where there are more cache points than a request writes; `options` are its
    `prompt_cache_options`.

    The server looks for the earlier ones all the same.
    """
    most = 4 if options is not None and options.get("mode") == "explicit" else 3
    if count <= most:
        return []
    return [Notice("cache_point", f"of {count} cache points the server writes the latest {most}")]
