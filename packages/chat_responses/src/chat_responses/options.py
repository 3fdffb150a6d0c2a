"""What the Responses wire can be asked for beyond the common options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_json


@dataclass(frozen=True, slots=True)
class ResponsesOptions:
    """None is left out. Facts: OpenAI's API reference, November 2026.

    - `reasoning_effort`, `reasoning_summary` ("auto", "concise", "detailed"), `reasoning_context`, `reasoning_mode`: fields of
      `reasoning`
    - `verbosity`: "low", "medium" or "high", a field of `text`
    - `include`: what to add to the answer, such as "web_search_call.action.sources" or "message.output_text.logprobs"
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
        """The fields of the request body that go under their own names and are set."""
        own = self.__dataclass_fields__.keys() - _ELSEWHERE
        given: dict[str, JsonValue] = {name: as_json(getattr(self, name)) for name in sorted(own)}
        return {name: value for name, value in given.items() if value is not None}

    def reasoning(self, effort: str | None) -> JsonObject:
        """The `reasoning` object; the effort that a chat asks for goes before the client's own."""
        given: dict[str, JsonValue] = {
            "effort": effort or self.reasoning_effort,
            "summary": self.reasoning_summary,
            "context": self.reasoning_context,
            "mode": self.reasoning_mode,
        }
        return {name: value for name, value in given.items() if value is not None}


_ELSEWHERE = {
    "reasoning_effort",
    "reasoning_summary",
    "reasoning_context",
    "reasoning_mode",
    "verbosity",
    "include",
}
