"""The base of every provider's builder: where the server is, how to get there, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import TYPE_CHECKING, Generic, Literal, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from chat_core.client.paths import without_end
from chat_core.transport import Timeouts, Transport
from chat_core.types.errors import ConfigurationError
from chat_core.types.explanation import is_secret
from chat_core.types.misuse import (
    check_json,
    check_numbers,
    checked_mapping,
    checked_text,
    is_a,
    kind_of,
    refuse_other_arguments,
)
from chat_core.types.short_repr import Abbreviation, Shown, Values, changed_fields

if TYPE_CHECKING:
    from chat_core.client.credentials import CredentialSource

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach a server, as far as a builder was given it; None where it was not.

    `extra` are fields of request bodies, by the endpoint that they are for.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    transport: Transport | None = None
    credentials: CredentialSource | None = field(default=None, repr=False)
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    def open_transport(self, base_url: str) -> Transport:
        """Return what carries a client's requests: the user's transport or a new one, with credentials where
        set.
        """
        transport = self.transport or default_transport(base_url)
        if self.credentials is None:
            return transport
        # imported here: most clients have a key
        from chat_core.client.authorized import Authorized
        from chat_core.client.credentials import Credentials

        return Authorized(transport, Credentials(self.credentials))


class ProviderBuilder(Shown, Generic[C]):
    """The methods of every provider's builder. Each `with_…` returns a new builder, and none does I/O.

    A provider adds its own: `self._with(replace(self._choices, …))`, where `_choices` is a frozen dataclass
    of the provider's. A method without which there is no `build()`, such as `with_model`, casts the result to
    another phantom parameter.
    """

    def __init__(self, choices: C) -> None:
        self._choices = choices
        self._connection = Connection()

    def with_api_key(self, api_key: str) -> Self:
        """Set the API key. It is sent in a header, and takes the place of credentials.

        An empty one counts as none. Raises `ConfigurationError` for what is no text, such as an environment
        variable that is not set.
        """
        if not is_a(api_key, str):
            raise ConfigurationError(
                f"with_api_key takes the key, not {kind_of(api_key)}: is the environment variable set that "
                "it is read from? Leave with_api_key out where the server needs none"
            )
        return self._connected(replace(self._connection, api_key=api_key, credentials=None))

    def with_credentials(self, source: CredentialSource) -> Self:
        """Set a source of tokens that expire, in place of an API key. They are sent as `Authorization:
        Bearer`.

        `source` is a function, sync or async, that returns a token and when it expires: a `Credential`, or a
        pair with seconds since the epoch. Tokens are kept per client, refreshed ahead of time and after a
        status 401. A source that returns a text alone is called for every request. Sync sources run in a
        thread.
        """
        return self._connected(replace(self._connection, credentials=source, api_key=None))

    def with_base_url(self, base_url: str) -> Self:
        """Set the server's address, with the part of the path that all requests share.

        A query in it, such as `?api-version=1`, goes along with every request. Raises `ConfigurationError`
        for anything but an http(s) URL, and for a URL with credentials or a key in it.
        """
        return self._connected(replace(self._connection, base_url=checked_url(base_url)))

    @refuse_other_arguments('with_header(name, value) takes one header: .with_header("X-Team", "blue")')
    def with_header(self, name: str, value: str) -> Self:
        """Add a header to every request, in place of one of the same name.

        Raises `ConfigurationError` for what is no text.
        """
        header = checked_text(name, "with_header(name, value)", '"X-Team"')
        if not is_a(value, str):
            raise ConfigurationError(
                f"with_header({name!r}, value) takes a text as value, not {kind_of(value)}"
            )
        return self._connected(
            replace(self._connection, headers={**self._connection.headers, header.lower(): value})
        )

    def with_timeout(
        self,
        total: float | EllipsisType | None = ...,
        *,
        connect: float | EllipsisType | None = ...,
        first_event: float | EllipsisType | None = ...,
        idle: float | EllipsisType | None = ...,
    ) -> Self:
        """Set time limits in seconds, None for no limit; those that are not named stay as they were.

        `Timeouts` explains each limit and its default.
        """
        given = {"connect": connect, "first_event": first_event, "idle": idle, "total": total}
        named = {name: seconds for name, seconds in given.items() if not isinstance(seconds, EllipsisType)}
        return self._connected(
            replace(self._connection, timeouts=replace(self._connection.timeouts, **named))
        )

    def with_transport(self, transport: Transport) -> Self:
        """Set what carries the requests, instead of a new `HttpTransport`.

        Raises `ConfigurationError` for a client of an HTTP library, which is no transport.
        """
        library = type(transport).__module__.partition(".")[0]
        if library in ("httpx", "httpx2", "aiohttp", "requests"):
            instead = "AioHttpTransport(...)" if library == "aiohttp" else "HttpTransport(client=...)"
            raise ConfigurationError(
                f"with_transport takes a transport, not {kind_of(transport)} of {library}: {instead}"
            )
        return self._connected(replace(self._connection, transport=transport))

    def with_extra_body(
        self, extra: Mapping[str, object], *, endpoint: Literal["chat", "embeddings"] = "chat"
    ) -> Self:
        """Merge fields that this library has no name for into every request body of one endpoint, last.

        Adds to those given before. Fields for one endpoint never reach another. Raises `ConfigurationError`
        for another endpoint, and for what is no dict.
        """
        connection = self._connection
        extra = checked_mapping(extra, "with_extra_body")
        check_json(dict(extra), "with_extra_body(...)")
        if endpoint == "embeddings":
            changed = replace(connection, embeddings_extra={**connection.embeddings_extra, **extra})
        elif endpoint == "chat":
            changed = replace(connection, extra={**connection.extra, **extra})
        else:
            raise ConfigurationError(f"with_extra_body(endpoint={endpoint!r}): 'chat' or 'embeddings'")
        return self._connected(changed)

    def _shown(self) -> Values:
        """Yield what was chosen. Of keys, headers and extra fields it shows that they are there."""
        connection = self._connection
        for name, value in changed_fields(self._choices):
            yield name, value if isinstance(value, str | bool | int | float) else Abbreviation("…")
        if connection.base_url is not None:
            yield "base_url", connection.base_url
        for name, secret in (("api_key", connection.api_key), ("credentials", connection.credentials)):
            if secret is not None:
                yield name, Abbreviation("***")
        extras = {"extra_body": connection.extra, "embeddings_extra_body": connection.embeddings_extra}
        for name, values in {"headers": connection.headers, **extras}.items():
            if values:
                yield name, list(values)
        if connection.timeouts != Timeouts():
            yield "timeouts", connection.timeouts
        if connection.transport is not None:
            yield "transport", connection.transport

    def _with(self, choices: C) -> Self:
        check_numbers(choices)
        changed = copy(self)
        changed._choices = choices
        return changed

    def _connected(self, connection: Connection) -> Self:
        changed = copy(self)
        changed._connection = connection
        return changed


def checked_url(url: str, *, may_hold_key: bool = False) -> str:
    """Return the URL without slashes at the end of its path. A query goes along with every request.

    Raises `ConfigurationError` for other schemes than http(s), for credentials or a fragment in it, and for a
    key in its query, unless `may_hold_key`: that is for servers which are reached in no other way, and for a
    caller that shows no query.
    """
    checked_text(url, "with_base_url", "https://host/v1")
    shown = url.rpartition("@")[2]  # what stands before it may be a password
    try:
        parsed = urlsplit(url.strip())
    except ValueError:  # it shows the whole
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1") from None
    if parsed.username or parsed.password:
        raise ConfigurationError(
            "a base URL holds no user or password, they would end up in logs: "
            ".with_header('Authorization', ...)"
        )
    if parsed.fragment:
        raise ConfigurationError(f"a base URL has no fragment: leave out what follows # in {shown!r}")
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise ConfigurationError(f"not a base URL: {shown!r}; it looks like https://host/v1")
    names = [name for name, _ in parse_qsl(parsed.query, keep_blank_values=True)]
    if not may_hold_key and (secret := next((name for name in names if is_secret(name)), None)):
        raise ConfigurationError(
            f"a base URL holds no {secret!r}, it would end up in logs and in what is stored: "
            ".with_api_key(...), or .with_header(...) for a key of a gateway's"
        )
    return without_end(url.strip().rstrip("?"))


def checked_key(api_key: str) -> str:
    """Return the key without white space around it.

    Raises `ConfigurationError`, without the key, where no header can carry it.
    """
    key = api_key.strip()
    if not key.isascii() or not key.isprintable():
        raise ConfigurationError(
            "the API key holds characters that no header can carry: was it pasted whole?"
        )
    return key


def default_transport(base_url: str) -> Transport:
    """Return a new transport, an `HttpTransport` if no other was set, with the proxy that the environment
    names.
    """
    # imported here: users with a transport of their own load neither this nor httpx
    from urllib.request import getproxies, proxy_bypass

    from chat_core.transport.default import make_default_transport

    host = urlsplit(base_url)
    proxies = getproxies()
    proxy = proxies.get(host.scheme) or proxies.get("all")
    if proxy and proxy_bypass(host.netloc):  # it reads the environment again, so only where it matters
        proxy = None
    return make_default_transport(f"http://{proxy}" if proxy and "://" not in proxy else proxy)
