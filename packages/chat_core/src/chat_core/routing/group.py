"""The members of a router, and what it knows of them; what it can do is added by `capabilities`."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from chat_core.routing.breaker import Circuit
from chat_core.routing.member import Member
from chat_core.routing.one_pass import Pass, Post
from chat_core.routing.options import RouterOptions, read_options
from chat_core.routing.ordering import ordered
from chat_core.routing.strategies import Strategy
from chat_core.types.request import ChatRequest
from chat_core.types.short_repr import Shown, Values


class Group(Shown):
    """Several members behind one client."""

    _sticky = True

    def _set_up(self, members: tuple[Member, ...], strategy: Strategy, options: RouterOptions) -> None:
        self._members = members
        self._strategy = strategy
        self._options = read_options(options, sticky=self._sticky)
        self._posts = {member: Post(member, Circuit(self._options.breaker)) for member in members}

    @property
    def members(self) -> Sequence[Member]:
        """The members, as they were given."""
        return self._members

    @property
    def model(self) -> str:
        """The models of all members, joined; `response.model` tells which one it was."""
        return " | ".join(dict.fromkeys(member.model for member in self._members))

    async def aclose(self) -> None:
        """Close all members."""
        for member in self._members:
            await member.client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _shown(self) -> Values:
        yield "", list(self._members)

    async def _pass(self, request: ChatRequest) -> Pass:
        options = self._options
        order, notices = await ordered(request, self._members, self._strategy, sticky=options.sticky)
        posts = [self._posts[member] for member in order]
        return Pass(request, posts, options.passes_on, options.clock, notices)
