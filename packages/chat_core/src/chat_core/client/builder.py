"""What the builders of all providers have in common: where the server is, how to get there, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

from chat_core.transport import Timeouts, Transport
from chat_core.types.errors import ConfigurationError

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Connection:
    """What a builder has been told of the way to the server. None: not told."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    transport: Transport | None = None
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


class ProviderBuilder(Generic[C]):
    """The methods of every provider's builder. Each `with_…` answers with a new builder, and none does I/O.

    A provider adds its own: `self._with(replace(self._choices, …))`, `_choices` being a frozen dataclass of its own. One without
    which there is no `build()`, such as `with_model`, casts the result to another phantom parameter.
    """

    def __init__(self, choices: C) -> None:
        self._choices = choices
        self._connection = Connection()

    def with_api_key(self, api_key: str) -> Self:
        """The key, sent in a header."""
        return self._connected(replace(self._connection, api_key=api_key))

    def with_base_url(self, base_url: str) -> Self:
        """Where the server is, as far as all its paths have in common. Raises `ConfigurationError` for what is no http(s) URL."""
        return self._connected(replace(self._connection, base_url=checked_url(base_url)))

    def with_header(self, name: str, value: str) -> Self:
        """One more header on every request; replaces one of the same name."""
        return self._connected(
            replace(self._connection, headers={**self._connection.headers, name.lower(): value})
        )

    def with_timeout(
        self,
        total: float | EllipsisType | None = ...,
        *,
        connect: float | EllipsisType | None = ...,
        first_event: float | EllipsisType | None = ...,
        idle: float | EllipsisType | None = ...,
    ) -> Self:
        """Time limits in seconds, None for no limit; those not named stay. `Timeouts` says what each means, and its defaults."""
        given = {"connect": connect, "first_event": first_event, "idle": idle, "total": total}
        named = {name: seconds for name, seconds in given.items() if not isinstance(seconds, EllipsisType)}
        return self._connected(
            replace(self._connection, timeouts=replace(self._connection.timeouts, **named))
        )

    def with_transport(self, transport: Transport) -> Self:
        """What carries the requests, instead of a new `HttpTransport`."""
        return self._connected(replace(self._connection, transport=transport))

    def with_extra_body(self, extra: Mapping[str, object]) -> Self:
        """Fields merged into every request body last: for what this library has no name for. Adds to those given before."""
        return self._connected(replace(self._connection, extra={**self._connection.extra, **extra}))

    def _with(self, choices: C) -> Self:
        changed = copy(self)
        changed._choices = choices
        return changed

    def _connected(self, connection: Connection) -> Self:
        changed = copy(self)
        changed._connection = connection
        return changed


def checked_url(url: str) -> str:
    """The URL without slashes at its end. Raises `ConfigurationError` for other schemes than http(s), and for credentials in it."""
    shown = url.rpartition("@")[2]  # what stands before it may be a password
    try:
        parsed = urlsplit(url.strip())
    except ValueError:  # it shows the whole
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1") from None
    if parsed.username or parsed.password:
        raise ConfigurationError(
            "a base URL holds no user or password, they would end up in logs: .with_header('Authorization', ...)"
        )
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1")
    return url.strip().rstrip("/")


def checked_key(api_key: str) -> str:
    """The key, stripped. Raises `ConfigurationError` for one that no header can carry, without showing it."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            "the API key holds characters that no header can carry: was it pasted whole?"
        )
    return key


def default_transport(base_url: str) -> Transport:
    """A new `HttpTransport`, by way of the proxy that the environment names for this server."""
    from urllib.request import (
        getproxies,
        proxy_bypass,
    )  # here, so that whoever brings a transport imports neither this nor httpx

    from chat_core.transport.http import HttpTransport

    host = urlsplit(base_url)
    proxies = getproxies()
    proxy = None if proxy_bypass(host.netloc) else proxies.get(host.scheme) or proxies.get("all")
    return HttpTransport(proxy=f"http://{proxy}" if proxy and "://" not in proxy else proxy)
