"""What a tool may know about the call that it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from typing_extensions import TypeVar

from chat_core.types.json_values import JsonObject
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.tool_call import ToolCall

D_co = TypeVar("D_co", covariant=True, default=object)


@dataclass(frozen=True, slots=True)
class ToolContext(Generic[D_co]):
    """Given to a parameter that is annotated with it, and absent from the tool's schema.

    `deps` is what the application passed as `complete(messages, deps=...)`. `attempt` counts how often the
    function has been entered for this call, from 1: a call that was unknown and is approved again comes a
    second time.
    """

    call: ToolCall
    deps: D_co
    attempt: int = 1
    _messages: Messages = field(default_factory=Messages, repr=False)

    @property
    def call_id(self) -> str:
        """The call's id, unique in its conversation."""
        return self.call.id

    @property
    def idempotency_key(self) -> str:
        """A key of this call alone, the same after a restart and at every attempt."""
        import hashlib

        return self.call.key or hashlib.sha256(self.call.id.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def input(self) -> JsonObject | None:
        """The values that a person gave after `NeedsInput`, or None where nothing was wanted yet."""
        request = self.call.input_request
        return None if request is None else request.values

    @property
    def state(self) -> JsonObject | None:
        """The `state` of the `NeedsInput` that the function raised before, or None."""
        request = self.call.input_request
        return None if request is None else request.state

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation as it stands. To be read only."""
        return tuple(self._messages)
