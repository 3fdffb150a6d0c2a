"""The options of the Messages wire beyond the common ones, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chat_core import ConfigurationError, JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object
from chat_core.types.memo import Memo
from chat_core.types.misuse import refuse_unknown_fields
from chat_core.types.plain_json import as_json
from chat_core.types.set_fields import set_fields

ApiVersion: TypeAlias = Literal["2023-06-01", "2026-10-21"]
CacheTtl: TypeAlias = Literal["5m", "1h"]
Display: TypeAlias = Literal["summarized", "omitted"]
PrefixPolicy: TypeAlias = Literal["error", "drop", "send"]


@dataclass(frozen=True, slots=True)
class Thinking:
    """Whether and how the model thinks: one of the four values that the static methods return.

    Which of them a model accepts differs.
    """

    type: Literal["adaptive", "enabled", "disabled", "between_tools"]
    budget_tokens: int | None = None
    display: Display | None = None
    effort: str | None = None

    @staticmethod
    def adaptive(effort: str | None = None, *, display: Display | None = None) -> Thinking:
        """Think as much as the model finds fit, at an effort from "low" to "max".

        Newer models show their thinking only with `display="summarized"`.
        """
        return Thinking("adaptive", display=display, effort=effort)

    @staticmethod
    def enabled(budget_tokens: int, *, display: Display | None = None) -> Thinking:
        """Think always, with up to `budget_tokens` of `max_tokens`: models up to the 4.6 generation.

        At least 1024. Raises `ConfigurationError` for less.
        """
        if budget_tokens < 1024:
            raise ConfigurationError(f"Thinking.enabled({budget_tokens}): at least 1024 tokens")
        return Thinking("enabled", budget_tokens, display)

    @staticmethod
    def between_tools(effort: str | None = None) -> Thinking:
        """Think only between calls of tools: Sonnet 5.5."""
        return Thinking("between_tools", effort=effort)

    @staticmethod
    def off() -> Thinking:
        """Do not think."""
        return Thinking("disabled")

    def body(self) -> JsonObject:
        """Return the field `thinking` of the request body."""
        fields: dict[str, JsonValue] = {
            "type": self.type,
            "budget_tokens": self.budget_tokens,
            "display": self.display,
        }
        return {name: value for name, value in fields.items() if value is not None}


@refuse_unknown_fields
@dataclass(frozen=True, slots=True)
class ClaudeOptions(Memo):
    """Options that are sent under their own names, each with the beta that it needs; None is left out.

    `user_id` becomes `metadata.user_id`, `task_budget` a part of `output_config`.
    """

    service_tier: Literal["auto", "standard_only"] | None = None
    user_id: str | None = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: str | None = None
    task_budget: Mapping[str, object] | None = None
    context_management: Mapping[str, object] | None = None
    diagnostics: Mapping[str, object] | None = None

    def body(self) -> JsonObject:
        """Return the fields of the request body that are set, without `task_budget`."""
        if not set_fields(self):
            return {}
        fields: dict[str, JsonValue] = {
            "service_tier": self.service_tier,
            "metadata": None if self.user_id is None else {"user_id": self.user_id},
            "speed": self.speed,
            "inference_geo": self.inference_geo,
            "context_management": as_json(self.context_management),
            "diagnostics": as_json(self.diagnostics),
        }
        return {name: value for name, value in fields.items() if value is not None}

    def betas(self) -> Iterator[str]:
        """Yield the betas that they need."""
        if not set_fields(self):
            return
        if self.speed == "fast":
            yield "fast-mode-2026-02-01"
        if self.task_budget is not None:
            yield "task-budgets-2026-03-13"
        if self.context_management is not None:
            yield "context-management-2025-06-27"
            edits = as_list(as_object(as_json(self.context_management)).get("edits"))
            if any(as_object(edit).get("type") == "compact_20260112" for edit in edits):
                yield "compact-2026-01-12"


@dataclass(frozen=True, slots=True)
class NativeTool:
    """A tool that Anthropic defines: its entry in `tools`, the beta that it needs, and its MCP server if it
    has one.
    """

    declaration: JsonObject
    beta: str | None = None
    server: JsonObject | None = field(default=None, repr=False)  # it may hold a token


def cache_control(ttl: CacheTtl | None = None) -> JsonObject:
    """Return a cache breakpoint: what stands before it is cached, for five minutes unless `ttl` is "1h"."""
    return {"type": "ephemeral"} if ttl is None else {"type": "ephemeral", "ttl": ttl}
