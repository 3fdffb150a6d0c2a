"""A conversation, encoded from where the last request ended: what was sent then is nearly always as it was.

An encoder that has read the messages of a request is kept with the conversation, beside a `Snapshot` of them.
The next request takes a fork of it, and adds the messages that are new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple, Protocol, Self, TypeVar, cast

from chat_core.types.conversation import Conversation, keep_encoders, kept_encoders
from chat_core.types.message import Message
from chat_core.types.snapshot import Snapshot

_MOST = 3  # of these a conversation keeps: for two wires and for the stored form, say


class PrefixEncoder(Protocol):
    """What has been made of the messages so far."""

    def add(self, message: Message, /) -> object:
        """Encode one message more."""
        ...

    def fork(self) -> Self:
        """Return one that goes on from here. Neither changes what both have."""
        ...


E = TypeVar("E", bound=PrefixEncoder)


class _Kept(NamedTuple):
    """An encoder, and what it has read. There are none before the second request: many conversations have
    only one.
    """

    key: tuple[object, ...]
    snapshot: Snapshot | None = None
    encoder: PrefixEncoder | None = None


def encode_from_prefix(
    messages: Conversation,
    key: tuple[object, ...],
    begin: Callable[[], E],
    start: int = 0,
    *,
    whole: bool = False,
) -> E:
    """Return an encoder that has read all messages from `start` on; `begin` makes one that has read none.

    `key` names the encoder, and holds all that it goes by: origin, dialect and so on. With `whole` it goes
    also by what no wire carries, as the stored form does. What an encoder has made must not be changed
    afterwards. Raises what the encoder raises.
    """
    key = (*key, start)
    kept = kept_encoders(messages)
    if not kept:  # the first request of a conversation, and often the only one
        keep_encoders(messages, (_Kept(key),))
        return _add_all(begin(), islice(messages, start, None))
    known = _known(kept, key)
    if known is None:
        _keep(messages, _Kept(key))
        return _add_all(begin(), islice(messages, start, None))
    listed = list(messages)
    snapshot, encoder = known.snapshot, cast("E | None", known.encoder)
    _keep(messages, _Kept(key))  # what raises has read a message in part
    if snapshot is None or encoder is None or not snapshot.holds(listed[start : start + snapshot.count]):
        snapshot, encoder = Snapshot(whole=whole), begin()
    at = start + snapshot.count
    end = at + snapshot.extend(listed[at:])
    _add_all(encoder, listed[at:end])
    _keep(messages, _Kept(key, snapshot, encoder))
    return _add_all(encoder.fork(), listed[end:])


def _add_all(encoder: E, messages: Iterable[Message]) -> E:
    for message in messages:
        encoder.add(message)
    return encoder


def _known(kept: Iterable[object], key: tuple[object, ...]) -> _Kept | None:
    for one in kept:
        if isinstance(one, _Kept) and one.key == key:
            return one
    return None


def _keep(messages: Conversation, kept: _Kept) -> None:
    """Keep an encoder in place of the one with its key, or of the one that was used the longest time ago."""
    before = kept_encoders(messages)
    others = [one for one in before if isinstance(one, _Kept) and one.key != kept.key]
    keep_encoders(messages, (kept, *others[: _MOST - 1]))
