"""What a turn cost, as a number: it is stored as text, since JSON has no exact decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

_LONGEST = 40  # characters of a stored cost; nothing longer is looked at


def read_cost(text: str | None) -> Decimal | None:
    """Return the cost in US dollars; None where there is none, and for text that is no finite number."""
    if text is None or len(text) > _LONGEST:
        return None
    from decimal import Decimal, InvalidOperation  # here: most programs have no prices

    try:
        cost = Decimal(text)
    except InvalidOperation:
        return None
    return cost if cost.is_finite() else None
