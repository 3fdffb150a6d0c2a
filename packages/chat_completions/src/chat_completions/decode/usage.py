"""What a turn cost, as the server says."""

from __future__ import annotations

from chat_core import JsonObject, JsonValue, Usage
from chat_core.types.json_values import as_list, first_count

from chat_completions.dialect import Dialect


def usage(value: JsonValue, dialect: Dialect) -> Usage:
    """Return the server's figures; those that it does not state are None."""
    figures = usage_object(value)
    if not figures:
        return Usage()
    prompt, completion = figures.get("prompt_tokens_details"), figures.get("completion_tokens_details")
    cache_read = cache_write = reasoning = None
    if prompt and isinstance(prompt, dict):
        cache_read, cache_write = (
            first_count(prompt, "cached_tokens"),
            first_count(prompt, "cache_write_tokens"),
        )
    if completion and isinstance(completion, dict):
        reasoning = first_count(completion, "reasoning_tokens")
    if cache_read is None:
        cache_read = first_count(figures, "prompt_cache_hit_tokens", "cached_tokens")
    if reasoning is None:
        reasoning = first_count(figures, "reasoning_tokens")
    output = first_count(figures, "completion_tokens", "output_tokens")
    if dialect.reasoning.outside_output and output is not None:
        output += reasoning or 0
    return Usage(
        first_count(figures, "prompt_tokens", "input_tokens"),
        output,
        cache_read,
        cache_write,
        reasoning,
        first_count(figures, "total_tokens"),
        figures,
    )


def usage_object(value: JsonValue) -> JsonObject:
    """Return the object of a usage field: itself, or the last of a list."""
    if isinstance(value, dict):
        return value
    listed = [item for item in as_list(value) if isinstance(item, dict)]
    return listed[-1] if listed else {}
