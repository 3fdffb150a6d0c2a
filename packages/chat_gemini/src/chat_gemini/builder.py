"""The builder: how a client is put together, and what is missing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, cast, overload

from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

from chat_gemini.choices import Choices
from chat_gemini.client import EmbeddingGeminiClient, GeminiClient
from chat_gemini.options import EmbeddingOptions
from chat_gemini.request_methods import RequestMethods
from chat_gemini.settings import Settings

if TYPE_CHECKING:
    from chat_gemini.live.builder import LiveBuilder

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

    def with_realtime(self) -> LiveBuilder[M]:
        """Build a client of sessions that talk both ways, over the Live API.

        What was set so far is kept; the builder that is returned has the settings of sessions.
        """
        from chat_gemini.live.builder import LiveBuilder  # few programs need it

        return cast("LiveBuilder[M]", LiveBuilder.from_choices(self._choices, self._connection))

    @overload
    def build(self: GeminiBuilder[HasModel, NoEmbeddings]) -> GeminiClient: ...
    @overload
    def build(self: GeminiBuilder[HasModel, HasEmbeddings]) -> EmbeddingGeminiClient: ...
    def build(self) -> GeminiClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        access, choices = self._access(os.environ), self._choices
        address, connection = access.address, access.connection
        settings = Settings(
            model=access.model,
            base_url=address.base_url,
            models_url=address.models_url,
            transport=connection.open_transport(address.base_url),
            headers={"content-type": "application/json", **access.headers},
            timeouts=connection.timeouts,
            key_advice=address.key_advice,
            defaults=replace(choices.defaults, extra=connection.extra, endpoint=address.endpoint),
            embeddings=choices.embeddings,
            embeddings_extra=connection.embeddings_extra,
        )
        return EmbeddingGeminiClient(settings) if choices.embeds else GeminiClient(settings)
