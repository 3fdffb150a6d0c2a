"""The builder: Together's reasoning, sampling and safety options."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast, overload

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_together.client import EmbeddingTogetherClient, TogetherClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class TogetherBuilder(CompletionsBuilder, Generic[M, E]):
    """Builds a client for Together. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to `TOGETHER_BASE_URL`, else to api.together.ai. `TOGETHER_API_KEY` is
    read for those two only.
    """

    def with_model(self, model: str) -> TogetherBuilder[HasModel, E]:
        """Set the model's name, such as "openai/gpt-oss-120b"."""
        return cast("TogetherBuilder[HasModel, E]", self._named(model))

    def with_reasoning(
        self, enabled: bool = True, effort: Literal["low", "medium", "high"] | None = None
    ) -> Self:
        """Set whether a model that can reason or not does, and how much, unless a chat's options say
        otherwise.
        """
        return self.with_extra_body({"reasoning": {"enabled": enabled}})._with_effort(effort)

    def with_sampling(self, *, min_p: float | None = None, repetition_penalty: float | None = None) -> Self:
        """Set the sampling of open models beyond the common options."""
        return self._with_fields(min_p=min_p, repetition_penalty=repetition_penalty)

    def with_safety_model(self, model: str) -> Self:
        """Set the model that moderates what goes in and comes out."""
        return self.with_extra_body({"safety_model": model})

    def with_long_prompts(self, behavior: Literal["truncate", "error"]) -> Self:
        """Set what happens to a conversation that does not fit the model's context."""
        return self.with_extra_body({"context_length_exceeded_behavior": behavior})

    def with_embeddings(self, dimensions: int | None = None) -> TogetherBuilder[M, HasEmbeddings]:
        """Build a client that embeds. Together's vectors cannot be shortened: `dimensions` is refused by
        `build()`.
        """
        embedding = self._with(replace(self._choices, embeds=True, dimensions=checked_dimensions(dimensions)))
        return cast("TogetherBuilder[M, HasEmbeddings]", embedding)

    @overload
    def build(self: TogetherBuilder[HasModel, NoEmbeddings]) -> TogetherClient: ...
    @overload
    def build(self: TogetherBuilder[HasModel, HasEmbeddings]) -> EmbeddingTogetherClient: ...
    def build(self) -> TogetherClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_together.client import EmbeddingTogetherClient, TogetherClient

        settings = self._settings(Dialect.together())
        return EmbeddingTogetherClient(settings) if self._choices.embeds else TogetherClient(settings)
