"""The builder: OpenRouter's routing, plugins and reasoning, and its Responses API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast, overload

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from chat_core.types.misuse import checked_dimensions
from chat_responses.builder import ResponsesBuilder
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_openrouter.client import EmbeddingOpenRouterClient, OpenRouterClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class OpenRouterBuilder(CompletionsBuilder, Generic[M, E]):
    """Builds a client for OpenRouter. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to openrouter.ai. `OPENROUTER_API_KEY` is read for OpenRouter's own
    servers only.
    """

    def with_model(self, model: str) -> OpenRouterBuilder[HasModel, E]:
        """Set the model's name, such as "anthropic/claude-sonnet-4.5"."""
        return cast("OpenRouterBuilder[HasModel, E]", self._named(model))

    def with_fallback_models(self, *models: str) -> Self:
        """Set the models that answer, in this order, where the one before cannot.

        `response.model` is the one that did.
        """
        return self.with_extra_body({"models": list(models)})

    def with_providers(
        self,
        *,
        order: Sequence[str] = (),
        only: Sequence[str] = (),
        ignore: Sequence[str] = (),
        sort: Literal["price", "throughput", "latency"] | None = None,
        allow_fallbacks: bool | None = None,
        require_parameters: bool | None = None,
        data_collection: Literal["allow", "deny"] | None = None,
        zero_retention: bool | None = None,
        quantizations: Sequence[str] = (),
        max_price: Mapping[str, float] | None = None,
    ) -> Self:
        """Set who may serve the model.

        What is left out is OpenRouter's choice; `response.raw["provider"]` served it.
        """
        return self._with_object(
            "provider",
            order=list(order) or None,
            only=list(only) or None,
            ignore=list(ignore) or None,
            sort=sort,
            allow_fallbacks=allow_fallbacks,
            require_parameters=require_parameters,
            data_collection=data_collection,
            zdr=zero_retention,
            quantizations=list(quantizations) or None,
            max_price=max_price,
        )

    def with_plugins(self, *plugins: Mapping[str, object]) -> Self:
        """Set plugins, such as `{"id": "web", "max_results": 3}` or `{"id": "file-parser"}`."""
        return self.with_extra_body({"plugins": [dict(plugin) for plugin in plugins]})

    def with_reasoning(
        self,
        effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None,
        *,
        max_tokens: int | None = None,
        exclude: bool | None = None,
    ) -> Self:
        """Set how much the model reasons, as an effort or in tokens, and whether that is left out of the
        response.
        """
        return self._with_object("reasoning", effort=effort, max_tokens=max_tokens, exclude=exclude)

    def with_attribution(self, url: str, title: str) -> Self:
        """Set the application that OpenRouter's rankings name."""
        return self.with_header("http-referer", url).with_header("x-title", title)

    def with_responses(self) -> ResponsesBuilder[M]:
        """Return the builder of a client over the Responses API, with the model, key and connection chosen so
        far.
        """
        begun = ResponsesBuilder.for_server(
            Dialect.openrouter().server, self._connection, self._choices.model
        )
        return cast("ResponsesBuilder[M]", begun)

    def with_embeddings(self, dimensions: int | None = None) -> OpenRouterBuilder[M, HasEmbeddings]:
        """Build a client that embeds; `dimensions` shortens the vectors where the model can."""
        embedding = self._with(replace(self._choices, embeds=True, dimensions=checked_dimensions(dimensions)))
        return cast("OpenRouterBuilder[M, HasEmbeddings]", embedding)

    @overload
    def build(self: OpenRouterBuilder[HasModel, NoEmbeddings]) -> OpenRouterClient: ...
    @overload
    def build(self: OpenRouterBuilder[HasModel, HasEmbeddings]) -> EmbeddingOpenRouterClient: ...
    def build(self) -> OpenRouterClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_openrouter.client import EmbeddingOpenRouterClient, OpenRouterClient

        settings = self._settings(Dialect.openrouter())
        return EmbeddingOpenRouterClient(settings) if self._choices.embeds else OpenRouterClient(settings)
