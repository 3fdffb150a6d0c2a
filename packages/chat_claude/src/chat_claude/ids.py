"""Ids of tool calls as the wire takes them."""

from __future__ import annotations

import hashlib
import re

_TAKEN = re.compile(r"[a-zA-Z0-9_-]+")


def wire_id(id: str) -> str:
    """The id itself where the wire takes it, else one made of it: always the same, and another for another."""
    return id if _TAKEN.fullmatch(id) else f"toolu_{hashlib.sha256(id.encode()).hexdigest()[:24]}"
