"""Where a vendor's server is, which key it takes, and the one rule of where a key may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from chat_core.client.builder import Connection, checked_url
from chat_core.types.errors import ConfigurationError

_NO_KEY = "no key was sent: .with_api_key(...) sends one"


class ResolvedServer(NamedTuple):
    """The server that a client talks to, and the key that is sent to it, or None.

    `key_advice` says where that key came from, for the error of a server that refuses it.
    """

    base_url: str
    api_key: str | None
    is_vendors_own: bool
    key_advice: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A vendor's server, as data: its address and the environment variables that name it and its key.

    A key from the environment goes only to the vendor's own hosts, and to the address that the environment
    itself names. A base URL that the user passes to the builder gets the key that the user passes, and no
    other, unless it is one of the vendor's own hosts.

    - `name`: the vendor, for error messages
    - `base_url`: the address with the part of the path that all requests share; None where there is none
      known
    - `url_variables`: environment variables with a whole base URL; the first that is set counts
    - `host_variable`: an environment variable with a host alone; the path of `base_url` is added
    - `key_variables`: environment variables with the key; the first that is set counts
    - `hosts`: hosts of the vendor's own beside that of `base_url`, with all their subdomains
    - `key_required`: whether the vendor's own server refuses requests without a key
    - `key_headers`: headers that a user may send a credential in, instead of a key
    """

    name: str
    base_url: str | None = None
    url_variables: tuple[str, ...] = ()
    host_variable: str | None = None
    key_variables: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    key_required: bool = False
    key_headers: frozenset[str] = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key"})

    def resolve(
        self,
        connection: Connection,
        variables: Mapping[str, str],
        *,
        builder: str,
        checked: Callable[[str], str] = checked_url,
        find_key: Callable[[Mapping[str, str]], str | None] | None = None,
    ) -> ResolvedServer:
        """Return the base URL and the key for a connection.

        `variables` is the environment. `builder` is the class that is named in errors, `checked` checks and
        normalises a base URL. `find_key` replaces the look-up of `key_variables`, under the same rule. Raises
        `ConfigurationError` naming what is missing.
        """
        base_url = checked(connection.base_url or self._address(variables, builder))
        is_own = self.owns(base_url)
        may_have_key = is_own or connection.base_url is None
        api_key = (connection.api_key or "").strip() or None
        if connection.credentials is not None:
            return ResolvedServer(
                base_url, None, is_own, "its token came from the source of .with_credentials(...)"
            )
        advice = "its key came from .with_api_key(...)"
        sends_header = bool(self.key_headers & connection.headers.keys())
        if api_key is None and may_have_key and not sends_header:
            api_key = (find_key or self._key)(variables)
            if api_key is None and self.key_required and is_own:
                raise self.missing_key()
            advice = self._key_advice(variables, api_key)
        elif api_key is None:
            advice = "its key came from .with_header(...)" if sends_header else _NO_KEY
        return ResolvedServer(base_url, api_key, is_own, advice)

    def owns(self, url: str) -> bool:
        """Return whether the host of a URL is the vendor's own, so that its key may go there."""
        host = urlsplit(url).hostname or ""
        if self.base_url is not None and host == urlsplit(self.base_url).hostname:
            return True
        return any(host == own or host.endswith("." + own) for own in self.hosts)

    def missing_key(self) -> ConfigurationError:
        """Return the error for a request without a key, which names where one can be set."""
        names = " or ".join(self.key_variables)
        comma = "," if len(self.key_variables) > 1 else ""
        set_it = f"set {names}{comma} or use " if names else "use "
        return ConfigurationError(f"{self.name} needs an API key: {set_it}.with_api_key(...)")

    def _key_advice(self, variables: Mapping[str, str], api_key: str | None) -> str:
        if api_key is None:
            return _NO_KEY
        names = [name for name in self.key_variables if variables.get(name, "").strip()]
        place = names[0] if names else "a file of the vendor's tools"
        return f"its key came from {place}; .with_api_key(...) sends another"

    def _address(self, variables: Mapping[str, str], builder: str) -> str:
        for variable in self.url_variables:
            if url := variables.get(variable, "").strip():
                return url
        if self.host_variable and (host := variables.get(self.host_variable, "").strip()):
            whole = host if "://" in host else f"https://{host}"
            has_path = urlsplit(whole).path.strip("/")
            return whole if has_path else whole.rstrip("/") + urlsplit(self.base_url or "").path
        if self.base_url is None:
            raise ConfigurationError(
                f'{builder}.build() needs .with_base_url("https://host/v1"): {self.name} has no known server'
            )
        return self.base_url

    def _key(self, variables: Mapping[str, str]) -> str | None:
        return next((key for name in self.key_variables if (key := variables.get(name, "").strip())), None)
