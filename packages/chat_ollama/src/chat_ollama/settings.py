"""What a client was built with, for Ollama's own API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from chat_completions import CompletionsOptions
from chat_core import ConfigurationError

from chat_ollama.native.wire import Think

THINK_LEVELS: Mapping[str, Think] = {  # as the server's own `/v1` reads `reasoning_effort`
    "none": False,
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "max",
    "xhigh": "max",
    "ultra": "max",
}


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """What every request to Ollama's own API carries. None leaves the choice to the server.

    - `num_ctx`: how many tokens the model sees
    - `keep_alive`: how long it stays in memory
    - `think`: whether, or how deeply, it reasons
    - `parameters`: other parameters of the model, sent in `options`
    - `completions`: options of the Chat Completions wire; this API shares a few of them
    - `extra`: fields that are merged into the body of a chat request last
    """

    num_ctx: int | None = None
    keep_alive: str | float | None = None
    think: Think | None = None
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    completions: CompletionsOptions = CompletionsOptions()
    extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    @property
    def needs_native(self) -> bool:
        """Return whether anything is set that `/v1` would ignore."""
        return bool(self.parameters) or (self.num_ctx, self.keep_alive, self.think) != (None, None, None)

    def body(self) -> dict[str, object]:
        """Return the fields that chat and embeddings share."""
        fields: dict[str, object] = {}
        if self.keep_alive is not None:
            fields["keep_alive"] = self.keep_alive
        if parameters := self.model_parameters():
            fields["options"] = parameters
        return fields

    def model_parameters(self) -> dict[str, object]:
        """Return the parameters of the model that every request carries."""
        context = {} if self.num_ctx is None else {"num_ctx": self.num_ctx}
        return {**self.parameters, **context}


@dataclass(frozen=True, slots=True)
class NativeSettings:
    """How a client uses Ollama's own API.

    `is_chosen`: every chat request goes there, not only one that needs it. `think_tags`: whether `<think>` in
    a text is read as reasoning, as in the dialects of Chat Completions. `embeddings_extra`: fields that are
    merged into the body of an embeddings request last.
    """

    is_chosen: bool = False
    defaults: RequestDefaults = RequestDefaults()
    think_tags: Literal["text", "tags", "open"] = "text"
    embeddings_extra: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)


def think_level(word: bool | str) -> Think:
    """Return what is sent for a depth of reasoning.

    Raises `ConfigurationError` for a word that Ollama does not know.
    """
    if isinstance(word, bool):
        return word
    if word not in THINK_LEVELS:
        raise ConfigurationError(f"ollama knows no thinking {word!r}: it knows {', '.join(THINK_LEVELS)}")
    return THINK_LEVELS[word]


def merge_extra(body: Mapping[str, object], extra: Mapping[str, object]) -> dict[str, object]:
    """Return the body with the fields of `extra`, which win. `options` are merged one by one."""
    merged = {**body, **extra}
    parameters, more = body.get("options"), extra.get("options")
    if isinstance(parameters, Mapping) and isinstance(more, Mapping):
        merged["options"] = {
            **cast("Mapping[str, object]", parameters),
            **cast("Mapping[str, object]", more),
        }
    return merged
