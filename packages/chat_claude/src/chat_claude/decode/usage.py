"""Token usage."""

from __future__ import annotations

from chat_core import JsonValue, Usage
from chat_core.types.json_values import as_count, as_object


def usage(value: JsonValue) -> Usage:
    """Return the usage that the provider states.

    Its own `input_tokens` count only what was neither read from the cache nor written to it.
    """
    stated = as_object(value)
    uncached = as_count(stated.get("input_tokens"))
    read = as_count(stated.get("cache_read_input_tokens"))
    written = as_count(stated.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=None if uncached is None else uncached + (read or 0) + (written or 0),
        output_tokens=as_count(stated.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=as_count(as_object(stated.get("output_tokens_details")).get("thinking_tokens")),
        raw=stated,
    )
