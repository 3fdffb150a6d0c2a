"""What tokens cost: exact, in US dollars, and None where that is not known."""

from __future__ import annotations

import builtins
from decimal import Decimal
from typing import Any

import pytest
from chat_core import ChatResponse, ConfigurationError, Message, Origin, Turn, Usage
from chat_core.middleware import GenaiPrices, Price, PriceTable

OPENAI = Origin("openai", "https://api.openai.com/v1", "gpt-4o")


def response(usage: Usage, model: str | None = "m") -> ChatResponse:
    return ChatResponse(Message("model", [], turn=Turn("stop", usage=usage, model=model)))


def test_a_price_counts_cached_tokens_at_their_own_price() -> None:
    usage = Usage(1_000_000, 100_000, cache_read_tokens=400_000, cache_write_tokens=100_000)

    assert Price("2.50", 10, "1.25", "3.125").of(usage) == Decimal("1.25") + 1 + Decimal("0.5") + Decimal(
        "0.3125"
    )
    assert Price(2.5, 10).of(usage) == Decimal("3.5")


@pytest.mark.parametrize("usage", [Usage(), Usage(input_tokens=3), Usage(output_tokens=3)])
def test_without_numbers_there_is_no_cost(usage: Usage) -> None:
    assert Price(1, 1).of(usage) is None
    assert GenaiPrices()(response(usage, "gpt-4o"), OPENAI) is None


def test_tenths_are_exact() -> None:
    assert Price(0.1, 0.2).of(Usage(3, 3)) == Decimal("0.0000009")


@pytest.mark.parametrize("wrong", [-1, "two", float("nan"), float("inf"), None, "", [1]])
def test_what_is_no_price_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="US dollars"):
        Price(wrong, 1)


def test_a_table_goes_by_the_name_in_the_response_then_by_the_one_of_the_client() -> None:
    table = PriceTable({"m": Price(1, 1), "gpt-4o": Price(2, 2)})
    million = Usage(1_000_000, 0)

    assert table(response(million), None) == 1
    assert table(response(million, "m-2026"), OPENAI) == 2
    assert table(response(million, "other"), None) is None
    assert PriceTable({}, otherwise=table)(response(million), None) == 1


def test_the_kept_list_goes_by_the_endpoint() -> None:
    prices = GenaiPrices()
    million = Usage(1_000_000, 0)

    known = prices(response(million, "gpt-4o"), OPENAI)
    assert known is not None
    assert known > 0
    assert prices(response(million, "gpt-4o-2024-08-06"), OPENAI) == known
    assert prices(response(million, None), OPENAI) == known  # by the name that the client sends
    assert prices(response(million, "gpt-4o"), None) == known  # by the model alone
    assert prices(response(million, "nobody's"), Origin("openai", OPENAI.endpoint, "nobody's")) is None
    local = Origin("localhost", "http://localhost:8000/v1", "gpt-4o")
    assert prices(response(million, "gpt-4o"), local) is None  # the name is all they share


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "genai_prices":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"pip install chat-core\[cost\]"):
        GenaiPrices()
