"""Documents in the order of how well they answer a query."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.types.response import Notice
from chat_core.types.short_repr import ShortRepr
from chat_core.types.usage import Usage


@dataclass(frozen=True, slots=True)
class RerankResult:
    """One document: its `index` in what was sent, its `score`, which grows with relevance, and its text."""

    index: int
    score: float
    document: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class RerankResponse(ShortRepr):
    """The documents, best first. Scores of different queries or models cannot be compared."""

    results: tuple[RerankResult, ...]
    usage: Usage = Usage()
    model: str | None = None
    notices: tuple[Notice, ...] = ()
