"""How a provider splits tokens by text, image and audio, read from its own usage object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from chat_core.types.json_values import JsonObject, JsonValue

Split: TypeAlias = dict[str, int]
"""Tokens by modality. Empty where the provider reports no split."""

_MODALITIES = ("text", "image", "audio")
# Objects of counts (`text_tokens`, …), and lists of counts that each name their modality.
_INPUT = ("input_tokens_details", "prompt_tokens_details", "promptTokensDetails")
_OUTPUT = ("output_tokens_details", "completion_tokens_details", "candidatesTokensDetails")


def input_split(raw: JsonObject) -> Split:
    """Return the input tokens by modality, as far as the provider reports them."""
    return _split(raw, _INPUT)


def output_split(raw: JsonObject) -> Split:
    """Return the output tokens by modality, as far as the provider reports them."""
    return _split(raw, _OUTPUT)


def by_modality(total: int, split: Split) -> Split:
    """Return a total by modality; what the provider does not assign is `unknown`."""
    rest = total - sum(split.values())
    if rest < 0:  # the split is of other tokens than the total
        return {"unknown": total}
    known = {modality: count for modality, count in split.items() if count}
    return {**known, "unknown": rest} if rest or not known else known


def _split(raw: JsonObject, names: tuple[str, ...]) -> Split:
    for name in names:
        match raw.get(name):
            case dict() as counts:
                return _counts((modality, counts.get(f"{modality}_tokens")) for modality in _MODALITIES)
            case list() as entries:
                return _counts(
                    (str(entry.get("modality")).lower(), entry.get("tokenCount"))
                    for entry in entries
                    if isinstance(entry, dict)
                )
            case _:
                pass
    return {}


def _counts(pairs: Iterable[tuple[str, JsonValue]]) -> Split:
    split: Split = {}
    for modality, count in pairs:
        if modality in _MODALITIES and isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            split[modality] = split.get(modality, 0) + count
    return split
