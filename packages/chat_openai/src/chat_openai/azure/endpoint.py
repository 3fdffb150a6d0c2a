"""Where Azure serves what: the v1 surface, and the dated versions of the API before it.

Facts: Azure's documentation and recorded traffic, November 2026.

| surface | Responses | Chat Completions, embeddings, images |
|---|---|---|
| v1 | `{endpoint}/openai/v1` | the same |
| dated | `{endpoint}/openai?api-version=…` | `{endpoint}/openai/deployments/{deployment}?api-version=…` |
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from chat_core import ConfigurationError
from chat_core.client import checked_url, joined_url, path_segment

_RESOURCE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:-preview)?")
_V1_VERSIONS: Final = ("v1", "preview", "latest")
_SURFACE: Final = re.compile(r"/openai(?:/v1|/deployments/[^/]+)?(?:/.*)?$")


def resource_endpoint(resource: str) -> str:
    """Return the endpoint of a resource by its name. Raises `ConfigurationError` for what cannot be one."""
    if not _RESOURCE.fullmatch(resource):
        raise ConfigurationError(
            f"not the name of a resource: {resource!r}; for an address there is .with_endpoint(...)"
        )
    return f"https://{resource}.openai.azure.com"


def checked_version(version: str) -> str:
    """Return an API version. Raises `ConfigurationError` for what is none."""
    if version not in _V1_VERSIONS and not _VERSION.fullmatch(version):
        raise ConfigurationError(
            f'not an API version: {version!r}; it looks like "2025-04-01-preview" or "v1"'
        )
    return version


def checked_endpoint(url: str) -> str:
    """Return the endpoint of a URL: without the surface, the deployment and the `api-version` that Azure's
    portal adds to it. The rest of its query is kept.
    """
    parts = urlsplit(checked_url(url))
    kept = "&".join(item for item in parts.query.split("&") if not item.lower().startswith("api-version="))
    return urlunsplit(parts._replace(path=_SURFACE.sub("", parts.path).rstrip("/"), query=kept))


def is_dated(version: str | None) -> bool:
    """Return whether a version is one of the dated ones; None is the v1 surface."""
    return version is not None and version not in _V1_VERSIONS


def base_url(endpoint: str, version: str | None) -> str:
    """Return the base URL of the Responses API; on the v1 surface it is that of everything."""
    query = f"?api-version={quote(version, safe='')}" if version not in (None, "v1") and version else ""
    return joined_url(endpoint, f"/openai{query}" if is_dated(version) else f"/openai/v1{query}")


def deployment_path(deployment: str, version: str | None) -> str:
    """Return the path of a deployment under the base URL, for what a dated version serves there; empty on
    v1.
    """
    return f"/deployments/{path_segment(deployment)}" if is_dated(version) else ""


def deployment_url(endpoint: str, deployment: str, version: str | None) -> str:
    """Return the base URL of Chat Completions."""
    address, question, query = base_url(endpoint, version).partition("?")
    return f"{address}{deployment_path(deployment, version)}{question}{query}"
