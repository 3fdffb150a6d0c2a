"""What is kept with a conversation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from chat_core.types.call_index import CallIndex
from chat_core.types.message import Message


class Conversation(ABC):
    """The base of `Messages`, with a place for what encoders have made of the messages, and for an index of
    the calls.

    `chat_core.wire.encode_from_prefix` fills it. It is neither copied, stored nor compared.
    """

    __slots__ = ("_encoders", "_index")

    def __init__(self) -> None:
        self._encoders: tuple[object, ...] = ()
        self._index: CallIndex | None = None

    @abstractmethod
    def __iter__(self) -> Iterator[Message]: ...


def kept_encoders(conversation: Conversation) -> tuple[object, ...]:
    """Return what is kept with a conversation."""
    return conversation._encoders  # pyright: ignore[reportPrivateUsage]  # a function of this module


def keep_encoders(conversation: Conversation, kept: tuple[object, ...]) -> None:
    """Keep this with a conversation, in place of what was kept."""
    conversation._encoders = kept  # pyright: ignore[reportPrivateUsage]  # a function of this module


def call_index(conversation: Conversation) -> CallIndex:
    """Return the index of a conversation's calls."""
    index = conversation._index  # pyright: ignore[reportPrivateUsage]  # a function of this module
    if index is None:
        index = conversation._index = CallIndex()  # pyright: ignore[reportPrivateUsage]  # the same
    return index
