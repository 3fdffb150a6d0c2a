"""What an encoder returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from chat_core.wire import Encoded

from chat_claude.encode.block_facts import BlockFacts, Facts
from chat_claude.encode.prefix import prefix_of_response


@dataclass(frozen=True)
class EncodedRequest(Encoded):
    """A request body, the betas that it needs, and until when its container exists.

    In a thread, `thread_key` is what has to stay the same at every turn, `continues` the id of the response
    that the request goes on from, and `whole` the body with all that the server holds already.
    """

    betas: tuple[str, ...] = ()
    container_until: datetime | None = None
    thread_key: str | None = None
    continues: str | None = None
    whole: Mapping[str, object] | None = field(default=None, repr=False)
    facts: Facts = field(default_factory=dict[int, BlockFacts], repr=False, compare=False)

    def at(self, now: datetime) -> EncodedRequest:
        """Return the request as it is sent at this time: without a container that no longer exists."""
        if self.container_until is None or now < self.container_until:
            return self
        body = {name: value for name, value in self.body.items() if name != "container"}
        return replace(self, body=body, container_until=None)

    def digest(self) -> str:
        """Return the digest of what the thinking of the response is bound to.

        It is made when the model thinks.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        return prefix_of_response(self.whole or self.body, self.facts)
