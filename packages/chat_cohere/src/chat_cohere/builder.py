"""How a client is put together: options, the environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Generic, Self, cast, overload

from chat_core import ConfigurationError
from chat_core.client import (
    HasEmbeddings,
    HasModel,
    NoEmbeddings,
    NoModel,
    ProviderBuilder,
    Server,
    checked_key,
    checked_url,
    without_end,
)
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

from chat_cohere.client import CohereClient, EmbeddingCohereClient
from chat_cohere.settings import EmbeddingOptions, RequestDefaults, Settings, Thinking
from chat_cohere.wire import CitationMode, InputType, SafetyMode, Truncate

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

COHERE = Server(
    "Cohere",
    "https://api.cohere.com",
    url_variables=("CO_API_URL",),
    key_variables=("CO_API_KEY", "COHERE_API_KEY"),
    hosts=("api.cohere.com", "api.cohere.ai"),
    key_required=True,
)


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    defaults: RequestDefaults = RequestDefaults()
    embeddings: EmbeddingOptions | None = None


class CohereBuilder(ProviderBuilder[_Choices], Generic[M, E]):
    """A client for Cohere. Each `with_…` returns a new builder, and none does I/O.

    The key is that of `with_api_key`, `CO_API_KEY` or `COHERE_API_KEY`; one from the environment goes
    only to Cohere, or to the address in `CO_API_URL`. `/v1` or `/v2` at the end of a base URL makes no
    difference.
    """

    def __init__(self) -> None:
        super().__init__(_Choices())

    def with_model(self, model: str) -> CohereBuilder[HasModel, E]:
        """Set the model, such as "command-a-03-2025", "embed-v4.0" or "rerank-v4.0-pro"."""
        return cast("CohereBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_thinking(self, token_budget: int | None = None, *, enabled: bool = True) -> Self:
        """Have the model reason, with up to this many tokens, or not at all. Models that reason do so by
        default. Raises `ConfigurationError` for a budget of less than one token.
        """
        if token_budget is not None and token_budget < 1:
            raise ConfigurationError(
                f"with_thinking({token_budget}): at least 1 token; enabled=False turns it off"
            )
        return self._carrying(replace(self._choices.defaults, thinking=Thinking(enabled, token_budget)))

    def with_citations(self, mode: CitationMode) -> Self:
        """Choose how sources are cited: "FAST", "ACCURATE" or "OFF"; "ENABLED" or "DISABLED" for newer
        models."""
        return self._carrying(replace(self._choices.defaults, citations=mode))

    def with_safety_mode(self, mode: SafetyMode) -> Self:
        """Choose the safety instructions: "CONTEXTUAL" (the server's default), "STRICT" or "OFF"."""
        return self._carrying(replace(self._choices.defaults, safety_mode=mode))

    def with_strict_tools(self) -> Self:
        """Have the server hold the arguments of tool calls to the tools' schemas."""
        return self._carrying(replace(self._choices.defaults, strict_tools=True))

    def with_logprobs(self) -> Self:
        """Have the response tell how likely its tokens were: `response.raw["logprobs"]`, of whole
        responses.
        """
        return self._carrying(replace(self._choices.defaults, logprobs=True))

    def with_priority(self, priority: int) -> Self:
        """Set the priority of requests, 0 (first) to 999."""
        return self._carrying(replace(self._choices.defaults, priority=priority))

    def with_embeddings(
        self,
        dimensions: int | None = None,
        *,
        input_type: InputType = "search_document",
        truncate: Truncate | None = None,
        max_tokens: int | None = None,
    ) -> CohereBuilder[M, HasEmbeddings]:
        """Build a client that embeds texts and images.

        `input_type` says what the vectors are for: "search_query" for queries, "search_document" for what
        they search, "classification" or "clustering". `dimensions` needs embed-v4.0 or later.
        """
        options = EmbeddingOptions(checked_dimensions(dimensions), input_type, truncate, max_tokens)
        changed = self._with(replace(self._choices, embeddings=options))
        return cast("CohereBuilder[M, HasEmbeddings]", changed)

    @overload
    def build(self: CohereBuilder[HasModel, NoEmbeddings]) -> CohereClient: ...
    @overload
    def build(self: CohereBuilder[HasModel, HasEmbeddings]) -> EmbeddingCohereClient: ...
    def build(self) -> CohereClient:
        """Return the client. Raises `ConfigurationError` naming what is missing."""
        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('CohereBuilder.build() needs .with_model("...") first')
        server = COHERE.resolve(connection, os.environ, builder="CohereBuilder", checked=_without_version)
        fixed = {"content-type": "application/json"}
        if server.api_key:
            fixed["authorization"] = f"Bearer {checked_key(server.api_key)}"
        settings = Settings(
            model=choices.model,
            base_url=server.base_url,
            transport=connection.open_transport(server.base_url),
            headers={**fixed, **connection.headers},
            timeouts=connection.timeouts,
            key_advice=server.key_advice,
            defaults=replace(choices.defaults, extra=connection.extra),
            embeddings=choices.embeddings or EmbeddingOptions(),
            embeddings_extra=connection.embeddings_extra,
        )
        return CohereClient(settings) if choices.embeddings is None else EmbeddingCohereClient(settings)

    def _carrying(self, defaults: RequestDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))


def _without_version(url: str) -> str:
    return without_end(checked_url(url), "/v1", "/v2")
