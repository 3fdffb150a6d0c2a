"""One call at a time works on a conversation."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from chat_core.types.errors import ConversationConflict
from chat_core.types.messages import Messages

_at_work: dict[int, object] = {}  # by the identity of the conversation, which lives as long as the work on it


@contextmanager
def at_work(messages: Messages) -> Generator[None]:
    """Hold the conversation for one `complete`, `resume` or `stream`.

    Raises `ConversationConflict` for a second one.
    """
    mine = object()
    if _at_work.setdefault(id(messages), mine) is not mine:  # one step, also between threads
        raise ConversationConflict(
            "another complete, resume or stream is at work on these messages: wait until it has ended, "
            "or give this call a conversation of its own"
        )
    try:
        yield
    finally:
        del _at_work[id(messages)]
