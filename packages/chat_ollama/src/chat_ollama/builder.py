"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Self, cast, overload

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core import ConfigurationError
from chat_core.client import HasEmbeddings, HasModel, NoEmbeddings, NoModel, Server, checked_url
from chat_core.types.misuse import check_numbers, checked_dimensions
from typing_extensions import TypeVar

from chat_ollama.host import api_url, root_url
from chat_ollama.settings import NativeSettings, RequestDefaults, think_level

if TYPE_CHECKING:
    from chat_ollama.client import EmbeddingOllamaClient, OllamaClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

OLLAMA = Server(
    "ollama",
    base_url="http://127.0.0.1:11434",
    url_variables=("OLLAMA_HOST",),
    key_variables=("OLLAMA_API_KEY",),
    hosts=("ollama.com", "localhost"),
)


class OllamaBuilder(CompletionsBuilder, Generic[M, E]):
    """A client for an Ollama server. Each `with_…` returns a new builder, and does no I/O.

    Without `with_host` or `with_base_url` it talks to `OLLAMA_HOST`, else to this machine. `OLLAMA_API_KEY`
    is sent there, to this machine and to ollama.com, and to no other server. An output type is always
    enforced word for word on Ollama's own API: `with_strict_output` has no effect there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._native = NativeSettings()

    def with_model(self, model: str) -> OllamaBuilder[HasModel, E]:
        """Set the model's name and tag, such as "qwen3:4b"."""
        return cast("OllamaBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_host(self, host: str) -> Self:
        """Set where the server is, in any form that `OLLAMA_HOST` has: `gpu-box`, `gpu-box:11434`,
        `https://host/path`. Raises `ConfigurationError` for what names no server.
        """
        return self._connected(replace(self._connection, base_url=api_url(root_url(host), "/v1")))

    def with_base_url(self, base_url: str) -> Self:
        """Set where the server is, as a URL: its root, or with `/v1` or `/api`.

        Raises `ConfigurationError` for what is no http(s) URL, and for one with a user or a fragment.
        """
        return self._connected(replace(self._connection, base_url=api_url(checked_url(base_url), "/v1")))

    def with_embeddings(self, dimensions: int | None = None) -> OllamaBuilder[M, HasEmbeddings]:
        """Build a client that embeds; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=checked_dimensions(dimensions)))
        return cast("OllamaBuilder[M, HasEmbeddings]", made)

    def with_native(self) -> Self:
        """Talk to `/api/chat` rather than to `/v1`. Each of the methods below does so too."""
        changed = copy(self)
        changed._native = replace(self._native, is_chosen=True)
        return changed

    def with_context_length(self, num_ctx: int) -> Self:
        """Set how many tokens the model sees; the server cuts off what is longer, without a notice.

        Raises `ConfigurationError` for less than one.
        """
        if num_ctx < 1:
            raise ConfigurationError(f"a context length is a positive number of tokens, not {num_ctx}")
        return self._with_defaults(replace(self._native.defaults, num_ctx=num_ctx))

    def with_keep_alive(self, keep_alive: str | float) -> Self:
        """Set how long the model stays in memory: seconds, or text such as "10m". 0 unloads it at once, less
        keeps it.
        """
        return self._with_defaults(replace(self._native.defaults, keep_alive=keep_alive))

    def with_thinking(self, thinking: bool | str = True) -> Self:
        """Set whether the model thinks, or how deeply: "low", "medium", "high", "max".

        The `reasoning_effort` of a request comes first. Raises `ConfigurationError` for another word.
        """
        return self._with_defaults(replace(self._native.defaults, think=think_level(thinking)))

    def with_ollama_options(self, options: Mapping[str, object]) -> Self:
        """Set any of Ollama's model parameters, such as `repeat_penalty` or `mirostat`.

        Adds to those given before. The options of a chat come first.
        """
        defaults = self._native.defaults
        return self._with_defaults(replace(defaults, parameters={**defaults.parameters, **options}))

    @overload
    def build(self: OllamaBuilder[HasModel, NoEmbeddings]) -> OllamaClient: ...
    @overload
    def build(self: OllamaBuilder[HasModel, HasEmbeddings]) -> EmbeddingOllamaClient: ...
    def build(self) -> OllamaClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        # imported here: the builder alone imports no wire
        from chat_ollama.client import EmbeddingOllamaClient, OllamaClient

        connection, choices = self._connection, self._choices
        checked = checked_url if connection.base_url else _url_of_host
        settings = self._settings(replace(Dialect.ollama(), server=OLLAMA), checked=checked)
        defaults = replace(self._native.defaults, completions=choices.options, extra=connection.extra)
        native = replace(
            self._native,
            defaults=defaults,
            think_tags=choices.think_tags or "text",
            embeddings_extra=connection.embeddings_extra,
        )
        return (EmbeddingOllamaClient if choices.embeds else OllamaClient)(settings, native)

    def _with_defaults(self, defaults: RequestDefaults) -> Self:
        check_numbers(defaults)
        changed = copy(self)
        changed._native = replace(self._native, defaults=defaults)
        return changed


def _url_of_host(host: str) -> str:
    return api_url(root_url(host), "/v1")
