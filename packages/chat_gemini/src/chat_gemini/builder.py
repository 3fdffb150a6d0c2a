"""The builder: how a client is put together, and what is missing."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Generic, Self, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client import (
    HasEmbeddings,
    HasModel,
    NoEmbeddings,
    NoModel,
    Server,
    checked_key,
    checked_url,
    resource_path,
)
from typing_extensions import TypeVar

from chat_gemini.capabilities import VERTEX, Endpoint
from chat_gemini.client import EmbeddingGeminiClient, GeminiClient
from chat_gemini.names import model_path
from chat_gemini.options import EmbeddingOptions
from chat_gemini.request_methods import Choices, RequestMethods
from chat_gemini.settings import Settings

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

GOOGLE = Server(
    "Gemini",
    "https://generativelanguage.googleapis.com",
    url_variables=("GOOGLE_GEMINI_BASE_URL",),
    key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    hosts=("googleapis.com",),
    key_required=True,
)
_VERSION = re.compile(r"v\d{1,4}(?:(?:alpha|beta)\d{0,4})?")


class GeminiBuilder(RequestMethods, Generic[M, E]):
    """Builds a client for Google's Gemini API. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` the client talks to `GOOGLE_GEMINI_BASE_URL`, else to Google. `GOOGLE_API_KEY`, else
    `GEMINI_API_KEY`, is read for those two and for Google's own hosts only, so that the key goes to no other server.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_model(self, model: str) -> GeminiBuilder[HasModel, E]:
        """Set the model's name, with or without `models/` in front."""
        made = self._with(replace(self._choices, model=model.removeprefix("models/")))
        return cast("GeminiBuilder[HasModel, E]", made)

    def with_base_url(self, base_url: str) -> Self:
        """Set the server's address. One with a version in its path, such as `https://proxy/v1beta`, is taken as it is."""
        return super().with_base_url(_checked_address(base_url))

    def with_api_version(self, version: str) -> Self:
        """Set the version of the API. The default is `v1beta`, which has everything; Google also has `v1` and `v1alpha`."""
        if not _VERSION.fullmatch(version):
            raise ConfigurationError(f"not a version of the API: {version!r}; it looks like v1beta")
        return self._with(replace(self._choices, api_version=version))

    def with_embeddings(
        self, dimensions: int | None = None, *, task: str | None = None, title: str | None = None
    ) -> GeminiBuilder[M, HasEmbeddings]:
        """Build a client that embeds.

        `dimensions` shortens the vectors. `task` is what they are for, such as "RETRIEVAL_QUERY" or
        "RETRIEVAL_DOCUMENT"; the latter may have the `title` of the document.
        """
        options = EmbeddingOptions(dimensions, task.upper() if task else None, title)
        made = self._with(replace(self._choices, embeds=True, embeddings=options))
        return cast("GeminiBuilder[M, HasEmbeddings]", made)

    @overload
    def build(self: GeminiBuilder[HasModel, NoEmbeddings]) -> GeminiClient: ...
    @overload
    def build(self: GeminiBuilder[HasModel, HasEmbeddings]) -> EmbeddingGeminiClient: ...
    def build(self) -> GeminiClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('GeminiBuilder.build() needs .with_model("...") first')
        resource_path(model_path(choices.model))  # refuses a name that would lead to another path
        base_url, api_key, _ = GOOGLE.resolve(
            connection, os.environ, builder="GeminiBuilder", checked=_checked_address
        )
        base_url = _with_version(base_url, choices.api_version or "v1beta")
        key = {"x-goog-api-key": checked_key(api_key)} if api_key else {}
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=connection.open_transport(base_url),
            headers={"content-type": "application/json"} | key | dict(connection.headers),
            timeouts=connection.timeouts,
            defaults=replace(choices.defaults, extra=connection.extra, endpoint=_endpoint(base_url)),
            embeddings=choices.embeddings,
            embeddings_extra=connection.embeddings_extra,
        )
        return EmbeddingGeminiClient(settings) if choices.embeds else GeminiClient(settings)

    def __repr__(self) -> str:
        return f"GeminiBuilder(model={self._choices.model!r}, base_url={self._connection.base_url!r})"


def _endpoint(base_url: str) -> Endpoint:
    """Return what the server at this address takes."""
    host = urlsplit(base_url).hostname or ""
    return VERTEX if host.endswith("aiplatform.googleapis.com") else Endpoint()


def _with_version(base_url: str, version: str) -> str:
    steps = urlsplit(base_url).path.split("/")
    return base_url if any(_VERSION.fullmatch(step) for step in steps) else f"{base_url}/{version}"


def _checked_address(url: str) -> str:
    """Return the URL, checked. A key in its query is refused, and the address of one method instead of the server."""
    parsed = urlsplit(checked := checked_url(url))
    if parsed.query:
        raise ConfigurationError("a base URL holds no query, it would end up in logs: .with_api_key(...)")
    path, found, _ = parsed.path.partition("/models")
    if found:
        base = parsed._replace(path=path).geturl()
        raise ConfigurationError(f"a base URL ends before /models: .with_base_url({base!r}).with_model(...)")
    return checked
