"""Paths of URLs: under a base URL whose query goes along, and values that become a part of one, encoded so
that none names another path.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

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


def joined_url(base_url: str, path: str) -> str:
    """Return the path under the base URL. A query of the base URL, such as Azure's api-version, is kept, and
    one of the path follows it.
    """
    if "?" not in base_url:
        return base_url + path
    base = urlsplit(base_url)
    path, _, query = path.partition("?")
    whole_query = "&".join(filter(None, (base.query, query)))
    return urlunsplit(base._replace(path=base.path.rstrip("/") + path, query=whole_query))


def without_end(base_url: str, *ends: str) -> str:
    """Return the base URL without these ends of its path, one after the other. Its query is kept."""
    address, question, query = base_url.partition("?")
    for end in ends:
        address = address.removesuffix(end)
    return address.rstrip("/") + question + query
