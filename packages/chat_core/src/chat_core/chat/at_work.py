"""One call at a time works on a conversation."""

from __future__ import annotations

from chat_core.types.errors import ConversationConflict
from chat_core.types.messages import Messages

_at_work: dict[int, object] = {}  # by the identity of the conversation, which lives as long as the work on it


class AtWork:
    """Holds the conversation for one `complete`, `resume` or `stream`: `with AtWork(messages)`.

    Raises `ConversationConflict` for a second one.
    """

    __slots__ = ("_messages",)

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def __enter__(self) -> None:
        if _at_work.setdefault(id(self._messages), self) is not self:  # one step, also between threads
            raise ConversationConflict(
                "another complete, resume or stream is at work on these messages: wait until it has ended, "
                "or give this call a conversation of its own"
            )

    def __exit__(self, *raised: object) -> None:
        del _at_work[id(self._messages)]
