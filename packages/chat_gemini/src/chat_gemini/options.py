"""What Gemini takes beyond the common options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from chat_core import ConfigurationError, JsonObject
from chat_core.types.memo import Memo
from chat_core.types.misuse import refuse_unknown_fields
from chat_core.types.plain_json import as_json
from chat_core.types.set_fields import set_fields

FunctionCallingMode: TypeAlias = Literal["AUTO", "ANY", "NONE", "VALIDATED"]


@refuse_unknown_fields
@dataclass(frozen=True, slots=True)
class GeminiOptions(Memo):
    """Options of this wire; each is sent under its own name, in camel case, and None is left out.

    `ChatOptions` win where both set something. `logprobs` and further candidates come back in `response.raw`.
    The last four stand beside `generationConfig`, the others in it. Facts: Google's API reference, November
    2026.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_output_tokens: int | None = None
    stop_sequences: Sequence[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    candidate_count: int | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None
    response_modalities: Sequence[str] | None = None
    media_resolution: str | None = None
    speech_config: Mapping[str, object] | None = None
    image_config: Mapping[str, object] | None = None
    enable_enhanced_civic_answers: bool | None = None
    cached_content: str | None = None
    service_tier: str | None = None
    labels: Mapping[str, str] | None = None
    store: bool | None = None

    def generation(self) -> JsonObject:
        """Return the fields of `generationConfig`."""
        return {
            _camel(name): as_json(value) for name, value in set_fields(self).items() if name not in _BESIDE
        }

    def beside(self) -> JsonObject:
        """Return the fields that stand beside it."""
        return {_camel(name): as_json(value) for name, value in set_fields(self).items() if name in _BESIDE}


_BESIDE = ("cached_content", "service_tier", "labels", "store")


@cache
def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class Thinking:
    """How much to think: by `level` from Gemini 3 on, by `budget` in tokens before; and whether summaries of
    it are sent.
    """

    level: str | None = None
    budget: int | None = None
    include_thoughts: bool | None = None


@dataclass(frozen=True, slots=True)
class FunctionCalling:
    """When functions are called, and which may be."""

    mode: FunctionCallingMode
    allowed: tuple[str, ...] = ()


DOCUMENT = "RETRIEVAL_DOCUMENT"


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """What vectors are for: their length, their task, and for documents a title."""

    dimensions: int | None = None
    task: str | None = None
    title: str | None = None

    def __post_init__(self) -> None:
        if self.title is not None and self.task != DOCUMENT:
            raise ConfigurationError(
                f"a title goes with documents only: with_embeddings(task={DOCUMENT!r}, title=...)"
            )
