"""Values that become part of a URL's path: encoded, so that none names another path."""

from __future__ import annotations

from urllib.parse import quote

from chat_core.types.errors import ConfigurationError


def path_segment(value: str) -> str:
    """Return a value as one segment of a path, percent-encoded.

    Raises `ConfigurationError` for an empty one, for "." and "..", which name other paths, and for half a
    character.
    """
    if value.strip() in ("", ".", ".."):
        raise ConfigurationError(f"{value!r} cannot be a part of a URL's path")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise ConfigurationError(f"{value[:200]!r} is no text that a URL can carry") from None


def resource_path(name: str) -> str:
    """Return a name of several segments, such as "models/gemini-3", each encoded. Raises `ConfigurationError`
    for segments that `path_segment` refuses.
    """
    return "/".join(path_segment(segment) for segment in name.split("/"))
