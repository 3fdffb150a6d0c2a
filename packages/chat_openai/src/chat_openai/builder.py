"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Generic, cast, overload
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.providerbuilder import checked_url
from chat_core.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from chat_responses.builder import settings
from typing_extensions import TypeVar

from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.native_tools import NativeTools

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_OPENAI = "https://api.openai.com/v1"


class OpenAIBuilder(NativeTools, Generic[M, E]):
    """A client for OpenAI. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to `OPENAI_BASE_URL`, else to api.openai.com. `OPENAI_API_KEY` is read for those two only, so
    that the key never goes to another server unasked.
    """

    def with_model(self, model: str) -> OpenAIBuilder[HasModel, E]:
        """The model's name, such as "gpt-5.6"."""
        return cast("OpenAIBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_embeddings(self, dimensions: int | None = None) -> OpenAIBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions))
        return cast("OpenAIBuilder[M, HasEmbeddings]", made)

    @overload
    def build(self: OpenAIBuilder[HasModel, NoEmbeddings]) -> OpenAIClient: ...
    @overload
    def build(self: OpenAIBuilder[HasModel, HasEmbeddings]) -> EmbeddingOpenAIClient: ...
    def build(self) -> OpenAIClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        base_url = checked_url(connection.base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI)
        own = urlsplit(base_url).hostname == "api.openai.com"
        api_key = connection.api_key
        if not api_key and (own or connection.base_url is None):
            api_key = os.environ.get("OPENAI_API_KEY")
        made = settings(choices, connection, "OpenAIBuilder", base_url, api_key)
        if own and not api_key and "authorization" not in connection.headers:
            raise ConfigurationError("openai needs an API key: set OPENAI_API_KEY or use .with_api_key(...)")
        return EmbeddingOpenAIClient(made, choices.dimensions) if choices.embeds else OpenAIClient(made)
