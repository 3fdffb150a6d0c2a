"""Another turn where the answer does not fit the output type: what the model reads, and how often.

What the model reads is a user's message of the conversation, marked as the chat's own. So the number of
retries that are left follows from the messages alone, also after a pause in another process.
"""

from __future__ import annotations

from chat_core.types.message import Message, parts_of
from chat_core.types.messages import Messages
from chat_core.types.native import Native, Origin
from chat_core.types.parts import Text

_ORIGIN = Origin("chat_core", "", "")
_MARK = Native(_ORIGIN, {"type": "output_retry"})


def correction(fault: str) -> Message:
    """Return the message that tells the model what does not fit."""
    text = (
        f"The answer does not fit the output schema: {fault}\n"
        "Answer again, with JSON that fits the schema and nothing else."
    )
    return Message("user", [Text(text, native=_MARK)])


def is_correction(message: Message) -> bool:
    """Whether a message is one that `correction` made."""
    return any(isinstance(part, Text) and part.native == _MARK for part in parts_of(message))


def retries_used(messages: Messages) -> int:
    """Return how many corrections there are since the user's last message."""
    used = 0
    for at in range(len(messages) - 1, -1, -1):
        if is_correction(messages[at]):
            used += 1
        elif messages[at].role == "user":
            break
    return used
