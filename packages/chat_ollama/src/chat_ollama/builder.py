"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Self, cast, overload

from chat_completions.builder import Choosing, settings
from chat_completions.dialect import Dialect
from chat_core import ConfigurationError
from chat_core.client.builder import checked_url
from chat_core.types.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_ollama.host import root_url, surface_url
from chat_ollama.native.options import NativeOptions, think

if TYPE_CHECKING:
    from chat_ollama.client import EmbeddingOllamaClient, OllamaClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


class OllamaBuilder(Choosing, Generic[M, E]):
    """A client for an Ollama server. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_host` or `with_base_url` it talks to `OLLAMA_HOST`, else to this decoder. `OLLAMA_API_KEY` is read for those, for
    this machine and for ollama.com, so that the key never goes to another server unasked. An output type is always held to word for
    word on the native API: `with_strict_output` has no effect there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._native = NativeOptions()

    def with_model(self, model: str) -> OllamaBuilder[HasModel, E]:
        """The model's name and tag, such as "qwen3:4b"."""
        return cast("OllamaBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_host(self, host: str) -> Self:
        """Where the server is, in any form that `OLLAMA_HOST` has: `gpu-box`, `gpu-box:11434`, `https://host/path`."""
        return self._connected(replace(self._connection, base_url=surface_url(root_url(host), "/v1")))

    def with_base_url(self, base_url: str) -> Self:
        """Where the server is, as a URL: its root, or with `/v1` or `/api`."""
        return self._connected(replace(self._connection, base_url=surface_url(checked_url(base_url), "/v1")))

    def with_embeddings(self, dimensions: int | None = None) -> OllamaBuilder[M, HasEmbeddings]:
        """A client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions))
        return cast("OllamaBuilder[M, HasEmbeddings]", made)

    def with_native(self) -> Self:
        """Talk to `/api/chat` rather than to `/v1`. Each of the methods below does so too."""
        return self._natively(replace(self._native, chosen=True))

    def with_context_length(self, num_ctx: int) -> Self:
        """How many tokens the model sees; what is longer the server cuts off in silence."""
        if num_ctx < 1:
            raise ConfigurationError(f"a context length is a positive number of tokens, not {num_ctx}")
        return self._natively(replace(self._native, num_ctx=num_ctx))

    def with_keep_alive(self, keep_alive: str | float) -> Self:
        """How long the model stays in memory: seconds, or words such as "10m"; 0 unloads it at once, less keeps it."""
        return self._natively(replace(self._native, keep_alive=keep_alive))

    def with_thinking(self, thinking: bool | str = True) -> Self:
        """Whether the model thinks, or how deep: "low", "medium", "high", "max". A request's `reasoning_effort` goes before it."""
        return self._natively(replace(self._native, think=think(thinking)))

    def with_ollama_options(self, options: Mapping[str, object]) -> Self:
        """Any of Ollama's model parameters, such as `repeat_penalty` or `mirostat`. Adds to those given before; what a chat's
        own options say goes before them."""
        return self._natively(replace(self._native, options={**self._native.options, **options}))

    @overload
    def build(self: OllamaBuilder[HasModel, NoEmbeddings]) -> OllamaClient: ...
    @overload
    def build(self: OllamaBuilder[HasModel, HasEmbeddings]) -> EmbeddingOllamaClient: ...
    def build(self) -> OllamaClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_ollama.client import (
            EmbeddingOllamaClient,
            OllamaClient,
        )  # here: the builder alone imports no wire

        connection, api_key = self._connection, None
        if connection.base_url is None:
            host = root_url(os.environ.get("OLLAMA_HOST", ""))
            connection = replace(connection, base_url=surface_url(host, "/v1"))
            api_key = os.environ.get("OLLAMA_API_KEY")
        made = settings(self._choices, connection, "OllamaBuilder", Dialect.ollama(), api_key)
        return (EmbeddingOllamaClient if self._choices.embeds else OllamaClient)(made, self._native)

    def _natively(self, native: NativeOptions) -> Self:
        changed = copy(self)
        changed._native = native
        return changed
