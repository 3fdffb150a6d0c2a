"""The builder for any server that speaks this wire, and the base of the builders for one server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast, overload

from chat_core import ConfigurationError
from chat_core.client import (
    HasEmbeddings,
    HasModel,
    NoEmbeddings,
    NoModel,
    ProviderBuilder,
    checked_key,
    checked_url,
)
from chat_core.types.misuse import checked_dimensions, checked_instance
from typing_extensions import TypeVar

from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient
    from chat_completions.rerank_client import RerankingClient
    from chat_completions.settings import RequestDefaults, Settings
    from chat_completions.token_count_client import CountingClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class HasRerank:
    """Marks a builder whose client ranks documents."""


class HasTokenCounts:
    """Marks a builder whose client counts tokens."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What has been chosen so far, besides the way to the server."""

    model: str | None = None
    dialect: Dialect | None = None
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    reasoning_effort: str | None = None
    think_tags: Literal["text", "tags", "open"] | None = None
    embeds: bool = False
    dimensions: int | None = None
    reranks: bool = False
    counts: bool = False


class CompletionsBuilder(ProviderBuilder[Choices]):
    """The methods of every builder of this wire. Each `with_…` returns a new builder, and none does I/O.

    A package for one server derives from it: it adds `with_model`, methods of its own, and `build`, which
    makes its client of `self._settings(dialect)`.
    """

    def __init__(self) -> None:
        super().__init__(Choices())

    def with_options(self, options: CompletionsOptions) -> Self:
        """Set options of this wire beyond the common ones.

        Raises `ConfigurationError` for anything but `CompletionsOptions`.
        """
        given = checked_instance(
            options, CompletionsOptions, "with_options", "ChatOptions go to ChatBuilder.with_options"
        )
        return self._with(replace(self._choices, options=given))

    def with_strict_output(self, strict: bool) -> Self:
        """Set whether the server enforces the schema of an output type (default), or only tries to follow
        it.
        """
        return self._with(replace(self._choices, strict=strict))

    def with_think_tags(self, *, opened: bool = False) -> Self:
        """Read `<think>…</think>` in the text as reasoning, where the server does not split it off itself.

        `opened`: the model's template has written the opening tag already, so that a response begins inside
        the reasoning.
        """
        return self._with(replace(self._choices, think_tags="open" if opened else "tags"))

    def _with_fields(self, **fields: object) -> Self:
        """Return the builder with fields of its own for every body. Those that are None are left out."""
        return self.with_extra_body(_given(fields))

    def _with_object(self, name: str, **fields: object) -> Self:
        """Return the builder with one field for every body, an object of what is not None."""
        return self.with_extra_body({name: _given(fields)})

    def _with_effort(self, effort: str | None) -> Self:
        """Return the builder with how much the model reasons where a chat's options do not say."""
        return self._with(replace(self._choices, reasoning_effort=effort)) if effort else self

    def _named(self, model: str) -> Self:
        return self._with(replace(self._choices, model=model))

    def _settings(
        self,
        dialect: Dialect | None = None,
        *,
        extra: Mapping[str, object] | None = None,
        checked: Callable[[str], str] = checked_url,
        find_key: Callable[[Mapping[str, str]], str | None] | None = None,
    ) -> Settings:
        """Return the settings of the client, from what was chosen and from the environment.

        Without a `dialect` the base URL decides. `extra` are body fields under those of the user. `checked`
        and `find_key` are those of `Server.resolve`. Raises `ConfigurationError` for what is missing.
        """
        # here: whoever only imports the builder does not import the wire, which is a quarter of the whole
        from chat_completions.settings import Settings

        choices, connection, builder = self._choices, self._connection, type(self).__name__
        if not choices.model:
            raise ConfigurationError(f'{builder}.build() needs .with_model("...") first')
        home = dialect or (Dialect.for_url(connection.base_url) if connection.base_url else Dialect.openai())
        resolved = home.server.resolve(
            connection, os.environ, builder=builder, checked=checked, find_key=find_key
        )
        dialect = _fitting(dialect or Dialect.for_url(resolved.base_url), choices)
        return Settings(
            model=choices.model,
            base_url=resolved.base_url,
            transport=connection.open_transport(resolved.base_url),
            headers={**_headers(resolved.api_key), **connection.headers},
            timeouts=connection.timeouts,
            key_advice=resolved.key_advice,
            defaults=self._defaults(dialect, extra or {}),
            dimensions=choices.dimensions,
            embeddings_extra=connection.embeddings_extra,
        )

    def _defaults(self, dialect: Dialect, extra: Mapping[str, object]) -> RequestDefaults:
        """Return what every request carries; `extra` are body fields under those of the user."""
        from chat_completions.settings import RequestDefaults

        choices = self._choices
        return RequestDefaults(
            dialect=dialect,
            options=choices.options,
            strict=choices.strict,
            reasoning_effort=choices.reasoning_effort,
            extra={**extra, **self._connection.extra},
        )


