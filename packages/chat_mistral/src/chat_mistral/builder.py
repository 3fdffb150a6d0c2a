"""The builder: Mistral's options beyond the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast, overload

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_mistral.client import EmbeddingMistralClient, MistralClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class MistralBuilder(CompletionsBuilder, Generic[M, E]):
    """Builds a client for Mistral. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to api.mistral.ai. `MISTRAL_API_KEY` is read for Mistral's own servers
    only.
    """

    def with_model(self, model: str) -> MistralBuilder[HasModel, E]:
        """Set the model's name, such as "mistral-large-latest"."""
        return cast("MistralBuilder[HasModel, E]", self._named(model))

    def with_reasoning(self, effort: Literal["none", "high"]) -> Self:
        """Set whether the model reasons, unless a chat's options say otherwise."""
        return self._with_effort(effort)

    def with_safe_prompt(self) -> Self:
        """Have the server put its safety instructions before the conversation."""
        return self.with_extra_body({"safe_prompt": True})

    def with_guardrails(self, *guardrails: Mapping[str, object]) -> Self:
        """Set moderation of what goes in and comes out, as Mistral's reference describes each."""
        return self.with_extra_body({"guardrails": [dict(each) for each in guardrails]})

    def with_embedding_type(self, type: Literal["float", "int8", "uint8", "binary", "ubinary"]) -> Self:
        """Set the type of the numbers of embeddings."""
        return self.with_extra_body({"output_dtype": type, "encoding_format": "float"}, endpoint="embeddings")

    def with_embeddings(self, dimensions: int | None = None) -> MistralBuilder[M, HasEmbeddings]:
        """Build a client that embeds; `dimensions` shortens the vectors where the model can."""
        embedding = self._with(replace(self._choices, embeds=True, dimensions=checked_dimensions(dimensions)))
        return cast("MistralBuilder[M, HasEmbeddings]", embedding)

    @overload
    def build(self: MistralBuilder[HasModel, NoEmbeddings]) -> MistralClient: ...
    @overload
    def build(self: MistralBuilder[HasModel, HasEmbeddings]) -> EmbeddingMistralClient: ...
    def build(self) -> MistralClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_mistral.client import EmbeddingMistralClient, MistralClient

        settings = self._settings(Dialect.mistral())
        return EmbeddingMistralClient(settings) if self._choices.embeds else MistralClient(settings)
