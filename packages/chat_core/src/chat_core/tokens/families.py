"""How many tokens families of models make of a request: factors fitted to recorded requests.

A text of n bytes is n/4 units, and so is the JSON of a tool. The factors were fitted to 988 recorded first
requests whose input tokens the servers counted, November 2026; the errors are those that were measured on
them. The requests are small (a median of 70 to 570 tokens), so that what a server adds weighs more in them
than in a long conversation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

SentReasoning: TypeAlias = Literal["sealed", "signed", "never"]


@dataclass(frozen=True, slots=True)
class Factors:
    """The tokens of a request: `text` for each unit of text, `schema` for each unit of a tool, `item` for
    each message, call and result, `tool` for each tool, `tools` where there are any, and `base`.

    `error` is the median of the relative errors; nine of ten requests take at most `excess` more than was
    estimated, as a share of the estimate.
    """

    text: float
    schema: float
    item: float
    tool: float
    tools: float
    base: float
    error: float
    excess: float


@dataclass(frozen=True, slots=True)
class Anchored:
    """The same errors where the conversation has a turn whose tokens were counted."""

    error: float
    excess: float


@dataclass(frozen=True, slots=True)
class Family:
    """Models that count alike. `exact` are the factors where texts are counted with `vocabulary`.

    `reasoning` says which reasoning of earlier turns counts: what went back sealed, all of a turn with
    signed parts, or none.
    """

    name: str
    pattern: re.Pattern[str]
    factors: Factors
    anchored: Anchored
    reasoning: SentReasoning = "sealed"
    vocabulary: str | None = None
    exact: Factors | None = None


def family_of(model: str | None) -> Family:
    """Return the family of a model by its name, whoever serves it; `OTHERS` for names that none has."""
    name = (model or "").lower()
    return next((family for family in FAMILIES if family.pattern.search(name)), OTHERS)


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# the first that fits counts
FAMILIES = (
    Family(
        "gpt-oss",
        _named(r"gpt-oss"),
        Factors(0.75, 0.61, 12.0, 5.5, 10.0, 59.0, error=0.05, excess=0.1),
        anchored=Anchored(0.04, 0.1),
        vocabulary="o200k_base",
        exact=Factors(1.0, 0.45, 4.0, 7.0, 20.0, 62.0, error=0.03, excess=0.1),
    ),
    Family(
        "openai",
        _named(r"(^|[/.])(gpt-|o[134](-|$)|chatgpt|codex)"),
        Factors(0.79, 0.64, 5.2, 0.0, 3.0, 2.8, error=0.06, excess=0.3),
        anchored=Anchored(0.04, 0.1),
        vocabulary="o200k_base",
        exact=Factors(1.0, 0.57, 5.0, 0.0, 6.0, 1.0, error=0.04, excess=0.15),
    ),
    Family(
        "claude",  # since the generation 4.5
        _named(r"claude-(sonnet|opus|haiku|fable|mythos)-(4[-.][5-9]|[5-9])"),
        Factors(0.9, 1.4, 2.0, 15.0, 475.0, 9.0, error=0.07, excess=0.8),
        anchored=Anchored(0.02, 0.1),
    ),
    Family(
        "claude-4",  # and before
        _named(r"claude"),
        Factors(0.85, 1.1, 3.5, 30.0, 245.0, 7.0, error=0.1, excess=1.7),
        anchored=Anchored(0.03, 0.4),
    ),
    Family(
        "gemini-3",
        _named(r"gemini-([3-9]|1\d)"),
        Factors(0.95, 0.6, 1.0, 7.0, 0.0, 0.0, error=0.2, excess=0.7),
        anchored=Anchored(0.1, 1.0),
        reasoning="signed",
    ),
    Family(
        "gemini",
        _named(r"gemini|gemma"),
        Factors(0.9, 0.57, 1.0, 7.0, 0.0, 0.0, error=0.2, excess=0.7),
        anchored=Anchored(0.07, 1.4),
        reasoning="never",
    ),
    Family(
        "mistral",
        _named(r"[mn]istral|codestral|magistral|devstral|pixtral|voxtral|mixtral"),
        Factors(0.9, 1.35, 4.8, 0.0, 0.0, 0.0, error=0.06, excess=0.55),
        anchored=Anchored(0.04, 0.1),
    ),
    Family(
        "deepseek",
        _named(r"deepseek"),
        Factors(0.85, 1.0, 1.0, 40.0, 190.0, 5.9, error=0.07, excess=0.25),
        anchored=Anchored(0.05, 0.1),
    ),
    Family(
        "grok",
        _named(r"grok"),
        Factors(0.8, 1.2, 1.3, 2.5, 0.0, 164.0, error=0.15, excess=0.2),
        anchored=Anchored(0.02, 0.1),
    ),
    Family(
        "command",
        _named(r"command-|c4ai"),
        Factors(0.8, 1.5, 10.0, 0.0, 830.0, 484.0, error=0.02, excess=0.1),
        anchored=Anchored(0.02, 0.1),
    ),
    Family(
        "qwen",
        _named(r"qwen"),
        Factors(0.8, 1.2, 6.9, 4.0, 83.0, 3.7, error=0.11, excess=0.65),
        anchored=Anchored(0.06, 0.15),
    ),
    Family(
        "llama",
        _named(r"llama-?3\.[1-3]"),  # whose prompt begins with the date
        Factors(0.9, 1.0, 2.0, 0.0, 100.0, 34.0, error=0.1, excess=0.5),
        anchored=Anchored(0.1, 0.3),
    ),
    Family(
        "llama-other",
        _named(r"llama"),
        Factors(0.9, 1.0, 5.0, 0.0, 650.0, 5.0, error=0.1, excess=0.5),
        anchored=Anchored(0.1, 0.3),
    ),
    Family(
        "nova",
        _named(r"nova-"),
        Factors(0.8, 1.0, 1.0, 0.0, 830.0, 2.5, error=0.06, excess=0.1),
        anchored=Anchored(0.03, 0.1),
    ),
)
OTHERS = Family(
    "other",
    _named(r""),
    Factors(0.9, 0.8, 4.0, 0.0, 30.0, 5.0, error=0.35, excess=0.5),
    anchored=Anchored(0.11, 0.3),
)
