"""The options of the Responses wire beyond the common ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_core import JsonObject, JsonValue
from chat_core.types.memo import Memo
from chat_core.types.misuse import refuse_unknown_fields
from chat_core.types.plain_json import as_json
from chat_core.types.set_fields import set_fields


@refuse_unknown_fields
@dataclass(frozen=True, slots=True)
class ResponsesOptions(Memo):
    """Options of requests; None is left out. Facts: OpenAI's API reference, November 2026.

    - `reasoning_effort`, `reasoning_summary` ("auto", "concise", "detailed"), `reasoning_context`,
      `reasoning_mode`: fields of `reasoning`
    - `verbosity`: "low", "medium" or "high", a field of `text`
    - `include`: what to add to the response, such as "web_search_call.action.sources" or
      "message.output_text.logprobs"
    - the others go to the wire under their own names
    """

    reasoning_effort: str | None = None
    reasoning_summary: str | None = None
    reasoning_context: str | None = None
    reasoning_mode: str | None = None
    verbosity: str | None = None
    include: Sequence[str] = ()
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: Mapping[str, object] | None = None
    truncation: str | None = None
    max_tool_calls: int | None = None
    top_logprobs: int | None = None
    context_management: Sequence[Mapping[str, object]] | None = None
    metadata: Mapping[str, str] | None = None
    safety_identifier: str | None = None
    user: str | None = None
    prompt: Mapping[str, object] | None = None
    moderation: Mapping[str, object] | None = None

    def body(self) -> JsonObject:
        """Return the fields of the request body that go under their own names and are set."""
        own = sorted(set_fields(self).keys() - _PLACED_ELSEWHERE)
        given: dict[str, JsonValue] = {name: as_json(getattr(self, name)) for name in own}
        return {name: value for name, value in given.items() if value is not None}

    def reasoning(self, effort: str | None) -> JsonObject:
        """Return the `reasoning` object. `effort` is the chat's, which goes before the client's."""
        given: dict[str, JsonValue] = {
            "effort": effort or self.reasoning_effort,
            "summary": self.reasoning_summary,
            "context": self.reasoning_context,
            "mode": self.reasoning_mode,
        }
        return {name: value for name, value in given.items() if value is not None}


_PLACED_ELSEWHERE = {
    "reasoning_effort",
    "reasoning_summary",
    "reasoning_context",
    "reasoning_mode",
    "verbosity",
    "include",
}
