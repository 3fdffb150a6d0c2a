"""Several providers behind one: fallback, balancing, circuit breakers and hedging."""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.routing.breaker import Breaker
    from chat_core.routing.by_decision import by_decision
    from chat_core.routing.member import Member
    from chat_core.routing.passing import passes_on
    from chat_core.routing.router import Fallback, Router
    from chat_core.routing.strategies import (
        Strategy,
        in_order,
        least_in_flight,
        lowest_cost,
        lowest_latency,
        round_robin,
        weighted,
    )

__all__ = [
    "Breaker",
    "Fallback",
    "Member",
    "Router",
    "Strategy",
    "by_decision",
    "in_order",
    "least_in_flight",
    "lowest_cost",
    "lowest_latency",
    "passes_on",
    "round_robin",
    "weighted",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.routing.breaker": "Breaker",
            "chat_core.routing.by_decision": "by_decision",
            "chat_core.routing.member": "Member",
            "chat_core.routing.passing": "passes_on",
            "chat_core.routing.router": "Fallback Router",
            "chat_core.routing.strategies": (
                "Strategy in_order least_in_flight lowest_cost lowest_latency round_robin weighted"
            ),
        },
    )
