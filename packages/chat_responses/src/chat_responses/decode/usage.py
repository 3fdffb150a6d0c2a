"""The tokens of a turn."""

from __future__ import annotations

from chat_core import JsonValue, Usage
from chat_core.types.json_values import as_count, as_object


def usage(value: JsonValue) -> Usage:
    """Return the provider's numbers; None for those that it does not send."""
    sent = as_object(value)
    of_input, of_output = sent.get("input_tokens_details"), sent.get("output_tokens_details")
    read = written = reasoning = None
    if isinstance(of_input, dict):
        read, written = as_count(of_input.get("cached_tokens")), as_count(of_input.get("cache_write_tokens"))
    if isinstance(of_output, dict):
        reasoning = as_count(of_output.get("reasoning_tokens"))
    return Usage(
        as_count(sent.get("input_tokens")),
        as_count(sent.get("output_tokens")),
        read,
        written,
        reasoning,
        as_count(sent.get("total_tokens")),
        sent,
    )
