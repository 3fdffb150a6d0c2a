"""Cache points at the ends of the instructions, of the tools, and of the user's last message."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chat_core import Notice
from chat_core.types.cache_points import CachePoint
from chat_core.wire import NO_CACHE_POINTS, UNMARKED_POINT, dropped_points

from chat_bedrock.capabilities import Capabilities
from chat_bedrock.settings import Caching
from chat_bedrock.wire import Block, ConverseBody

_NOT_BEFORE = ("document", "video")  # the kinds of blocks that no cache point may follow
_MOST = 4  # in one request; AWS's documentation of prompt caching, November 2026


def point_block(
    point: CachePoint, before: list[Block], capabilities: Capabilities, note: Callable[[Notice], None]
) -> Block | None:
    """Return the cache point of a common mark after these blocks of its message; None, with a notice, where
    it cannot be."""
    if not capabilities.cache_points:
        note(NO_CACHE_POINTS)
    elif not before:
        note(UNMARKED_POINT)
    elif before[-1].keys() & {*_NOT_BEFORE}:
        note(
            Notice(
                "cache_point", "no cache point may follow a document or a video on Bedrock: it had no effect"
            )
        )
    elif "cachePoint" in before[-1]:
        return None
    else:
        ttl = point.among(capabilities.cache_points)
        if point.ttl == "12h" or (point.ttl in ("30m", "1h") and ttl == "5m"):
            longest = "an hour" if ttl == "1h" else "five minutes"
            note(Notice("cache_point", f"this model keeps a cached prompt for {longest} at most"))
        return {"cachePoint": {"type": "default", **({"ttl": "1h"} if ttl == "1h" else {})}}
    return None


def drop_points(body: ConverseBody, points: list[Block], notices: list[Notice]) -> None:
    """Take out the cache points of common marks beyond what a request may have, with a notice: the earliest
    of the messages first, since those of instructions serve other conversations too."""
    excess = sum("cachePoint" in block for blocks in _lists(body) for block in blocks) - _MOST
    if excess <= 0 or not points:
        return
    system = body.get("system", [])
    ours = [block for block in points if not any(block is one for one in system)]
    dropped = [*ours, *(block for block in points if any(block is one for one in system))][:excess]
    for blocks in _lists(body):
        blocks[:] = [block for block in blocks if not any(block is one for one in dropped)]
    notices.append(dropped_points(len(dropped), _MOST))


def _lists(body: ConverseBody) -> Iterator[list[Block]]:
    yield body.get("system", [])
    yield body.get("toolConfig", {}).get("tools", [])
    for message in body.get("messages", []):
        yield message["content"]


def add_cache_points(
    body: ConverseBody, caching: Caching, capabilities: Capabilities, notices: list[Notice]
) -> None:
    """Add the cache points that a client was built with. Where the user has marked a place already, none is
    added."""
    point: Block = {"cachePoint": {"type": "default", **({"ttl": caching.ttl} if caching.ttl else {})}}
    if caching.instructions and (system := body.get("system")):
        _add(system, point)
    tools = body.get("toolConfig", {}).get("tools", [])
    if caching.tools and tools and capabilities.cached_tools:
        _add(tools, point)
    last = body.get("messages", [])[-1]
    if caching.messages and last["role"] == "user" and not _add(last["content"], point):
        notices.append(Notice("prompt_caching", "no block of the last message can be cached"))


def _add(blocks: list[Block], point: Block) -> bool:
    """Add the point after the last block that one may follow. Return whether there is a place for it."""
    if any("cachePoint" in block for block in blocks):
        return True
    for index in range(len(blocks), 0, -1):
        if not blocks[index - 1].keys() & {*_NOT_BEFORE}:
            blocks.insert(index, point)
            return True
    return False
