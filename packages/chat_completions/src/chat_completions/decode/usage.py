"""What a turn cost, as the server says."""

from __future__ import annotations

from chat_core import JsonObject, JsonValue, Usage
from chat_core.types.json_values import as_count, as_list, as_object

from chat_completions.dialect import Dialect


def usage(value: JsonValue, dialect: Dialect) -> Usage:
    """Return the server's figures; those that it does not state are None."""
    figures = usage_object(value)
    if not figures:
        return Usage()
    prompt = as_object(figures.get("prompt_tokens_details"))
    completion = as_object(figures.get("completion_tokens_details"))
    output = _first_count(figures.get("completion_tokens"), figures.get("output_tokens"))
    reasoning = _first_count(completion.get("reasoning_tokens"), figures.get("reasoning_tokens"))
    if dialect.reasoning.outside_output and output is not None:
        output += reasoning or 0
    return Usage(
        input_tokens=_first_count(figures.get("prompt_tokens"), figures.get("input_tokens")),
        output_tokens=output,
        cache_read_tokens=_first_count(
            prompt.get("cached_tokens"), figures.get("prompt_cache_hit_tokens"), figures.get("cached_tokens")
        ),
        cache_write_tokens=as_count(prompt.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        total_tokens=as_count(figures.get("total_tokens")),
        raw=figures,
    )


def usage_object(value: JsonValue) -> JsonObject:
    """Return the object of a usage field: itself, or the last of a list."""
    if isinstance(value, dict):
        return value
    listed = [item for item in as_list(value) if isinstance(item, dict)]
    return listed[-1] if listed else {}


def _first_count(*values: JsonValue) -> int | None:
    for value in values:
        if (count := as_count(value)) is not None:
            return count
    return None