def _given(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _fitting(dialect: Dialect, choices: Choices) -> Dialect:
    """Return the dialect with what was chosen in it. Raises `ConfigurationError` for what it does not
    have.
    """
    if choices.embeds and not dialect.fields.embeddings:
        raise ConfigurationError(f"{dialect.name} has no embeddings: leave out .with_embeddings()")
    if choices.dimensions is not None and dialect.fields.dimensions is None:
        raise ConfigurationError(
            f"{dialect.name} has no dimensions; if it does, "
            f'.with_extra_body({{"dimensions": {choices.dimensions}}}, endpoint="embeddings") sends them'
        )
    if choices.reranks and dialect.fields.rerank_limit is None:
        raise ConfigurationError(f"{dialect.name} has no rerank: leave out .with_rerank()")
    if choices.counts and dialect.fields.token_count is None:
        raise ConfigurationError(
            f"{dialect.name} does not count tokens: leave out .with_token_counts(), and use estimate_tokens"
        )
    if not choices.think_tags:
        return dialect
    return replace(dialect, reasoning=replace(dialect.reasoning, think_tags=choices.think_tags))


def _headers(api_key: str | None) -> dict[str, str]:
    bearer = {"authorization": f"Bearer {checked_key(api_key)}"} if api_key else {}
    return {"content-type": "application/json"} | bearer


class ChatCompletionsBuilder(CompletionsBuilder, Generic[M, E]):
    """Builds a client for any server that speaks Chat Completions. Each `with_…` returns a new builder, and
    none does I/O.

    The base URL includes the version: `http://localhost:8000/v1`; its host also decides the dialect. Without
    one, the client talks to the dialect's own server; without either to `OPENAI_BASE_URL`, else to OpenAI. A
    key is read from the environment only for the server whose key it is, so that it never goes to another one
    unasked.
    """

    def with_model(self, model: str) -> ChatCompletionsBuilder[HasModel, E]:
        """Set the model's name, as the server knows it."""
        return cast("ChatCompletionsBuilder[HasModel, E]", self._named(model))

    def with_dialect(self, dialect: Dialect) -> Self:
        """Set what is particular to the server, such as `Dialect.groq()`, where its host name does not
        tell.
        """
        return self._with(replace(self._choices, dialect=dialect))

    def with_embeddings(self, dimensions: int | None = None) -> ChatCompletionsBuilder[M, HasEmbeddings]:
        """Build a client that embeds; `dimensions` shortens the vectors where the model can."""
        embedding = self._with(
            replace(
                self._choices,
                embeds=True,
                reranks=False,
                counts=False,
                dimensions=checked_dimensions(dimensions),
            )
        )
        return cast("ChatCompletionsBuilder[M, HasEmbeddings]", embedding)

    def with_rerank(self) -> ChatCompletionsBuilder[M, HasRerank]:
        """Build a client that ranks documents by `/rerank`, as Voyage, Jina, Together, vLLM and llama.cpp
        have it.
        """
        ranking = self._with(replace(self._choices, embeds=False, reranks=True, counts=False))
        return cast("ChatCompletionsBuilder[M, HasRerank]", ranking)

    def with_token_counts(self) -> ChatCompletionsBuilder[M, HasTokenCounts]:
        """Build a client that counts tokens too, as vLLM and llama.cpp can: by `/tokenize`, beside `/v1`."""
        counting = self._with(replace(self._choices, embeds=False, reranks=False, counts=True))
        return cast("ChatCompletionsBuilder[M, HasTokenCounts]", counting)

    @overload
    def build(self: ChatCompletionsBuilder[HasModel, NoEmbeddings]) -> ChatCompletionsClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasEmbeddings]) -> EmbeddingChatCompletionsClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasRerank]) -> RerankingClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasTokenCounts]) -> CountingClient: ...
    def build(self) -> ChatCompletionsClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient

        settings = self._settings(self._choices.dialect)
        if self._choices.embeds:
            return EmbeddingChatCompletionsClient(settings)
        if self._choices.reranks:
            from chat_completions.rerank_client import RerankingClient  # most clients chat

            return RerankingClient(settings)
        if self._choices.counts:
            from chat_completions.token_count_client import CountingClient

            return CountingClient(settings)
        return ChatCompletionsClient(settings)
