"""Digests of what thinking is bound to.

Newer models refuse a signed block once the instructions, tools or messages before it have changed. Thinking
itself is not digested, since it may be dropped from earlier turns, nor are cache breakpoints, since they
move.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, Protocol, Self, cast

from chat_core import JsonValue
from chat_core.types.json_values import as_list, as_text
from chat_core.types.plain_json import as_json
from chat_core.wire import SentList

from chat_claude.encode.block_facts import Facts
from chat_claude.wire import SIGNED


def digests(body: Mapping[str, object], facts: Facts) -> Iterator[str]:
    """Yield for each message of a request body the digest of what stands before it, and one for its end."""
    head = _bytes([body.get("system"), body.get("tools")])
    messages = body["messages"]
    at, known = 0, _Digests(hashlib.sha256(head), ())
    if isinstance(messages, SentList):
        at, known = messages.known(("digests", head), known)
    so_far, before = known.so_far.copy(), [*known.before]
    for message in islice(as_list(cast("JsonValue", messages)), at, None):
        before.append(so_far.hexdigest()[:32])
        so_far.update(_message_bytes(message, facts))
        at += 1
        if isinstance(messages, SentList) and at == messages.stable:
            messages.keep(("digests", head), _Digests(so_far.copy(), tuple(before)))
    yield from before
    yield so_far.hexdigest()[:32]


class _Hash(Protocol):
    def copy(self) -> Self: ...
    def hexdigest(self) -> str: ...
    def update(self, data: bytes, /) -> None: ...


class _Digests(NamedTuple):
    """The digest of all that has been read, and those of what stands before each message of it."""

    so_far: _Hash
    before: Sequence[str]


def prefix_of_response(body: Mapping[str, object], facts: Facts) -> str:
    """Return the digest of what stands before the response to this body.

    A turn of the model at the end of the body is the beginning of the response, and so not before it.
    """
    messages = as_list(cast("JsonValue", body["messages"]))
    *before, whole = digests(body, facts)
    match messages:
        case [*_, {"role": "assistant"}]:
            return before[-1]
        case _:
            return whole


def _message_bytes(message: JsonValue, facts: Facts) -> bytes:
    """Return what `_bytes` does; the bytes of a block that is sent again are made once."""
    match message:
        case {"role": "user" | "assistant" as role, "content": list(blocks), **rest} if not rest:
            content = b",".join([_block_bytes(block, facts) for block in blocks if not _is_signed(block)])
            return b'{"content":[%b],"role":"%b"}' % (content, role.encode())
        case _:
            return _bytes(message)


def _block_bytes(block: JsonValue, facts: Facts) -> bytes:
    known = facts.get(id(block))
    if known is None:
        return _bytes(block)
    if known.digested is None:
        known.digested = _bytes(block)
    return known.digested


def _bytes(value: object) -> bytes:
    plain = _digested(cast("JsonValue", value))
    return json.dumps(
        plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=as_json
    ).encode()


def _digested(value: JsonValue) -> JsonValue:
    match value:
        case {"role": role, "content": str(text)}:  # the same as one block of text
            return {"role": role, "content": [{"type": "text", "text": text}]}
        case dict():
            return {key: _digested(inner) for key, inner in value.items() if key != "cache_control"}
        case list():
            return [_digested(item) for item in value if not _is_signed(item)]
        case _:
            return value


def _is_signed(block: JsonValue) -> bool:
    return isinstance(block, dict) and as_text(block.get("type")) in SIGNED
