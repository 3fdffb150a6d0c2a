"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, Self, cast, overload

from chat_completions import CompletionsOptions, Dialect
from chat_completions.builder import Choices, Choosing, settings
from chat_core import ConfigurationError
from chat_core.typestate import HasEmbeddings, HasModel, NoEmbeddings, NoModel
from typing_extensions import TypeVar

from chat_ollama.host import root_url
from chat_ollama.options import NativeOptions

if TYPE_CHECKING:
    from chat_ollama.client import EmbeddingOllamaClient, OllamaClient

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)


@dataclass(frozen=True, slots=True)
class _Choices(Choices):
    native: NativeOptions = NativeOptions()
    natively: bool = False
    host: str | None = None


class OllamaBuilder(Choosing, Generic[M, E]):
    """A client for an Ollama server. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_host` it talks to `OLLAMA_HOST`, else to this machine. `OLLAMA_API_KEY` is sent where it is set. Requests go over
    `/v1`; what only the native API has (`with_context_length`, `with_thinking`, …) makes them go over `/api/chat`.
    """

    _choices: _Choices

    def __init__(self) -> None:
        super().__init__()
        self._choices = _Choices()

    def with_model(self, model: str) -> OllamaBuilder[HasModel, E]:
        """The model's name and tag, such as "qwen3:8b"."""
        return cast("OllamaBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_host(self, host: str) -> Self:
        """Where the server is, in any form that `OLLAMA_HOST` may have: "host", "host:11434", "https://host/path"."""
        root_url(host)
        return self._with(replace(self._choices, host=host))

    def with_base_url(self, base_url: str) -> Self:
        """`with_host`, for the reader; a `/v1` or `/api` at the end is left out."""
        return self.with_host(base_url)

    def with_embeddings(self, dimensions: int | None = None) -> OllamaBuilder[M, HasEmbeddings]:
        """A client that embeds, over `/api/embed`; `dimensions` shortens the vectors where the model can."""
        made = self._with(replace(self._choices, embeds=True, dimensions=dimensions))
        return cast("OllamaBuilder[M, HasEmbeddings]", made)

    def with_native(self) -> Self:
        """Go over `/api/chat`, which leaves the sampling to the Modelfile, where `/v1` puts temperature and top_p at 1."""
        return self._with(replace(self._choices, natively=True))

    def with_context_length(self, num_ctx: int) -> Self:
        """How many tokens the model sees. By default the server's memory decides, and longer prompts are cut without a word."""
        return self.with_ollama_options({"num_ctx": num_ctx})

    def with_thinking(self, think: bool | str = True) -> Self:
        """Whether the model thinks first, or how much: "low", "medium", "high", "max". Not every model can; the server says so."""
        return self._natively(think=think)

    def with_keep_alive(self, keep_alive: float | str) -> Self:
        """How long the model stays in memory: seconds, or text such as "10m"; 0 unloads it at once, less than 0 is for good."""
        return self._natively(keep_alive=keep_alive)

    def with_ollama_options(self, options: Mapping[str, object]) -> Self:
        """Ollama's own options, such as `{"repeat_penalty": 1.1}`. Adds to those given before; they win over the common ones."""
        return self._natively(options={**self._choices.native.options, **options})

    @overload
    def build(self: OllamaBuilder[HasModel, NoEmbeddings]) -> OllamaClient: ...
    @overload
    def build(self: OllamaBuilder[HasModel, HasEmbeddings]) -> EmbeddingOllamaClient: ...
    def build(self) -> OllamaClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_ollama.client import EmbeddingOllamaClient, OllamaClient  # here, since it brings the wires
        from chat_ollama.native.client import NativeSettings

        choices = self._choices
        root = root_url(choices.host or os.environ.get("OLLAMA_HOST"))
        connection = replace(self._connection, base_url=f"{root}/v1")
        made = settings(choices, connection, "OllamaBuilder", Dialect.ollama(), os.environ.get("OLLAMA_API_KEY"))
        natively = choices.natively or choices.native.asked
        native = NativeSettings(
            model=made.model,
            base_url=root,
            transport=made.transport,
            headers=made.headers,
            timeouts=made.timeouts,
            native=choices.native,
            logprobs=_native_fields(choices.options) if natively else {},
            extra=made.extra,
            dimensions=choices.dimensions,
        )
        return (EmbeddingOllamaClient if choices.embeds else OllamaClient)(made, native, natively=natively)

    def _natively(self, **given: object) -> Self:
        return self._with(replace(self._choices, native=replace(self._choices.native, **given)))  # type: ignore[arg-type]  # its fields

    def __repr__(self) -> str:
        return f"OllamaBuilder(model={self._choices.model!r}, host={self._choices.host!r})"


def _native_fields(options: CompletionsOptions) -> Mapping[str, object]:
    """Those options of the other surface that the native one has as well."""
    given = options.body()
    if foreign := sorted(given.keys() - {"logprobs", "top_logprobs"}):
        raise ConfigurationError(
            f"Ollama's native API has no {', '.join(foreign)}: leave .with_options(...) out, or the native API"
        )
    return given
