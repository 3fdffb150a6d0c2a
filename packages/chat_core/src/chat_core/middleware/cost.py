"""What turns cost: on each response, and added up by conversation and by key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

from chat_core.middleware.prices import Prices
from chat_core.types.cost import read_cost
from chat_core.types.errors import ChatError
from chat_core.types.events import Done, TurnEvent
from chat_core.types.message import Message, Turn
from chat_core.types.native import Origin
from chat_core.types.request import ChatRequest
from chat_core.types.response import ChatResponse
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from chat_core.middleware.hooks import NextTurn


@dataclass(frozen=True, slots=True)
class Spending:
    """Turns added up: their usage, and their costs in US dollars.

    `unpriced` counts turns whose cost is not known: no price for the model, no numbers from the server, or a
    stream that was left. `known_cost` is the cost of the others.
    """

    turns: int = 0
    usage: Usage = Usage()
    known_cost: Decimal = Decimal(0)
    unpriced: int = 0

    @property
    def cost(self) -> Decimal | None:
        """What all of it cost; None where the cost of any turn is not known."""
        return None if self.unpriced else self.known_cost

    def __add__(self, other: Spending) -> Spending:
        """The sum."""
        return Spending(
            self.turns + other.turns,
            self.usage + other.usage,
            self.known_cost + other.known_cost,
            self.unpriced + other.unpriced,
        )


def conversation_cost(messages: Iterable[Message]) -> Spending:
    """Return what the turns of a conversation cost, also after it was stored and restored.

    Turns from before there was a `CostTracker` have no cost, and count as `unpriced`.
    """
    total = Spending()
    for message in messages:
        if message.role == "model":
            total += _spent(message.turn)
    return total


class CostTracker:
    """Middleware that puts the cost of each turn on its response, and adds up what was spent by key.

    `response.cost` is in US dollars, and is stored with the conversation. A cost that is not known is None,
    never 0. One tracker may serve many chats and threads; it keeps the sums, and no conversation.
    """

    def __init__(self, prices: Prices, key: Callable[[ChatRequest], str] | None = None) -> None:
        """`prices` such as `GenaiPrices()`. `key` returns to whom a turn is charged: a user or an API key,
        say from `request.run.deps`. Default: one sum, with the key "".
        """
        self._prices = prices
        self._key = key
        self._sums: dict[str, Spending] = {}
        self._lock = Lock()

    @property
    def by_key(self) -> dict[str, Spending]:
        """What was spent so far, by key."""
        with self._lock:
            return dict(self._sums)

    @property
    def total(self) -> Spending:
        """What was spent so far, by all."""
        return sum(self.by_key.values(), Spending())

    def reset(self, key: str | None = None) -> None:
        """Forget the sum of a key, or all sums."""
        with self._lock:
            if key is None:
                self._sums.clear()
            else:
                self._sums.pop(key, None)

    async def wrap_turn(self, request: ChatRequest, next: NextTurn, /) -> AsyncGenerator[TurnEvent]:
        """Yield the events of a turn, with its cost on the response.

        A turn that fails is counted as far as its usage is known; one that is left counts as unpriced.
        """
        key = self._key(request) if self._key is not None else ""
        counted = False
        try:
            async with aclosing(next(request)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        self._count(key, request, event.response)
                        counted = True
                    yield event
        except ChatError as error:
            if not counted and error.partial is not None:
                self._count(key, request, error.partial)
            raise
        except BaseException:
            if not counted:
                self._add(key, Spending(turns=1, unpriced=1))
            raise

    def _count(self, key: str, request: ChatRequest, response: ChatResponse) -> None:
        cost = self._prices(response, _origin(request, response))
        if cost is not None:
            response.message.turn = replace(response.message.turn or Turn(), cost=format(cost, "f"))
        self._add(key, _spent(response.message.turn))

    def _add(self, key: str, spent: Spending) -> None:
        with self._lock:
            self._sums[key] = self._sums.get(key, Spending()) + spent


def _spent(turn: Turn | None) -> Spending:
    if turn is None:
        return Spending(turns=1, unpriced=1)
    cost = read_cost(turn.cost)
    return Spending(1, turn.usage, cost or Decimal(0), int(cost is None))


def _origin(request: ChatRequest, response: ChatResponse) -> Origin | None:
    """Return who has answered: as the turn of a router or the parts tell, else the client."""
    if response.message.turn is not None and response.message.turn.origin is not None:
        return response.message.turn.origin
    for part in response.message.parts:
        if part.native is not None and part.native.origin.endpoint:
            return part.native.origin
    origin: object = getattr(request.run.provider if request.run else None, "origin", None)
    return origin if isinstance(origin, Origin) else None
