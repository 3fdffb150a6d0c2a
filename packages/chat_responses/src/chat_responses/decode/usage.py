"""The tokens of a turn."""

from __future__ import annotations

from chat_core import JsonValue, Usage
from chat_core.types.json_values import as_count, as_object


def usage(value: JsonValue) -> Usage:
    """Return the provider's numbers; None for those that it does not send."""
    sent = as_object(value)
    of_input, of_output = (
        as_object(sent.get("input_tokens_details")),
        as_object(sent.get("output_tokens_details")),
    )
    return Usage(
        input_tokens=as_count(sent.get("input_tokens")),
        output_tokens=as_count(sent.get("output_tokens")),
        cache_read_tokens=as_count(of_input.get("cached_tokens")),
        cache_write_tokens=as_count(of_input.get("cache_write_tokens")),
        reasoning_tokens=as_count(of_output.get("reasoning_tokens")),
        total_tokens=as_count(sent.get("total_tokens")),
        raw=sent,
    )
