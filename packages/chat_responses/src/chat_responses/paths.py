"""The paths of stored responses."""

from __future__ import annotations

from chat_core.client import path_segment


def response_path(id: str) -> str:
    """Return the path of a stored response. Raises `ConfigurationError` for an id that names another path."""
    return f"/responses/{path_segment(id)}"
