"""Ids of tool calls, unique in a conversation; and ids and names as wires take them."""

from __future__ import annotations

import os
import re
from functools import lru_cache

from chat_core.types.conversation import call_index
from chat_core.types.messages import Messages


class CallIds:
    """Ids for the calls of one turn, unique in its conversation: the provider's own where it sent a new one,
    else minted.
    """

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._claimed: set[str] = set()

    def claim(self, id: str | None) -> str:
        """Return this id if it is free, else another; it is taken from now on."""
        claimed = id if id and not self._is_taken(id) else minted_id()
        self._claimed.add(claimed)
        return claimed

    def _is_taken(self, id: str) -> bool:
        return id in self._claimed or call_index(self._messages).has(id, self._messages)


def minted_id() -> str:
    """Return a new id for a call that the provider sent without one, or with one that is taken."""
    return f"call_{os.urandom(12).hex()}"


_ON_EVERY_WIRE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]+")


@lru_cache(maxsize=4096)
def wire_id(
    id: str, pattern: re.Pattern[str] = _ON_EVERY_WIRE, *, length: int = 37, prefix: str = "call_"
) -> str:
    """Return a call's id as a wire takes it: itself where `pattern` matches it, else always the same other
    one.

    The other one is `prefix` and as many characters of a digest as make it `length` characters long.
    """
    if pattern.fullmatch(id):
        return id
    digest = _sha256(id.encode("utf-8", "surrogatepass"))
    return f"{prefix}{digest}"[:length]


def free_wire_id(id: str, other: str, taken: set[str]) -> str:
    """Return `id` where it is not taken, else `other`, else always the same third; it is taken from now on.

    For wires that know calls by the ids that servers gave them, which may come twice.
    """
    free = other if id in taken else id
    while free in taken:
        free = wire_id(f"{free} {len(taken)}")
    taken.add(free)
    return free


@lru_cache(maxsize=4096)
def wire_name(name: str, pattern: re.Pattern[str] = _ON_EVERY_WIRE, *, length: int = 64) -> str:
    """Return a tool's name as a wire takes it: itself where `pattern` matches it, else always the same other
    one.

    The other one keeps the letters, digits, `_` and `-` of the name and ends in a digest, so that two names
    stay two. The engine knows a tool by either name.
    """
    if pattern.fullmatch(name):
        return name
    digest = _sha256(name.encode("utf-8", "surrogatepass"))[:8]
    readable = _OTHER.sub("_", name).strip("_")[: length - 9] or "tool"
    return f"{readable}_{digest}"


def _sha256(data: bytes) -> str:
    import hashlib  # here, because it takes 3 ms and most ids need none

    return hashlib.sha256(data).hexdigest()
