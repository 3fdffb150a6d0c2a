"""How a client is put together: options, environment, and what is missing."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Generic, Literal, Self, cast

from chat_completions.builder import Choosing, settings
from chat_completions.dialect import Dialect
from chat_core import ConfigurationError
from chat_core.types.typestate import HasModel, NoModel
from typing_extensions import TypeVar

from chat_cerebras.client import CerebrasClient

M = TypeVar("M", default=NoModel)


class CerebrasBuilder(Choosing, Generic[M]):
    """A client for Cerebras. Answers each `with_…` with a new builder, and does no I/O.

    Without `with_base_url` it talks to the host in `CEREBRAS_BASE_URL`, else to api.cerebras.ai. `CEREBRAS_API_KEY` is read for
    those two only, so that the key never goes to another server unasked.
    """

    def __init__(self) -> None:
        super().__init__()
        self._effort: str | None = None

    def with_model(self, model: str) -> CerebrasBuilder[HasModel]:
        """The model's name, such as "gpt-oss-120b"."""
        return cast("CerebrasBuilder[HasModel]", self._with(replace(self._choices, model=model)))

    def with_reasoning(
        self,
        effort: Literal["none", "low", "medium", "high"] | None = None,
        *,
        format: Literal["none", "parsed", "text_parsed", "raw", "hidden"] | None = None,
    ) -> Self:
        """How much the model thinks, unless a chat's `ChatOptions.reasoning_effort` says otherwise, and how it tells. In "raw" the
        thoughts stand in the text, which `with_think_tags()` takes apart."""
        changed = copy(self)
        if effort is not None:
            changed._effort = effort
        return changed if format is None else changed.with_extra_body({"reasoning_format": format})

    def with_queue_threshold(self, milliseconds: int) -> Self:
        """Fail at once where the request would wait longer than this in the queue, 50 to 20000; for the tiers auto and flex."""
        if not 50 <= milliseconds <= 20000:
            raise ConfigurationError(
                f"with_queue_threshold takes 50 to 20000 milliseconds, not {milliseconds}"
            )
        return self.with_header("queue_threshold", str(milliseconds))

    def with_service_tier(self, tier: Literal["auto", "default", "flex", "priority"]) -> Self:
        """The queue to stand in. With "auto", `response.raw["service_tier_used"]` tells which it was."""
        return self.with_extra_body({"service_tier": tier})

    def with_min_tokens(self, count: int) -> Self:
        """The least number of tokens to answer with; -1 is as many as there is room for."""
        return self.with_extra_body({"min_completion_tokens": count})

    def build(self: CerebrasBuilder[HasModel]) -> CerebrasClient:
        """The client. Raises `ConfigurationError` for what is missing or cannot be."""
        connection, model = self._connection, self._choices.model or ""
        if _is_glm(model):
            connection = replace(connection, extra={"clear_thinking": False} | dict(connection.extra))
        return CerebrasClient(
            settings(self._choices, connection, "CerebrasBuilder", _dialect(model)), self._effort
        )


def _dialect(model: str) -> Dialect:
    """Each family of models wants its thoughts back in its own way."""
    if _is_glm(model):
        return replace(Dialect.cerebras(), replay_reasoning="always", replay_as="tags")
    if model.startswith("gpt-oss"):
        return replace(Dialect.cerebras(), replay_reasoning="always")
    return Dialect.cerebras()


def _is_glm(model: str) -> bool:
    return model.startswith("zai-glm")
