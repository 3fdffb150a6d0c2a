"""The options of this wire beyond the common ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

from chat_core import JsonObject
from chat_core.types.misuse import refuse_unknown_fields
from chat_core.types.plain_json import as_json


@refuse_unknown_fields
@dataclass(frozen=True, slots=True)
class CompletionsOptions:
    """Options of a request; each goes to the wire under its own name, and None is left out.

    Facts: OpenAI's API reference, November 2026.

    `logprobs` come back in `response.raw`. `modalities=("text", "audio")` with `audio={"voice": …, "format":
    …}` gives a `File` too.
    """

    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: Mapping[str, float] | None = None
    modalities: Sequence[str] | None = None
    audio: Mapping[str, object] | None = None
    prediction: Mapping[str, object] | None = None
    verbosity: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    metadata: Mapping[str, str] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Mapping[str, object] | None = None
    safety_identifier: str | None = None
    user: str | None = None
    web_search_options: Mapping[str, object] | None = None

    def body(self) -> JsonObject:
        """Return the fields of the request body that are set."""
        given = zip(_NAMES, _values(self), strict=True)
        return {name: as_json(value) for name, value in given if value is not None}


_NAMES = tuple(field.name for field in fields(CompletionsOptions))
_values: Callable[[CompletionsOptions], tuple[object, ...]] = attrgetter(*_NAMES)
