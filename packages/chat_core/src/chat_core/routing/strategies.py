"""In which order a router tries its members. A strategy returns them, the best first; who is left out is not
tried.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Protocol, TypeAlias

from chat_core.routing.member import Member
from chat_core.types.errors import ConfigurationError
from chat_core.types.request import ChatRequest

if TYPE_CHECKING:
    from random import Random

Order: TypeAlias = Sequence[Member]


class Strategy(Protocol):
    """A function of a request and of the members that can carry it."""

    def __call__(self, request: ChatRequest, members: Order, /) -> Order | Awaitable[Order]:
        """Return the members in the order in which they are tried; who is left out is not.

        For embeddings the request has no messages.
        """
        ...


def in_order() -> Strategy:
    """Return the strategy that takes members as they were given."""
    return lambda _, members: members


def round_robin() -> Strategy:
    """Return the strategy that begins with the next member each time."""
    turns = count()

    def order(_: ChatRequest, members: Order) -> Order:
        if not members:
            return members
        first = next(turns) % len(members)
        return [*members[first:], *members[:first]]

    return order


def weighted(random: Random | None = None) -> Strategy:
    """Return the strategy that draws members by their `weight`, from `random` where tests want to repeat."""

    def order(_: ChatRequest, members: Order) -> Order:
        from random import Random

        source = random or Random()
        # of exponential times with rates, the order is that of draws without replacement by weight
        return sorted(members, key=lambda member: source.expovariate(member.weight))

    return order


def least_in_flight() -> Strategy:
    """Return the strategy that takes whoever is at the fewest requests, in proportion to `weight`."""
    return lambda _, members: sorted(members, key=lambda member: member.in_flight / member.weight)


def lowest_latency(explore: float = 0.05, random: Random | None = None) -> Strategy:
    """Return the strategy that takes whoever answered soonest of late; who has not answered yet comes first.

    `explore` is the share of requests that go to whichever member, so that one that has been slow is measured
    again; `random` is for tests that want to repeat.
    """

    def order(_: ChatRequest, members: Order) -> Order:
        from random import Random

        source = random or Random()
        if source.random() < explore:
            return source.sample(members, len(members))
        return sorted(members, key=lambda member: member.latency or 0.0)

    return order


def lowest_cost(cost: Callable[[Member, ChatRequest], float | None] | None = None) -> Strategy:
    """Return the strategy that takes the cheapest: by `member.cost`, or by a function of the request.

    Members whose cost is unknown (None) come last.
    """

    def key(member: Member, request: ChatRequest) -> tuple[bool, float]:
        found = member.cost if cost is None else cost(member, request)
        return (found is None, found or 0.0)

    return lambda request, members: sorted(members, key=lambda member: key(member, request))


_BY_NAME: Mapping[str, Callable[[], Strategy]] = {
    "in_order": in_order,
    "round_robin": round_robin,
    "weighted": weighted,
    "least_in_flight": least_in_flight,
    "lowest_latency": lowest_latency,
    "lowest_cost": lowest_cost,
}


def as_strategy(given: Strategy | str | None) -> Strategy:
    """Return the strategy; a ready one also by its name. Raises `ConfigurationError` for an unknown name."""
    if given is None:
        return in_order()
    if isinstance(given, str):
        if given not in _BY_NAME:
            raise ConfigurationError(f"there is no strategy {given!r}; there are {', '.join(_BY_NAME)}")
        return _BY_NAME[given]()
    if not callable(given):
        raise ConfigurationError(f"a strategy is a function of a request and members, not {given!r}")
    return given
