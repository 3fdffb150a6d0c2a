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
    details = stated.get("output_tokens_details")
    return Usage(
        None if uncached is None else uncached + (read or 0) + (written or 0),
        as_count(stated.get("output_tokens")),
        read,
        written,
        as_count(details.get("thinking_tokens")) if isinstance(details, dict) else None,
        raw=stated,
    )
