"""What a request over HTTP has to be before it is sent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chat_core.transport import Request
from chat_core.transport.content_coding import ACCEPTED
from chat_core.types.errors import ConfigurationError
from chat_core.types.version import VERSION

if TYPE_CHECKING:
    import httpx

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OF_THE_TRANSPORT = frozenset(("content-length", "transfer-encoding"))


def checked_url(request: Request) -> httpx.URL:
    """Return the URL of a request.

    Raises `ConfigurationError` for one that cannot be sent, and shows no header's value.
    """
    check_headers(request)
    return parsed_url(request.url)


def check_headers(request: Request) -> None:
    """Raise `ConfigurationError` for headers that cannot be sent, without showing a value."""
    if (name := unsendable_header(request)) is not None:
        raise ConfigurationError(
            f"header {name!r} cannot be sent: its value has a line break, a blank end or a character "
            f"outside ASCII;"
            " was the key copied whole and alone?"
        )
    if (
        name := next((name for name in request.headers if name.lower() in _OF_THE_TRANSPORT), None)
    ) is not None:
        raise ConfigurationError(f"header {name!r} is set by the transport: leave it out")


def complete_headers(request: Request, host: str) -> list[tuple[str, str]]:
    """Return the headers, with those that have to be there. httpx adds them too, if given `content`, in twice
    the time.
    """
    given = {name.lower() for name in request.headers}
    needed = {
        "Host": host,
        "accept-encoding": ACCEPTED,
        "user-agent": f"chat-core/{VERSION}",
    }
    if request.body or request.method == "POST":
        needed["Content-Length"] = str(len(request.body))
    return [(name, value) for name, value in needed.items() if name.lower() not in given] + list(
        request.headers.items()
    )


def unsendable_header(request: Request) -> str | None:
    """Return the name of the first header that httpx would refuse; its error would show the value."""
    for name, value in request.headers.items():
        if not (_NAME.fullmatch(name) and value.isascii() and value.isprintable() and value == value.strip()):
            return name
    return None


@lru_cache(maxsize=64)
def parsed_url(url: str) -> httpx.URL:
    """Return a URL, parsed. Raises `ConfigurationError` for one that no request can be sent to."""
    import httpx

    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as exc:
        raise ConfigurationError(f"the base URL is no URL: {exc}") from exc
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError("the base URL has to start with http:// or https:// and a host")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise ConfigurationError(f"the base URL has the port {parsed.port}; ports go from 1 to 65535")
    if parsed.userinfo:
        raise ConfigurationError(
            "the base URL holds a user or password; send it by .with_header('Authorization', ...)"
        )
    return parsed


@lru_cache(maxsize=64)
def server_of(url: str) -> str:
    """Return scheme, host and port of a URL, without loading httpx.

    Raises `ConfigurationError` as `parsed_url` does.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise ConfigurationError(f"the base URL is no URL: {exc}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError("the base URL has to start with http:// or https:// and a host")
    if port == 0:
        raise ConfigurationError("the base URL has the port 0; ports go from 1 to 65535")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "the base URL holds a user or password; send it by .with_header('Authorization', ...)"
        )
    return f"{parts.scheme}://{parts.netloc}"
