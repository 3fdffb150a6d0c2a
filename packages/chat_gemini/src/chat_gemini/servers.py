"""Where Google's servers are: the Gemini API, and Vertex by project and location."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client import Connection, Server, checked_url, joined_url, path_segment

from chat_gemini.capabilities import GEMINI_API, VERTEX, Endpoint

_KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
_SERVER = Server(
    "Gemini",
    "https://generativelanguage.googleapis.com",
    url_variables=("GOOGLE_GEMINI_BASE_URL",),
    key_variables=_KEYS,
    hosts=("googleapis.com",),
    key_required=True,
)
_VERSION = re.compile(r"v\d{1,4}(?:(?:alpha|beta)\d{0,4})?")
_LOCATION = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MULTI_REGIONS = ("us", "eu")


@dataclass(frozen=True, slots=True)
class VertexPlace:
    """A project and a location of Vertex, None for those of the environment."""

    project: str | None = None
    location: str | None = None

    def __post_init__(self) -> None:
        if self.project is not None:
            path_segment(self.project)
        if self.location is not None:
            checked_location(self.location)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client's requests go, and how they are authorised.

    `needs_default_credentials` says that neither a key nor credentials were given, and that Google's own may
    be sent there.
    """

    base_url: str
    models_url: str
    endpoint: Endpoint
    key_advice: str
    api_key: str | None = None
    needs_default_credentials: bool = False


def gemini_api(connection: Connection, variables: Mapping[str, str], version: str | None) -> Address:
    """Return the address of the Gemini API, or of a server that speaks its wire.

    `variables` is the environment.
    """
    base_url, api_key, _, key_advice = _SERVER.resolve(
        connection, variables, builder="GeminiBuilder", checked=checked_address
    )
    if not has_version(base_url):
        base_url = joined_url(base_url, f"/{version or 'v1beta'}")
    host = urlsplit(base_url).hostname or ""
    endpoint = replace(VERTEX, models="models") if host.endswith("aiplatform.googleapis.com") else GEMINI_API
    return Address(base_url, base_url, endpoint, key_advice, api_key)


def vertex(
    connection: Connection, variables: Mapping[str, str], version: str | None, place: VertexPlace
) -> Address:
    """Return the address of Vertex. Raises `ConfigurationError` where there is neither a project nor a key.

    A key without a project is express mode. A project named in code comes before a key of the environment,
    and a key given in code before a project of the environment.
    """
    project, location = place.project, place.location
    if connection.api_key is None:
        project = project or variables.get("GOOGLE_CLOUD_PROJECT", "").strip() or None
    if project:
        location = location or variables.get("GOOGLE_CLOUD_LOCATION", "").strip() or None
    root = _root(checked_location(location or "global"))
    server = Server(
        "Vertex",
        root,
        url_variables=("GOOGLE_VERTEX_BASE_URL",),
        key_variables=() if project else _KEYS,
        hosts=("googleapis.com",),
    )
    base_url, api_key, is_own, key_advice = server.resolve(
        connection, variables, builder="GeminiBuilder", checked=checked_address
    )
    is_authorised = api_key or connection.credentials or server.key_headers & connection.headers.keys()
    may_have_credentials = is_own or connection.base_url is None
    if not project and not api_key and not has_version(base_url) and may_have_credentials:
        raise ConfigurationError(
            'Vertex needs a project: .with_vertex("my-project"), or set GOOGLE_CLOUD_PROJECT; '
            "express mode needs only a key: .with_api_key(...)"
        )
    base_url, models_url, endpoint = _urls(base_url, version, project, location)
    needs_default_credentials = not is_authorised and may_have_credentials
    if needs_default_credentials:
        from chat_core.client.google_credentials import KEY_ADVICE  # few clients need it

        key_advice = KEY_ADVICE
    return Address(base_url, models_url, endpoint, key_advice, api_key, needs_default_credentials)


def _urls(
    base_url: str, version: str | None, project: str | None, location: str | None
) -> tuple[str, str, Endpoint]:
    """Return the base URL of requests, that of the list of models, and what the server has."""
    if has_version(base_url):  # a whole address, of a gateway
        is_publisher = urlsplit(base_url).path.endswith("/publishers/google")
        endpoint = replace(VERTEX, models="models") if is_publisher else VERTEX
        return base_url, base_url, endpoint
    models_url = joined_url(base_url, f"/{version or 'v1beta1'}")
    if project is None:
        return models_url, models_url, VERTEX
    place = f"projects/{path_segment(project)}/locations/{location or 'global'}"
    return joined_url(models_url, f"/{place}"), models_url, VERTEX


def checked_address(url: str) -> str:
    """Return a base URL, checked. The address of one method is refused."""
    parsed = urlsplit(checked := checked_url(url))
    path, found, _ = parsed.path.partition("/models")
    if found:
        base = parsed._replace(path=path).geturl()
        raise ConfigurationError(f"a base URL ends before /models: .with_base_url({base!r}).with_model(...)")
    return checked


def checked_version(version: str) -> str:
    """Return a version of the API. Raises `ConfigurationError` for what is none."""
    if not _VERSION.fullmatch(version):
        raise ConfigurationError(f"not a version of the API: {version!r}; it looks like v1beta")
    return version


def checked_location(location: str) -> str:
    """Return a location, which becomes a part of a host's name.

    Raises `ConfigurationError` for what is none.
    """
    if not _LOCATION.fullmatch(location):
        raise ConfigurationError(f"not a location: {location!r}; it looks like europe-west4, or global")
    return location


def is_version(step: str) -> bool:
    """Return whether a step of a path is a version of the API."""
    return _VERSION.fullmatch(step) is not None


def has_version(url: str) -> bool:
    """Return whether an address has a version in its path, so that it is taken as it is."""
    return any(map(is_version, urlsplit(url).path.split("/")))


def _root(location: str) -> str:
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in _MULTI_REGIONS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"
