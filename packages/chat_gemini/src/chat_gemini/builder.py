"""The builder: how a client is put together, and what is missing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Generic, Self, cast, overload

from chat_core import ConfigurationError
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel, checked_key, resource_path
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

from chat_gemini.client import EmbeddingGeminiClient, GeminiClient
from chat_gemini.names import model_path
from chat_gemini.options import EmbeddingOptions
from chat_gemini.request_methods import Choices, RequestMethods
from chat_gemini.servers import Address, VertexPlace, checked_address, checked_version, gemini_api, vertex
from chat_gemini.settings import Settings

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class GeminiBuilder(RequestMethods, Generic[M, E]):
    """Builds a client for Google's Gemini API, or for Vertex.

    Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` the client talks to `GOOGLE_GEMINI_BASE_URL`, else to Google. `GOOGLE_API_KEY`,
    else `GEMINI_API_KEY`, is read for those two and for Google's own hosts only, so that the key goes to no
    other server.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_model(self, model: str) -> GeminiBuilder[HasModel, E]:
        """Set the model's name, with or without `models/` in front."""
        made = self._with(replace(self._choices, model=model.removeprefix("models/")))
        return cast("GeminiBuilder[HasModel, E]", made)

    def with_base_url(self, base_url: str) -> Self:
        """Set the server's address.

        One with a version in its path, such as `https://proxy/v1beta`, is taken as it is.
        """
        return super().with_base_url(checked_address(base_url))

    def with_api_version(self, version: str) -> Self:
        """Set the version of the API. `v1beta` by default (`v1beta1` on Vertex), which has everything."""
        return self._with(replace(self._choices, api_version=checked_version(version)))

    def with_vertex(self, project: str | None = None, location: str | None = None) -> Self:
        """Talk to Vertex, Google Cloud's endpoint, instead of the Gemini API.

        `project` is the one of `GOOGLE_CLOUD_PROJECT` by default, `location` that of `GOOGLE_CLOUD_LOCATION`,
        else "global". Requests are authorised by `with_credentials`, else by Google's application default
        credentials, which need `pip install 'chat-gemini[vertex]'`. With a key and no project it is express
        mode. Thought signatures of the one endpoint are not sent to the other. Raises `ConfigurationError`
        for a location that is no name.
        """
        return self._with(replace(self._choices, vertex=VertexPlace(project, location)))

    def with_embeddings(
        self, dimensions: int | None = None, *, task: str | None = None, title: str | None = None
    ) -> GeminiBuilder[M, HasEmbeddings]:
        """Build a client that embeds.

        `dimensions` shortens the vectors. `task` is what they are for, such as "RETRIEVAL_QUERY" or
        "RETRIEVAL_DOCUMENT"; the latter may have the `title` of the document.
        """
        options = EmbeddingOptions(checked_dimensions(dimensions), task.upper() if task else None, title)
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
        address = self._address()
        resource_path(
            model_path(choices.model, address.endpoint)
        )  # refuses a name that would lead to another path
        key = {"x-goog-api-key": checked_key(address.api_key)} if address.api_key else {}
        if address.needs_default_credentials and choices.vertex:
            from chat_core.client.google_credentials import ApplicationDefault

            connection = replace(connection, credentials=ApplicationDefault("chat-gemini[vertex]"))
            if quota_project := os.environ.get("GOOGLE_CLOUD_QUOTA_PROJECT"):
                key = {"x-goog-user-project": checked_key(quota_project)}
        settings = Settings(
            model=choices.model,
            base_url=address.base_url,
            models_url=address.models_url,
            transport=connection.open_transport(address.base_url),
            headers={"content-type": "application/json"} | key | dict(connection.headers),
            timeouts=connection.timeouts,
            key_advice=address.key_advice,
            defaults=replace(choices.defaults, extra=connection.extra, endpoint=address.endpoint),
            embeddings=choices.embeddings,
            embeddings_extra=connection.embeddings_extra,
        )
        return EmbeddingGeminiClient(settings) if choices.embeds else GeminiClient(settings)

    def _address(self) -> Address:
        choices = self._choices
        if choices.vertex is None:
            return gemini_api(self._connection, os.environ, choices.api_version)
        return vertex(self._connection, os.environ, choices.api_version, choices.vertex)
