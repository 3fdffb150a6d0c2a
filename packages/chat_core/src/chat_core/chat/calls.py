"""The tool calls of a conversation, from one walk over it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import islice

from chat_core.types.call_ids import minted_id
from chat_core.types.call_status import Failed, Pending
from chat_core.types.message import FinishReason, Message, calls_of
from chat_core.types.messages import Messages
from chat_core.types.tool_call import ToolCall


class Calls:
    """The calls that are open, and the ids that are taken.

    Each message is walked once, however many turns follow.
    """

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._walked = 0
        self._ids: set[str] = set()
        self._unreported: list[ToolCall] = []
        self.update()
        self._unreported = self.open  # what was resolved before this call began has been reported

    def update(self) -> None:
        """Walk the messages that have been appended since the last walk."""
        new = islice(self._messages, self._walked, None)
        calls = calls_of([message for message in new if message.role == "model"])
        self._ids.update([call.id for call in calls])
        self._unreported += calls
        self._walked = len(self._messages)

    @property
    def open(self) -> list[ToolCall]:
        """The calls that are not resolved, in order."""
        return [call for call in self._unreported if not call.resolved]

    @property
    def has_unreported(self) -> bool:
        """Whether any call is open, or resolved and not taken yet."""
        return bool(self._unreported)

    def take_resolved(self) -> list[ToolCall]:
        """Return the calls that have been resolved since they were last taken, in order."""
        resolved = [call for call in self._unreported if call.resolved]
        self._unreported = self.open
        return resolved

    def commit(self, message: Message) -> None:
        """Append a model's message: its calls get ids that are unique, keys, and do not run where the turn is
        not whole.
        """
        reason = message.turn.finish_reason if message.turn else "other"
        for call in message.tool_calls:
            if not call.id or call.id in self._ids:
                call.id = minted_id()
            self._ids.add(call.id)
            call.key = call.key or os.urandom(16).hex()
            if reason in _UNFINISHED and isinstance(call.status, Pending):
                call.status = Failed(f"The turn {_UNFINISHED[reason]}, so {call.name} was not run.")
        self._messages.append(message)
        self.update()


def passed_over(call: ToolCall) -> Failed:
    """Return the status of a call that nothing had decided about when the conversation went on."""
    return Failed(f"The conversation went on before {call.name} was run.")


def pass_over(calls: Iterable[ToolCall]) -> None:
    """Close the calls that nothing has decided about: the conversation goes on without them."""
    for call in calls:
        if isinstance(call.status, Pending):
            call.status = passed_over(call)


_UNFINISHED: dict[FinishReason, str] = {
    "length": "was cut at the token limit",
    "content_filter": "was stopped by the provider's filter",
    "refusal": "ended in a refusal",
}
