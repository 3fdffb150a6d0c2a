"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Self, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.providerbuilder import ProviderBuilder, checked_key, checked_url, default_transport
from chat_core.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_completions.dialect import Dialect
from chat_completions.options import CompletionsOptions

if TYPE_CHECKING:
    from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    dialect: Dialect | None = None
    options: CompletionsOptions = CompletionsOptions()
    strict: bool = True
    embeds: bool = False
    dimensions: int | None = None


class ChatCompletionsBuilder(ProviderBuilder[_Choices], Generic[M, E]):
    """A client for any server that speaks Chat Completions. Answers each `with_…` with a new builder, and does no I/O.

    The base URL includes the version: `http://localhost:8000/v1`; its host also decides the dialect. Without one, the client
    talks to `OPENAI_BASE_URL`, else to OpenAI. `OPENAI_API_KEY` is read for those two only, so that the key never goes to another
    server unasked.
    """

    def __init__(self) -> None:
        super().__init__(_Choices())

    def with_model(self, model: str) -> ChatCompletionsBuilder[HasModel, E]:
        """The model's name, as the server knows it."""
        return cast("ChatCompletionsBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_dialect(self, dialect: Dialect) -> Self:
        """The server's ways, where its host name does not tell."""
        return self._with(replace(self._choices, dialect=dialect))

    def with_options(self, options: CompletionsOptions) -> Self:
        """Options of this wire beyond the common ones."""
        return self._with(replace(self._choices, options=options))

    def with_strict_output(self, strict: bool) -> Self:
        """Whether the server holds the model to an output type word for word (default), or only asks it to try."""
        return self._with(replace(self._choices, strict=strict))

    def with_embeddings(self, dimensions: int | None = None) -> ChatCompletionsBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions))
        return cast("ChatCompletionsBuilder[M, HasEmbeddings]", made)

    @overload
    def build(self: ChatCompletionsBuilder[HasModel, NoEmbeddings]) -> ChatCompletionsClient: ...
    @overload
    def build(self: ChatCompletionsBuilder[HasModel, HasEmbeddings]) -> EmbeddingChatCompletionsClient: ...
    def build(self) -> ChatCompletionsClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        # here: whoever only imports the builder does not import the wire, which is a quarter of the whole
        from chat_completions.client import ChatCompletionsClient, EmbeddingChatCompletionsClient, Settings

        choices, connection = self._choices, self._connection
        if not choices.model:
            raise ConfigurationError('ChatCompletionsBuilder.build() needs .with_model("...") first')
        own = connection.base_url is None
        base_url = checked_url(connection.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI)
        dialect = choices.dialect or Dialect.for_url(base_url)
        api_key = connection.api_key
        if not api_key and (own or urlsplit(base_url).hostname == "api.openai.com"):
            api_key = os.environ.get("OPENAI_API_KEY")
        if not api_key and dialect.key_required and not connection.headers.keys() & {"authorization", "api-key"}:
            set_it = "set OPENAI_API_KEY or use " if dialect.name == "openai" else ""
            raise ConfigurationError(f"{dialect.name} needs an API key: {set_it}.with_api_key(...)")
        bearer = {"authorization": f"Bearer {checked_key(api_key)}"} if api_key else {}
        settings = Settings(
            model=choices.model,
            base_url=base_url,
            transport=connection.transport or default_transport(base_url),
            headers={"content-type": "application/json"} | bearer | dict(connection.headers),
            dialect=dialect,
            timeouts=connection.timeouts,
            options=choices.options,
            strict=choices.strict,
            extra=connection.extra,
            dimensions=choices.dimensions,
        )
        return EmbeddingChatCompletionsClient(settings) if choices.embeds else ChatCompletionsClient(settings)

    def __repr__(self) -> str:
        return f"ChatCompletionsBuilder(model={self._choices.model!r}, base_url={self._connection.base_url!r})"
