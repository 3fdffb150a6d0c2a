"""The rules about cache breakpoints."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import cast

from chat_core import CacheLifetime, ConfigurationError, JsonObject, JsonValue, Notice
from chat_core.types.cache_points import CachePoint
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import UNMARKED_POINT, SentList, dropped_points

from chat_claude.encode.block_facts import Facts
from chat_claude.encode.state import EncodingState
from chat_claude.options import CacheTtl, cache_control
from chat_claude.wire import Block

_MAX_BREAKPOINTS = 4
_AUTOMATIC = Notice("cache_point", "with_prompt_caching() marks the end of the conversation already")
_LENGTHENED = Notice("cache_point", "a cache point before one of an hour lives for an hour too")
_OFFERED: tuple[CacheLifetime, ...] = ("5m", "1h")


def mark_block(blocks: list[Block], point: CachePoint, state: EncodingState) -> None:
    """Put a breakpoint on the last block, which may have one of its own already."""
    if not blocks:
        state.notices[UNMARKED_POINT] = None
        return
    if "cache_control" in blocks[-1]:
        return
    blocks[-1] = cast("Block", {**blocks[-1], "cache_control": cache_control(_lifetime(point, state))})
    state.points.append(blocks[-1])


def _lifetime(point: CachePoint, state: EncodingState) -> CacheTtl | None:
    ttl = point.among(_OFFERED)
    if point.ttl == "12h":
        state.notices[Notice("cache_point", "Claude keeps a cached prompt for an hour at most")] = None
    return "1h" if ttl == "1h" else None  # five minutes is what the server does by itself


def settle_points(body: Mapping[str, object], state: EncodingState) -> Mapping[str, object]:
    """Return the body with common cache points that the server takes, and add a notice for what that changes.

    One on the last block beside automatic caching, and those beyond what a request may have, are taken off:
    the earliest of the messages first, since those of instructions serve other conversations too. One that
    stands before a longer-lived one lives as long.
    """
    if not state.points:
        return body
    fields, points = cast("JsonObject", body), [*state.points]
    if as_object(fields.get("cache_control")) and (last := _last_block(fields)) is not None:
        points = [block for block in points if block is not last]
        if len(points) < len(state.points):
            state.notices[_AUTOMATIC] = None
    others = len(_all_breakpoints(fields, state.facts)) - len(state.points)
    excess = max(0, others + len(points) - _MAX_BREAKPOINTS)
    if excess:
        system = fields.get("system")
        points.sort(key=lambda block: _is_in(block, system))  # stable: each kind stays in order
        state.notices[dropped_points(len(points[:excess]), _MAX_BREAKPOINTS)] = None
        points = points[excess:]
    changed = {id(block): _unmarked(block) for block in state.points if not _is_in(block, points)}
    fields = _with_blocks(fields, changed)
    longer = _lengthened(points, _all_breakpoints(fields, state.facts))
    if longer:
        state.notices[_LENGTHENED] = None
    return _with_blocks(fields, longer)


def _unmarked(block: Block) -> JsonObject:
    return {name: value for name, value in cast("JsonObject", block).items() if name != "cache_control"}


def _lengthened(points: list[Block], breakpoints: list[JsonObject]) -> dict[int, JsonObject]:
    """Return by the id of each block that stands before a breakpoint of an hour what takes its place."""
    last = max((at for at, control in enumerate(breakpoints) if control.get("ttl") == "1h"), default=0)
    earlier = {id(control) for control in breakpoints[:last] if control.get("ttl") != "1h"}
    return {
        id(block): {**cast("JsonObject", block), "cache_control": cache_control("1h")}
        for block in points
        if id(cast("JsonObject", block)["cache_control"]) in earlier
    }


def _with_blocks(fields: JsonObject, changed: Mapping[int, JsonObject]) -> JsonObject:
    """Return a body with other blocks in place of some. What is kept for later requests stays as it is."""
    if not changed:
        return fields

    def replaced(blocks: JsonValue) -> JsonValue:
        if not isinstance(blocks, list):
            return blocks
        return [changed.get(id(block), block) for block in blocks]

    messages: list[JsonValue] = []
    for message in map(as_object, as_list(fields.get("messages"))):
        blocks = as_list(message.get("content"))
        marked = any(id(block) in changed for block in blocks)
        messages.append({**message, "content": replaced(message.get("content"))} if marked else message)
    return {**fields, "system": replaced(fields.get("system")), "messages": messages}


def _is_in(block: Block, blocks: object) -> bool:
    return isinstance(blocks, list) and any(one is block for one in cast("list[object]", blocks))


def check_breakpoints(body: Mapping[str, object], facts: Facts) -> None:
    """Raise `ConfigurationError` for breakpoints that the server would refuse: too many, or a longer life
    after a shorter.
    """
    fields = cast("JsonObject", body)
    found = _all_breakpoints(fields, facts)
    if not found:  # as of most requests
        return
    automatic = as_object(fields.get("cache_control"))
    if len(found) > _MAX_BREAKPOINTS:
        counted = f"{len(found)} cache breakpoints" + (
            ", one of them from with_prompt_caching()" if automatic else ""
        )
        raise ConfigurationError(f"{counted}, {_MAX_BREAKPOINTS} at most: mark fewer parts with cached(...)")
    lifetimes = [as_object(control).get("ttl") or "5m" for control in found]
    if "5m" in lifetimes and "1h" in lifetimes[lifetimes.index("5m") :]:
        raise ConfigurationError(
            "a cache breakpoint of an hour comes after one of five minutes: the longer-lived come first"
        )
    if (
        automatic
        and (last := _last_breakpoint(fields))
        and last.get("ttl", "5m") != automatic.get("ttl", "5m")
    ):
        raise ConfigurationError(
            "the last part is marked with another ttl than with_prompt_caching() has: leave one of them out"
        )


def _all_breakpoints(fields: JsonObject, facts: Facts) -> list[JsonObject]:
    """Return the breakpoints in the order of the prefix; that of automatic caching is the last."""
    found = [
        control
        for name in ("tools", "system", "messages")
        if (blocks := fields.get(name))
        for control in _breakpoints(blocks, facts)
    ]
    automatic = as_object(fields.get("cache_control"))
    return [*found, automatic] if automatic else found


def _breakpoints(value: JsonValue, facts: Facts) -> list[JsonObject]:
    """Return the breakpoints of blocks or tools, in order, those within a block before its own."""
    found: list[JsonObject] = []
    at = 0
    if isinstance(value, SentList) and value.stable:
        at, found = value.known("breakpoints", found)
        if at < value.stable:
            found = found + _breakpoints(value[at : value.stable], facts)
            at = value.stable
            value.keep("breakpoints", found)
        found = found.copy()
    for item in islice(as_list(value), at, None):
        if not isinstance(item, dict):
            continue
        known = facts.get(id(item)) if facts else None
        if known is None:
            content = item.get("content")
            if "cache_control" in item or (type(content) is list and not _is_plain_text(content)):
                found += _breakpoints_of(item, facts)
            continue
        if known.breakpoints is None:
            known.breakpoints = _breakpoints_of(item, facts)
        found += known.breakpoints
    return found


def _is_plain_text(content: list[JsonValue]) -> bool:
    """Return whether the content is one text without marks, as in most messages of a long history."""
    block = content[0] if len(content) == 1 else None
    return type(block) is dict and len(block) == 2 and "type" in block and "text" in block


def _breakpoints_of(item: JsonObject, facts: Facts) -> list[JsonObject]:
    content, control = item.get("content"), item.get("cache_control")
    within = _breakpoints(content, facts) if isinstance(content, list) else []
    return [*within, control] if control and isinstance(control, dict) else within


def _last_breakpoint(fields: JsonObject) -> JsonObject:
    """Return the breakpoint of the last block of the conversation, or an empty object."""
    last = _last_block(fields)
    return {} if last is None else as_object(last.get("cache_control"))


def _last_block(fields: JsonObject) -> JsonObject | None:
    messages = as_list(fields.get("messages"))
    content = as_list(as_object(messages[-1]).get("content")) if messages else []
    return content[-1] if content and isinstance(content[-1], dict) else None
