"""Whether a request fits a model, before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from chat_core.tokens.estimate import HasDefinition, HasModel, TokenEstimate, estimate_tokens, model_name
from chat_core.tokens.known_limits import model_limits
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.misuse import checked_count, checked_instance
from chat_core.types.model_limits import ModelLimits
from chat_core.types.request import ToolDefinition


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a request fits. "unsure" means that the estimate is too close to the limit to tell, or that
    files are in it whose tokens are not known: `await client.count_tokens(...)` counts exactly.

    `free` is how many tokens are left by the estimate, below zero where it is too long. `room` is what the
    input may have: the context window without `max_tokens` of the response.
    """

    verdict: Literal["yes", "no", "unsure"]
    estimate: TokenEstimate
    room: int
    limits: ModelLimits

    @property
    def free(self) -> int:
        """How many tokens are left, about."""
        return self.room - self.estimate.tokens

    def __bool__(self) -> bool:
        """Whether it fits for sure."""
        return self.verdict == "yes"


def will_it_fit(
    messages: Messages | str,
    tools: Sequence[ToolDefinition | HasDefinition] = (),
    model: str | HasModel | None = None,
    *,
    limits: ModelLimits | None = None,
    max_tokens: int = 0,
    tokenizer: bool = False,
) -> Fit:
    """Return whether a request fits the model's context window, by an estimate and without sending anything.

    `limits` are the model's (`ModelLimits(context_window=32_768)`, or `info.limits` of `list_models()`); by
    default what is known of the name. `max_tokens` is what the response may take. Raises
    `ConfigurationError` where the window is not known, and as `estimate_tokens` does.
    """
    checked_count(max_tokens, "will_it_fit(max_tokens)", least=0)
    known = _limits(model, limits)
    window = known.context_window
    if window is None:
        raise ConfigurationError(
            f"the context window of {model_name(model) or 'the model'} is not known: "
            "will_it_fit(..., limits=ModelLimits(context_window=...))"
        )
    estimate = estimate_tokens(messages, tools, model, tokenizer=tokenizer)
    room = window - max_tokens
    return Fit(_verdict(estimate, room), estimate, room, known)


def _limits(model: str | HasModel | None, limits: ModelLimits | None) -> ModelLimits:
    if limits is not None:
        return checked_instance(limits, ModelLimits, "will_it_fit(limits)", "ModelLimits(context_window=...)")
    name = model_name(model)
    return ModelLimits() if name is None else model_limits(name)


def _verdict(estimate: TokenEstimate, room: int) -> Literal["yes", "no", "unsure"]:
    if estimate.tokens > room * (1 + 2 * estimate.error):
        return "no"
    if estimate.upper > room or estimate.uncounted:
        return "unsure"
    return "yes"
