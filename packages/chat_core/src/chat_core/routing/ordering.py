"""Whom a router tries for a request, in order: who can carry it, as the strategy orders them, and first
of all who had the conversation's last turn.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

from chat_core.routing.member import Member
from chat_core.routing.needs import Needs
from chat_core.routing.strategies import Strategy
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.misuse import kind_of
from chat_core.types.native import Origin
from chat_core.types.request import ChatRequest
from chat_core.types.response import Notice


async def ordered(
    request: ChatRequest, members: Sequence[Member], strategy: Strategy, *, sticky: bool
) -> tuple[list[Member], list[Notice]]:
    """Return the members in the order in which they are tried, and notices about those that cannot carry the
    request. Raises `ConfigurationError` where none can, or where the strategy returns none.
    """
    able, unmet = carriers(request, members)
    chosen = strategy(request, able)
    order = list(await chosen if inspect.isawaitable(chosen) else chosen)
    if len(set(order)) < len(order) or any(member not in able for member in order):
        raise ConfigurationError("a strategy returns members that it was given, each at most once")
    if not order:
        raise ConfigurationError("the strategy returned no member for this request: there is nobody to try")
    if sticky and (origin := last_origin(request.messages)) is not None:
        order.sort(key=lambda member: member.origin != origin)
    first = members.index(order[0])
    notices = [
        Notice("routing", f"{member.name} was not tried: {why}")
        for member, why in unmet.items()
        if members.index(member) < first
    ]
    return order, notices


def carriers(request: ChatRequest, members: Sequence[Member]) -> tuple[list[Member], Mapping[Member, str]]:
    """Return the members that can carry the request, in the order given, and why the others cannot.

    Raises `ConfigurationError` where none can.
    """
    needs = Needs(request)
    unmet = {member: why for member in members if (why := needs.unmet(member)) is not None}
    able = [member for member in members if member not in unmet]
    if not able:
        reasons = "; ".join(f"{member.name}: {why}" for member, why in unmet.items())
        raise ConfigurationError(f"no provider of this router can carry the request: {reasons}")
    return able, unmet


def last_origin(messages: Messages) -> Origin | None:
    """Return where the last turn of the model came from: what a router has stored with it, else the origin of
    its native data.
    """
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.role != "model":
            continue
        if message.turn is not None and message.turn.origin is not None:
            return message.turn.origin
        return next((part.native.origin for part in message.parts if part.native is not None), None)
    return None


def checked_members(members: Sequence[Member]) -> tuple[Member, ...]:
    """Return the members. Raises `ConfigurationError` for none, and for one that is there twice."""
    if not members:
        raise ConfigurationError("a router needs members: Router([client, another])")
    if len(set(map(id, members))) < len(members):
        raise ConfigurationError("a member of a router is there twice: give it once, with a weight")
    return tuple(members)


def checked_delay(seconds: object) -> float | None:
    """Return the delay of a hedge. Raises `ConfigurationError` for what is no number of seconds."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ConfigurationError(f"hedge_after={seconds!r}: it is seconds, not {kind_of(seconds)}")
    if not seconds >= 0:
        raise ConfigurationError(f"hedge_after={seconds!r}: it is at least 0 seconds")
    return float(seconds)
