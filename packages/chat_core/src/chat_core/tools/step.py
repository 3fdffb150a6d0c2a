"""What a function that chooses the tools of a turn may know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from typing_extensions import TypeVar

from chat_core.types.message import Message
from chat_core.types.messages import Messages

D_co = TypeVar("D_co", covariant=True, default=object)


@dataclass(frozen=True, slots=True)
class Step(Generic[D_co]):
    """A turn of the model that is about to be made, or whose calls are about to run.

    All of it follows from the conversation and from `deps`, so that it is the same after a restart: a
    function that looks at nothing else chooses the same tools for the calls of a turn as for the turn itself.
    """

    deps: D_co
    _conversation: Messages = field(default_factory=Messages, repr=False)
    _length: int = 0

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation before the turn. To be read only."""
        return tuple(self._conversation[at] for at in range(self._length))

    @property
    def number(self) -> int:
        """Which turn of the model it is since the user's last message, from 1."""
        turns = 0
        for at in range(self._length - 1, -1, -1):
            if self._conversation[at].role == "user":
                break
            turns += self._conversation[at].role == "model"
        return turns + 1
