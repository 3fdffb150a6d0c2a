"""Where an Ollama server is, as `OLLAMA_HOST` describes it.

Facts: Ollama's Python client and server, August 2026.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from chat_core import ConfigurationError

_PORTS = {"http": 80, "https": 443}
_DEFAULT_PORT = 11434
# the addresses that a server listens on, and those where a client reaches it
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def root_url(text: str) -> str:
    """Return the root of the server that a value of `OLLAMA_HOST` names, with its port. Empty text is this
    machine.

    A user name in it is dropped. Raises `ConfigurationError` for what names no server.
    """
    text = text.strip().strip("\"'").strip()
    scheme, is_bare, rest = _split(text)
    try:
        parsed = urlsplit(f"//{rest}")
        host, port = parsed.hostname or "", parsed.port
    except ValueError as exc:
        raise ConfigurationError(
            f"OLLAMA_HOST names no server: {_without_user(text)!r} ({exc}); it looks like host:11434"
        ) from exc
    if scheme not in _PORTS:
        raise ConfigurationError(
            f"OLLAMA_HOST names no server: {_without_user(text)!r}; it looks like host:11434 or https://host"
        )
    if is_bare and host == "ollama.com" and port is None:
        scheme, port = "https", 443
    host = _REACHED_AT.get(host, host)
    named = f"[{host}]" if ":" in host else host
    query = f"?{parsed.query}" if parsed.query else ""
    place = f"{named}:{port or (_DEFAULT_PORT if is_bare else _PORTS[scheme])}"
    return f"{scheme}://{place}{_path_of_root(parsed)}{query}"


def api_url(url: str, path: str) -> str:
    """Return a base URL with the path of one of the two APIs. `url` is the root, or ends in `/v1` or `/api`.

    Its query is kept.
    """
    parsed = urlsplit(url)
    return parsed._replace(path=_path_of_root(parsed) + path).geturl()


def _split(text: str) -> tuple[str, bool, str]:
    """Return the scheme, whether it was left out, and what follows it.

    A bare IPv6 address gets its brackets.
    """
    scheme, separator, rest = text.partition("://")
    if separator:
        return scheme.lower(), False, rest
    address = text.partition("/")[0]
    if address.count(":") > 1 and "[" not in address:
        return "http", True, f"[{address}]{text[len(address) :]}"
    return "http", True, text


def _path_of_root(parsed: SplitResult) -> str:
    path = parsed.path.rstrip("/")
    for api in ("/v1", "/api"):
        if path.endswith(api):
            return path.removesuffix(api).rstrip("/")
    return path


def _without_user(text: str) -> str:
    return text.rpartition("@")[2]  # a password may stand before it
