"""Probabilities and scores as servers send them."""

from __future__ import annotations

from chat_core.types.errors import InvalidResponse
from chat_core.types.json_values import JsonObject, JsonValue


def as_probability(value: JsonValue, answer: JsonObject) -> float:
    """Return a number from 0 to 1. Raises `InvalidResponse`, which shows the answer, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidResponse(f"no probability in an answer: {str(answer)[:300]}")
    return float(value)


def as_score(value: JsonValue, answer: JsonObject) -> float:
    """Return a number. Raises `InvalidResponse`, which shows the answer, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidResponse(f"a score that is no number: {str(answer)[:300]}")
    return float(value)
