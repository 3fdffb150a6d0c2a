"""Cache points at the ends of the instructions, of the tools, and of the user's last message."""

from __future__ import annotations

from chat_core import Notice

from chat_bedrock.capabilities import Capabilities
from chat_bedrock.settings import Caching
from chat_bedrock.wire import Block, ConverseBody

_NOT_BEFORE = ("document", "video")  # the kinds of blocks that no cache point may follow


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
