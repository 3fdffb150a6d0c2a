"""Where a conversation may be cut so that the rest can be sent: calls stay with their results, steps with
their signatures, and each begins with what the user wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import Text


@dataclass(frozen=True, slots=True)
class History:
    """A conversation as its first instructions, which always stay, and the `body` that may be cut.

    An exchange begins with a user's message after a model's. `starts` are their places in the body.
    """

    instructions: Sequence[Message]
    body: Sequence[Message]
    starts: Sequence[int]

    @staticmethod
    def of(messages: Messages) -> History:
        """Return the history of a conversation. It is walked once."""
        every = list(messages)
        first = next((at for at, message in enumerate(every) if message.role != "system"), len(every))
        body = every[first:]
        starts = [0]
        after_model = False
        for at, message in enumerate(body):
            if message.role == "user" and after_model and not _is_correction(message):
                starts.append(at)
            if message.role != "system":
                after_model = message.role == "model"
        return History(every[:first], body, starts)

    def cuts(self) -> list[int]:
        """Return how many messages of the body may be left out: whole exchanges, then steps of the last one.

        The last step stays in any case: the model has to go on from it.
        """
        last = self.starts[-1]
        steps = [at for at in range(last, len(self.body)) if self.body[at].role == "model"]
        return [*self.starts[1:], *steps[1:]]

    def without(self, until: int, summary: str | None = None) -> Messages:
        """Return the conversation without so many messages of its body, and a summary in their place.

        Where that cuts an exchange, the user's messages that it begins with stay.
        """
        if until <= 0 or until >= len(self.body):
            return Messages([*self.instructions, *self.body])
        start = max(at for at in self.starts if at <= until)
        pinned = start
        while pinned < until and self.body[pinned].role != "model":
            pinned += 1
        summaries = [] if summary is None else [Message("user", [Text(summary)])]
        return Messages([*self.instructions, *summaries, *self.body[start:pinned], *self.body[until:]])

    def dropped(self, begin: int, until: int) -> Sequence[Message]:
        """Return the messages that a further cut leaves out."""
        return self.body[begin:until]


def _is_correction(message: Message) -> bool:
    """Whether the engine wrote it, for a model that has to write its typed answer again."""
    native = message.parts[0].native if message.parts else None
    return native is not None and native.origin.provider == "chat_core"
