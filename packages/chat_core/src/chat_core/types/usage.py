"""What a turn cost, in the provider's own numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.sealed import SealedRaw, sealable
from chat_core.types.short_repr import ShortRepr
from chat_core.types.slot_setters import slot_setters


@dataclass(frozen=True, slots=True, repr=False)
class Usage(ShortRepr, SealedRaw):
    """Tokens of one turn, or of several added up.

    `None` where the provider sent no number; nothing is estimated.

    `input_tokens` includes `cache_read_tokens` and `cache_write_tokens`; `output_tokens` includes
    `reasoning_tokens`, on every provider. `raw` is the provider's own object, empty on a sum.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    total_tokens: int | None = None
    raw: JsonObject = field(default_factory=dict[str, JsonValue], repr=False, compare=False)

    def __init__(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        total_tokens: int | None = None,
        raw: JsonObject | None = None,
    ) -> None:
        _set_input(self, input_tokens)
        _set_output(self, output_tokens)
        _set_cache_read(self, cache_read_tokens)
        _set_cache_write(self, cache_write_tokens)
        _set_reasoning(self, reasoning_tokens)
        _set_total(self, total_tokens)
        _set_raw(self, {} if raw is None else raw)

    def __add__(self, other: Usage) -> Usage:
        """The sum; a number only one side knows counts as it is."""
        return Usage(
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
            cache_read_tokens=_sum(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=_sum(self.cache_write_tokens, other.cache_write_tokens),
            reasoning_tokens=_sum(self.reasoning_tokens, other.reasoning_tokens),
            total_tokens=_sum(self.total_tokens, other.total_tokens),
        )


_set_input, _set_output, _set_cache_read, _set_cache_write, _set_reasoning, _set_total, _set_raw = (
    slot_setters(Usage)
)


sealable(Usage)


def _sum(one: int | None, two: int | None) -> int | None:
    if one is None or two is None:
        return two if one is None else one
    return one + two
