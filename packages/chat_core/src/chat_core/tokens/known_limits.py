"""What models read and write, as data, for where the server was not asked.

Context windows are those of genai-prices 0.2.3, November 2026; a test compares them. Longest responses are
those of recorded lists of models (Claude, Gemini), and of OpenAI's pages of its models.
"""

from __future__ import annotations

import re

from chat_core.types.model_limits import ModelLimits

_ROWS: tuple[tuple[str, int, int | None], ...] = (
    (r"gpt-(6|6\.1|5\.6)-(luna|sol|terra|astra)", 1_050_000, 128_000),
    (r"gpt-5\.(6|4|4-pro)(-\d{4}|$)", 1_050_000, 128_000),
    (r"gpt-5\.5(-pro)?(-\d{4}|$)", 1_000_000, 128_000),
    (r"gpt-5(\.[124])?(-mini|-nano|-pro)?(-\d{4}|$)", 400_000, 128_000),
    (r"gpt-5\.[123]-codex", 400_000, 128_000),
    (r"gpt-4\.1", 1_000_000, 32_768),
    (r"gpt-4o(-mini)?(-\d{4}|$)", 128_000, 16_384),
    (r"(^|/)(o1|o3|o3-mini|o3-pro|o4-mini)(-\d{4}|$)", 200_000, 100_000),
    (r"gpt-oss", 131_072, None),
    (r"claude-(opus-4[-.][678]|sonnet-4[-.]6)", 1_000_000, 128_000),
    (r"claude-(opus|sonnet|haiku|fable|mythos)-5", 1_000_000, None),
    (r"claude-((opus|haiku)-4[-.]5|sonnet-4)", 200_000, 64_000),
    (r"claude-(opus-4|4-opus)", 200_000, 32_000),
    (r"claude-3|claude-4-sonnet", 200_000, None),
    (r"gemini-2\.5-flash(-\d|$)", 1_048_576, 65_536),
    (r"gemini-2\.5-pro(-\d|$)", 1_048_576, 65_536),
    (r"gemini-3(\.\d)?-(flash|pro)(-preview|$)", 1_000_000, 65_536),
    (r"gemini-4-argon", 1_048_576, None),
    (r"grok-4\.3", 1_000_000, None),
    (r"grok-4\.[567]", 500_000, None),
    (r"grok-4-(1-)?fast", 2_000_000, None),
    (r"grok-4(-0709|-latest|$)", 256_000, None),
    (r"grok-3", 131_072, None),
    (r"deepseek-v4", 1_000_000, None),
    (r"deepseek-v3\.[12]", 128_000, None),
)
_LIMITS = tuple((re.compile(pattern), ModelLimits(window, output)) for pattern, window, output in _ROWS)


def model_limits(model: str) -> ModelLimits:
    """Return what a model reads and writes, by its name; without numbers where that is not known.

    Nothing is fetched: a table, then the package genai-prices where it is installed
    (`pip install chat-core[cost]`). What a server itself lists is in `ModelInfo.limits` of `list_models()`.
    """
    name = model.lower()
    found = next((limits for pattern, limits in _LIMITS if pattern.search(name)), None)
    return found or _priced(model)


def _priced(model: str) -> ModelLimits:
    try:
        from genai_prices.data_snapshot import get_snapshot  # a third of a second: only unknown names need it
    except ImportError:
        return ModelLimits()
    found = [
        info.context_window
        for provider in get_snapshot().providers
        for info in provider.models
        if info.context_window and info.is_match(model)
    ]
    return ModelLimits(min(found)) if found else ModelLimits()  # whoever serves it
