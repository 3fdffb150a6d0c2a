"""How a client is put together."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Self, cast, overload

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core import ConfigurationError
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel, Server
from typing_extensions import TypeVar

from chat_local.find_model import ModelFolders
from chat_local.settings import LoadSettings

if TYPE_CHECKING:
    from chat_local.client import EmbeddingLocalClient, LocalClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

# no request leaves the process: the address is only a name in errors and in the origin of native data
_URL = "http://local.invalid/v1"


class LocalBuilder(CompletionsBuilder, Generic[M, E]):
    """Builds a client for a model in this process. Each `with_…` returns a new builder, and none does I/O.

    The model is found and loaded with the first request, or by `await client.load()`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._load = LoadSettings("")

    def with_model(self, model: str) -> LocalBuilder[HasModel, E]:
        """Set the model: the path of a GGUF file, "smollm2", or a name in the folders of other programs; see
        docs.
        """
        loading = self._loading(replace(self._load, model=model))
        return cast("LocalBuilder[HasModel, E]", loading._named(model))

    def with_base_url(self, base_url: str) -> Self:
        """Raise `ConfigurationError`: a model in this process has no URL."""
        raise ConfigurationError(
            "a model in this process has no URL: use OllamaBuilder or ChatCompletionsBuilder for a server"
        )

    def with_context_length(self, tokens: int) -> Self:
        """Set how many tokens one request may have.

        The default is 4,096, or less where the model was made for less. Raises `ConfigurationError` for less
        than one.
        """
        return self._loading(replace(self._load, context_length=_positive(tokens, "context length")))

    def with_slots(self, slots: int) -> Self:
        """Set how many requests are worked on at once, 2 by default; more wait. Each slot takes memory.

        Raises `ConfigurationError` for less than one.
        """
        return self._loading(replace(self._load, slots=_positive(slots, "number of slots")))

    def with_threads(self, threads: int) -> Self:
        """Set how many threads compute. The default is half of the processors.

        Raises `ConfigurationError` for less than one.
        """
        return self._loading(replace(self._load, threads=_positive(threads, "number of threads")))

    def with_embeddings(self, dimensions: int | None = None) -> LocalBuilder[M, HasEmbeddings]:
        """Build a client that embeds.

        It loads the model a second time, for that. `dimensions` has to be left out. Raises
        `ConfigurationError` for `dimensions`: a local model cannot shorten its vectors.
        """
        if dimensions is not None:
            raise ConfigurationError("a local model cannot shorten its vectors: leave out dimensions")
        return cast("LocalBuilder[M, HasEmbeddings]", self._with(replace(self._choices, embeds=True)))

    @overload
    def build(self: LocalBuilder[HasModel, NoEmbeddings]) -> LocalClient: ...
    @overload
    def build(self: LocalBuilder[HasModel, HasEmbeddings]) -> EmbeddingLocalClient: ...
    def build(self) -> LocalClient:
        """Return the client. Raises `ConfigurationError` for what is missing."""
        # imported here: the builder alone imports no wire
        from chat_local.client import EmbeddingLocalClient, LocalClient
        from chat_local.transport import LocalTransport

        load = replace(self._load, folders=ModelFolders.of(os.environ))
        transport = self._connection.transport or LocalTransport(load)
        reached = self._connected(replace(self._connection, transport=transport, base_url=_URL))
        settings = reached._settings(replace(Dialect.llama_cpp(), server=Server("local", _URL)))
        if self._choices.embeds:
            embedder = LocalTransport(replace(load, embeds=True))
            return EmbeddingLocalClient(settings, embedder)
        return LocalClient(settings)

    def _loading(self, load: LoadSettings) -> Self:
        changed = copy(self)
        changed._load = load
        return changed


def _positive(number: int, what: str) -> int:
    if number < 1:
        raise ConfigurationError(f"a {what} is a positive number, not {number}")
    return number
