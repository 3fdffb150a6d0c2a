"""The paths of stored responses."""

from __future__ import annotations

from urllib.parse import quote

from chat_core import ConfigurationError


def path_segment(value: str, what: str) -> str:
    """Return a value as one segment of a path. Raises `ConfigurationError` for an empty one and for dots."""
    if value.strip() in ("", ".", ".."):
        raise ConfigurationError(f"{value!r} is not {what}")
    return quote(value, safe="")


def response_path(id: str) -> str:
    """Return the path of a stored response."""
    return f"/responses/{path_segment(id, 'the id of a response')}"
