"""One `complete`, `resume` or `stream`, as middleware sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_core.provider import Provider
    from chat_core.types.messages import Messages


@dataclass(slots=True, eq=False, repr=False)
class Run:
    """What the requests and tool calls of one `complete`, `resume` or `stream` have in common.

    `messages` is the conversation, `provider` the client that the chat was built with, `deps` what the
    caller passed for the tools, and `streamed` whether it is a `stream`. In `state` a middleware keeps what
    it has to remember until the run ends, under a key of its own, such as itself. Nothing of it is stored.
    """

    messages: Messages
    provider: Provider | None = None
    deps: object = None
    streamed: bool = False
    _state: dict[object, object] | None = field(default=None, init=False)

    @property
    def state(self) -> dict[object, object]:
        """What middleware remembers; made with its first use."""
        if self._state is None:
            self._state = {}
        return self._state
