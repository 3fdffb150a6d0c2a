"""What an encoder returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from chat_core.types.memo import keep_memo, memo_of
from chat_core.types.response import Notice
from chat_core.types.slot_setters import slot_setters
from chat_core.wire import Encoded

from chat_claude.encode.block_facts import BlockFacts, Facts
from chat_claude.encode.prefix import prefix_of_response


@dataclass(frozen=True, slots=True)
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

    def __init__(
        self,
        body: Mapping[str, object],
        notices: tuple[Notice, ...] = (),
        betas: tuple[str, ...] = (),
        container_until: datetime | None = None,
        thread_key: str | None = None,
        continues: str | None = None,
        whole: Mapping[str, object] | None = None,
        facts: Facts | None = None,
    ) -> None:
        Encoded.__init__(self, body, notices)
        _set_betas(self, betas)
        _set_until(self, container_until)
        _set_key(self, thread_key)
        _set_continues(self, continues)
        _set_whole(self, whole)
        _set_facts(self, {} if facts is None else facts)

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
        kept = memo_of(self)
        if not kept:
            kept = (prefix_of_response(self.whole or self.body, self.facts),)
            keep_memo(self, kept)
        return cast("str", kept[0])


_set_betas, _set_until, _set_key, _set_continues, _set_whole, _set_facts = slot_setters(EncodedRequest)
