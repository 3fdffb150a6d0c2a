"""llama.cpp in this process: loading a model, and what the model is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol

from chat_core import ConfigurationError, JsonObject

from chat_local.find_model import find_model
from chat_local.gguf import Scalar, read_metadata
from chat_local.settings import DEFAULT_CONTEXT, LoadSettings

_INSTALL = 'pip install "chat-local[llama]"'


class Server(Protocol):
    """The part of xllamacpp's server that is used.

    Its methods block; several threads may call them at once.
    """

    def handle_chat_completions(
        self, body: Mapping[str, object], on_chunk: Callable[[JsonObject], bool] | None = None, /
    ) -> JsonObject | None:
        """Answer a chat request.

        With `stream` in it each chunk goes to `on_chunk`, which returns True to stop.
        """
        ...

    def handle_embeddings(self, body: Mapping[str, object], /) -> JsonObject:
        """Answer an embeddings request."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory. `metadata` is what its file says of it."""

    path: Path
    server: Server
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar], repr=False)

    @property
    def knows_tools(self) -> bool:
        """Return whether the model's chat template has a place for tools. llama.cpp ignores them where it has
        none.
        """
        return "tools" in str(self.metadata.get("tokenizer.chat_template", ""))


def load(settings: LoadSettings) -> LoadedModel:
    """Load a model; it takes a second or more.

    Raises `ConfigurationError` for what is missing or cannot be loaded.
    """
    path = find_model(settings.model, settings.folders)
    try:
        xllamacpp = import_module("xllamacpp")  # by name: it has no types
    except ImportError as exc:
        raise ConfigurationError(f"a model in this process needs xllamacpp: {_INSTALL}") from exc
    metadata = read_metadata(path)
    context = _context_length(settings, metadata)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {settings.model}  # what responses name
    params.n_ctx = context * settings.slots
    params.n_parallel = settings.slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings.thread_count
    params.n_threads_http = 1
    params.api_keys = [
        secrets.token_hex(16)
    ]  # its server listens on loopback, where other programs could use it
    params.ui = False
    params.warmup = False
    params.verbosity = -1  # it would write pages to the standard error output
    if settings.embeds:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    try:
        return LoadedModel(path, xllamacpp.Server(params), metadata)
    except (RuntimeError, ValueError) as exc:
        raise ConfigurationError(f"llama.cpp cannot load {path}: {exc}") from exc


def _context_length(settings: LoadSettings, metadata: Mapping[str, Scalar]) -> int:
    if settings.context_length is not None:
        return settings.context_length
    made_for = metadata.get(f"{metadata.get('general.architecture')}.context_length")
    return min(DEFAULT_CONTEXT, made_for) if isinstance(made_for, int) and made_for > 0 else DEFAULT_CONTEXT
