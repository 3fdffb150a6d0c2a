"""Where Ollama listens: what `OLLAMA_HOST` says, read as Ollama's own client reads it."""

from __future__ import annotations

from urllib.parse import urlsplit

from chat_core import ConfigurationError

_PORT = 11434
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # addresses to listen on, to which nothing can be sent everywhere


def root_url(text: str | None) -> str:
    """The root of the server, without `/v1` and `/api`: `http://127.0.0.1:11434` where nothing is said. Raises
    `ConfigurationError` for what is no address.

    Facts: Ollama's Python client and server, November 2026. Without a port it is 11434, but 80 and 443 where the scheme is written
    out; `ollama.com` is reached by https.
    """
    said = (text or "").strip().strip("\"'").strip()
    scheme, found, rest = said.rpartition("://")
    if not found:
        scheme, rest = ("https", said) if said.partition("/")[0] == "ollama.com" else ("http", said)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError as exc:
        raise _no_address(said) from exc
    if scheme not in ("http", "https") or parts.query or parts.fragment or any(character.isspace() for character in rest):
        raise _no_address(said)
    ordinary = {"http": 80, "https": 443}[scheme]
    port = port or (ordinary if found or scheme == "https" else _PORT)
    host = _HERE.get(host, host)
    path = parts.path.rstrip("/")
    for surface in ("/v1", "/api"):
        path = path.removesuffix(surface)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}{path.rstrip('/')}"


def _no_address(said: str) -> ConfigurationError:
    shown = said.rpartition("@")[2]  # what stands before it may be a password
    return ConfigurationError(f"not an address of Ollama: {shown!r}; it looks like host:11434 or https://host/path")
