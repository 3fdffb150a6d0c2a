"""The rules about cache breakpoints."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import cast

from chat_core import ConfigurationError, JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object
from chat_core.wire import SentList

from chat_claude.encode.block_facts import Facts

_MAX_BREAKPOINTS = 4


def check_breakpoints(body: Mapping[str, object], facts: Facts) -> None:
    """Raise `ConfigurationError` for breakpoints that the server would refuse: too many, or a longer life
    after a shorter.
    """
    fields = cast("JsonObject", body)
    found = [
        control
        for name in ("tools", "system", "messages")
        for control in _breakpoints(fields.get(name), facts)
    ]
    automatic = as_object(fields.get("cache_control"))
    if automatic:
        found.append(automatic)
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


def _breakpoints(value: JsonValue, facts: Facts) -> list[JsonObject]:
    """Return the breakpoints of blocks or tools, in order, those within a block before its own."""
    found: list[JsonObject] = []
    at = 0
    if isinstance(value, SentList):
        at, found = value.known("breakpoints", found)
        if at < value.stable:
            found = found + _breakpoints(value[at : value.stable], facts)
            at = value.stable
            value.keep("breakpoints", found)
        found = found.copy()
    for item in islice(as_list(value), at, None):
        if not isinstance(item, dict):
            continue
        known = facts.get(id(item))
        if known is None:
            found += _breakpoints_of(item, facts)
            continue
        if known.breakpoints is None:
            known.breakpoints = _breakpoints_of(item, facts)
        found += known.breakpoints
    return found


def _breakpoints_of(item: JsonObject, facts: Facts) -> list[JsonObject]:
    content, control = item.get("content"), as_object(item.get("cache_control"))
    within = _breakpoints(content, facts) if isinstance(content, list) else []
    return [*within, control] if control else within


def _last_breakpoint(fields: JsonObject) -> JsonObject:
    """Return the breakpoint of the last block of the conversation, or an empty object."""
    messages = as_list(fields.get("messages"))
    content = as_list(as_object(messages[-1]).get("content")) if messages else []
    return as_object(as_object(content[-1]).get("cache_control")) if content else {}
