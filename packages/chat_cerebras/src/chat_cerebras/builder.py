"""The builder: Cerebras's options, and how each family of models wants its reasoning back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, Literal, Self, cast

from chat_completions import Dialect
from chat_completions.builder import CompletionsBuilder
from chat_core import ConfigurationError
from chat_core.client import HasModel, NoModel
from typing_extensions import TypeVar

if TYPE_CHECKING:
    from chat_cerebras.client import CerebrasClient

M = TypeVar("M", default=NoModel)


class CerebrasBuilder(CompletionsBuilder, Generic[M]):
    """Builds a client for Cerebras. Each `with_…` returns a new builder, and none does I/O.

    Without `with_base_url` it talks to the host in `CEREBRAS_BASE_URL`, else to api.cerebras.ai.
    `CEREBRAS_API_KEY` is read for those two only, so that the key never goes to another server unasked.
    """

    def with_model(self, model: str) -> CerebrasBuilder[HasModel]:
        """Set the model's name, such as "gpt-oss-120b"."""
        return cast("CerebrasBuilder[HasModel]", self._named(model))

    def with_reasoning(
        self,
        effort: Literal["none", "low", "medium", "high"] | None = None,
        *,
        format: Literal["none", "parsed", "text_parsed", "raw", "hidden"] | None = None,
    ) -> Self:
        """Set how much the model reasons, unless a chat's `ChatOptions.reasoning_effort` says otherwise, and
        how that comes.

        With "raw" the reasoning stands in the text, from which `with_think_tags()` splits it off.
        """
        return self._with_effort(effort)._with_fields(reasoning_format=format)

    def with_queue_threshold(self, milliseconds: int) -> Self:
        """Fail at once where the request would wait longer than this in the queue, 50 to 20000; for the tiers
        auto and flex. Raises `ConfigurationError` outside of that range.
        """
        if not 50 <= milliseconds <= 20000:
            raise ConfigurationError(
                f"with_queue_threshold takes 50 to 20000 milliseconds, not {milliseconds}"
            )
        return self.with_header("queue_threshold", str(milliseconds))

    def with_service_tier(self, tier: Literal["auto", "default", "flex", "priority"]) -> Self:
        """Set the queue. With "auto", `response.raw["service_tier_used"]` names the one that was used."""
        return self.with_extra_body({"service_tier": tier})

    def with_min_tokens(self, count: int) -> Self:
        """Set the least number of tokens of a response; -1 is as many as there is room for."""
        return self.with_extra_body({"min_completion_tokens": count})

    def build(self: CerebrasBuilder[HasModel]) -> CerebrasClient:
        """Return the client. Raises `ConfigurationError` for what is missing or cannot be."""
        from chat_cerebras.client import CerebrasClient

        model = self._choices.model or ""
        extra = {"clear_thinking": False} if _is_glm(model) else {}
        return CerebrasClient(self._settings(_dialect(model), extra=extra))


def _dialect(model: str) -> Dialect:
    """Return the dialect of a model: each family wants its reasoning back in another way."""
    cerebras = Dialect.cerebras()
    if _is_glm(model):
        return replace(cerebras, reasoning=replace(cerebras.reasoning, replay="always", replay_as="tags"))
    if model.startswith("gpt-oss"):
        return replace(cerebras, reasoning=replace(cerebras.reasoning, replay="always"))
    return cerebras


def _is_glm(model: str) -> bool:
    return model.startswith("zai-glm")
