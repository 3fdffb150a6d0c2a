"""What tokens cost: a kept list of public prices, and prices of your own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeAlias

from chat_core.types.errors import ConfigurationError
from chat_core.types.native import Origin
from chat_core.types.response import ChatResponse
from chat_core.types.usage import Usage

if TYPE_CHECKING:
    from genai_prices.types import PriceCalculation

Prices: TypeAlias = Callable[[ChatResponse, Origin | None], Decimal | None]
"""Returns what a turn cost in US dollars, or None where that is not known. The origin is the client's, with
its endpoint and model; None where there is none.
"""
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens of a model cost, in US dollars: `Price("2.50", "10")`, or numbers.

    Tokens read from and written to the provider's cache cost as much as other input where nothing is given.
    Raises `ConfigurationError` for what is no price.
    """

    input: Decimal | str | int | float
    output: Decimal | str | int | float
    cache_read: Decimal | str | int | float | None = None
    cache_write: Decimal | str | int | float | None = None

    def __post_init__(self) -> None:
        _ = exact(self.input, "Price"), exact(self.output, "Price")
        for price in (self.cache_read, self.cache_write):
            _ = None if price is None else exact(price, "Price")

    def of(self, usage: Usage) -> Decimal | None:
        """Return what a turn cost; None where the provider sent no numbers."""
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        cost = exact(self.input) * max(0, usage.input_tokens - read - written)
        cost += exact(self.output) * usage.output_tokens
        cost += exact(self.input if self.cache_read is None else self.cache_read) * read
        cost += exact(self.input if self.cache_write is None else self.cache_write) * written
        return cost / _MILLION


class PriceTable:
    """Prices by the name of the model: as the response names it, else as the request did."""

    def __init__(self, prices: Mapping[str, Price], otherwise: Prices | None = None) -> None:
        """`otherwise` knows the models that are not in the table, such as `GenaiPrices()`."""
        self._prices = dict(prices)
        self._otherwise = otherwise

    def __call__(self, response: ChatResponse, origin: Origin | None, /) -> Decimal | None:
        """Return what a turn cost in US dollars, or None where that is not known."""
        for model in _models(response, origin):
            if model in self._prices:
                return self._prices[model].of(response.usage)
        return self._otherwise(response, origin) if self._otherwise is not None else None


class GenaiPrices:
    """Public prices as the package `genai-prices` has them: `pip install chat-core[cost]`.

    The provider is found by the client's endpoint, so a server that is not in the list has no price,
    whatever its models are called. A client without an endpoint is found by the model alone. Prices are those
    of the installed version, and nothing is fetched.
    """

    def __init__(self) -> None:
        """Raises `ConfigurationError` where the package is not installed."""
        try:
            from genai_prices import Usage as GenaiUsage
            from genai_prices import calc_price
        except ImportError as exc:
            raise ConfigurationError("GenaiPrices() needs genai-prices: pip install chat-core[cost]") from exc

        def calculate(usage: Usage, model: str, endpoint: str | None) -> PriceCalculation:
            used = GenaiUsage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens,
                cache_write_tokens=usage.cache_write_tokens,
            )
            return calc_price(used, model, provider_api_url=endpoint)

        self._calculate = calculate

    def __call__(self, response: ChatResponse, origin: Origin | None, /) -> Decimal | None:
        """Return what a turn cost in US dollars, or None where that is not known."""
        usage = response.usage
        if usage.input_tokens is None or usage.output_tokens is None:
            return None
        endpoint = origin.endpoint if origin is not None and origin.endpoint else None
        for model in _models(response, origin):
            try:
                return self._calculate(usage, model, endpoint).total_price
            except (LookupError, ValueError):  # a provider or model that is not in the list, or odd numbers
                continue
        return None


def _models(response: ChatResponse, origin: Origin | None) -> list[str]:
    names = [response.model, origin.model if origin is not None else None]
    return [name for name in names if name]


def exact(number: Decimal | str | float, where: str = "") -> Decimal:
    """Return a number as it is written: 0.1 is a tenth. Raises `ConfigurationError` for other things."""
    try:
        found = Decimal(str(number))
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise ConfigurationError(f"{where}(...) takes US dollars such as 2.5, not {str(number)[:40]!r}")
    return found
