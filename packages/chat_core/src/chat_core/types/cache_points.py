"""Marks that ask a server to cache a prompt up to here, whichever server it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from chat_core.types.errors import ConfigurationError
from chat_core.types.native import Native, Origin
from chat_core.types.parts import Opaque, Part
from chat_core.types.sealed import peek

CacheLifetime: TypeAlias = Literal["5m", "30m", "1h", "12h"]
"""How long a cached prompt is to live at least, since its last use."""

_SECONDS: dict[CacheLifetime, int] = {"5m": 300, "30m": 1800, "1h": 3600, "12h": 43200}
_ORIGIN = Origin("cache_point", "", "")


@dataclass(frozen=True, slots=True)
class CachePoint:
    """What a mark asks for; without `ttl` the server's own lifetime."""

    ttl: CacheLifetime | None = None

    def among(self, offered: tuple[CacheLifetime, ...]) -> CacheLifetime | None:
        """Return the shortest lifetime of those that a server offers which is long enough, else the longest.

        None where the mark leaves it to the server.
        """
        if self.ttl is None:
            return None
        wanted = _SECONDS[self.ttl]
        ordered: list[CacheLifetime] = sorted(offered, key=_seconds)
        enough: list[CacheLifetime] = [ttl for ttl in ordered if _seconds(ttl) >= wanted]
        return enough[0] if enough else ordered[-1]


def _seconds(ttl: CacheLifetime) -> int:
    return _SECONDS[ttl]


def cache_point(ttl: CacheLifetime | None = None) -> Opaque:
    """Return a mark for the part before it: the prompt up to there is cached, where the server can do that.

    `Messages.from_system(manual, cache_point("1h"))`. Claude, Bedrock, OpenAI (from GPT-5.6), OpenRouter and
    LiteLLM honour it; on other servers, at a place that cannot be marked, and where there are more than the
    server takes, it has no effect and gives a `Notice`. A lifetime that a server does not offer becomes the
    next longer one. Raises `ConfigurationError` for other lifetimes.
    """
    if ttl is not None and ttl not in get_args(CacheLifetime):
        raise ConfigurationError(
            f"cache_point({ttl!r}): it is one of {', '.join(map(repr, get_args(CacheLifetime)))}"
        )
    return Opaque(Native(_ORIGIN, {} if ttl is None else {"ttl": ttl}))


def as_cache_point(part: Part) -> CachePoint | None:
    """Return what a mark asks for, or None for any other part."""
    return point_of(part.native) if isinstance(part, Opaque) else None


def point_of(native: Native) -> CachePoint | None:
    """Return what the native data of a mark ask for, or None for other data."""
    if native.origin != _ORIGIN:
        return None
    ttl = peek(native).get("ttl")
    return CachePoint(ttl if ttl in _SECONDS else None)
