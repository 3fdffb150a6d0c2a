"""Where an Ollama server is, as `OLLAMA_HOST` says it. Facts: Ollama's Python client and server, August 2026."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from chat_core import ConfigurationError

_PORTS = {"http": 80, "https": 443}
_BIND = {
    "0.0.0.0": "127.0.0.1",
    "::": "::1",
    "": "127.0.0.1",
}  # where a server listens, and how a client gets there


def root_url(text: str) -> str:
    """The server's root for a value of `OLLAMA_HOST`, with its port; empty text is this decoder. User names in it are dropped.
    Raises `ConfigurationError` for what names no server."""
    text = text.strip().strip("\"'").strip()
    scheme, bare, rest = _split(text)
    try:
        parsed = urlsplit(f"//{rest}")
        host, port = parsed.hostname or "", parsed.port
    except ValueError as exc:
        raise ConfigurationError(
            f"OLLAMA_HOST names no server: {_shown(text)!r} ({exc}); it looks like host:11434"
        ) from exc
    if scheme not in _PORTS:
        raise ConfigurationError(
            f"OLLAMA_HOST names no server: {_shown(text)!r}; it looks like host:11434 or https://host"
        )
    if bare and host == "ollama.com" and port is None:
        scheme, port = "https", 443
    host = _BIND.get(host, host)
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}:{port or (11434 if bare else _PORTS[scheme])}{_without_surface(parsed)}"


def surface_url(url: str, surface: str) -> str:
    """A base URL, given as the root or with `/v1` or `/api`, with this surface's path. Its query is kept."""
    parsed = urlsplit(url)
    return parsed._replace(path=_without_surface(parsed) + surface).geturl()


def _split(text: str) -> tuple[str, bool, str]:
    """The scheme, whether it went without saying, and what follows it; a bare IPv6 address gets its brackets."""
    scheme, said, rest = text.partition("://")
    if said:
        return scheme.lower(), False, rest
    address = text.partition("/")[0]
    if address.count(":") > 1 and "[" not in address:
        return "http", True, f"[{address}]{text[len(address) :]}"
    return "http", True, text


def _without_surface(parsed: SplitResult) -> str:
    path = parsed.path.rstrip("/")
    for surface in ("/v1", "/api"):
        if path.endswith(surface):
            return path.removesuffix(surface).rstrip("/")
    return path


def _shown(text: str) -> str:
    return text.rpartition("@")[2]  # what stands before it may be a password
