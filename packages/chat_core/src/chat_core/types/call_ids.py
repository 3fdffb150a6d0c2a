"""Ids of tool calls, unique in a conversation."""

from __future__ import annotations

import os
from functools import cached_property

from chat_core.types.messages import Messages


class CallIds:
    """Ids for the calls of one turn, unique in its conversation: the provider's own where it gave a new one, else minted."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def claim(self, id: str | None) -> str:
        """This id if it is free, else another; taken from now on."""
        claimed = id if id and id not in self._taken else f"call_{os.urandom(12).hex()}"
        self._taken.add(claimed)
        return claimed

    @cached_property
    def _taken(self) -> set[str]:
        return {call.id for call in self._messages.calls}
