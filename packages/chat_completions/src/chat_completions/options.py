"""The options of this wire beyond the common ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_core import JsonObject
from chat_core.types.memo import Memo
from chat_core.types.misuse import refuse_unknown_fields
from chat_core.types.plain_json import as_json
from chat_core.types.set_fields import set_fields


@refuse_unknown_fields
@dataclass(frozen=True, slots=True)
class CompletionsOptions(Memo):
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
        return {name: as_json(value) for name, value in set_fields(self).items()}
