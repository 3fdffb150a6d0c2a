"""The options of a router."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, TypedDict

from chat_core.routing.breaker import Breaker
from chat_core.routing.ordering import checked_delay
from chat_core.routing.passing import FallbackOn, PassesOn, as_predicate
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import is_a, kind_of

if TYPE_CHECKING:
    from chat_core.types.response import ChatResponse


class RouterOptions(TypedDict, total=False):
    """What a router and a fallback can be given.

    - `fallback_on`: after which errors the next member is tried: classes, or a function of the error.
      Default: `passes_on`
    - `reject`: a function of a whole response that returns True where the next member is to try as well, such
      as for refusals; the response of the last one is returned whatever it says. Not for streams
    - `breaker`: when a member is left alone, None for never. Default: `Breaker()`
    - `hedge_after`: seconds without an answer after which the next member gets the same request, None (the
      default) for never. Only for requests that may be made twice
    - `sticky`: whether a conversation stays with whoever had its last turn, while that is well. Default: True
      for a router, False for a fallback
    - `clock`: a function that returns seconds. Default: `time.monotonic`
    """

    fallback_on: FallbackOn | None
    reject: Callable[[ChatResponse], bool] | None
    breaker: Breaker | None
    hedge_after: float | None
    sticky: bool
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """The same, checked."""

    passes_on: PassesOn
    reject: Callable[[ChatResponse], bool] | None
    breaker: Breaker | None
    hedge_after: float | None
    sticky: bool
    clock: Callable[[], float]


def read_options(given: RouterOptions, *, sticky: bool) -> ReadOptions:
    """Return the options, with their defaults. Raises `ConfigurationError` for unknown names and values."""
    if unknown := given.keys() - RouterOptions.__annotations__.keys():
        known = ", ".join(RouterOptions.__annotations__)
        raise ConfigurationError(f"a router has no option {', '.join(sorted(unknown))}; it has {known}")
    breaker = given.get("breaker", Breaker())
    if breaker is not None and not is_a(breaker, Breaker):
        raise ConfigurationError(f"breaker= takes Breaker(failures=3), not {kind_of(breaker)}")
    return ReadOptions(
        passes_on=as_predicate(given.get("fallback_on")),
        reject=given.get("reject"),
        breaker=breaker,
        hedge_after=checked_delay(given.get("hedge_after")),
        sticky=given.get("sticky", sticky),
        clock=given.get("clock", monotonic),
    )
