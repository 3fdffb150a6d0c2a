"""Estimates of input tokens, without a request."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, cast, runtime_checkable

from chat_core.tokens.families import Anchored, Factors, Family, family_of
from chat_core.tokens.measure import CountText, Size, quarter_of_bytes, schema_units, size_of
from chat_core.tokens.tokenizer import text_counter
from chat_core.types.errors import ConfigurationError
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.parts import Reasoning
from chat_core.types.request import ToolDefinition, messages_of

Method: TypeAlias = Literal["anchored", "tokenizer", "calibrated"]
"""How tokens were estimated: from the usage of the last turn and what is new since, by counting texts with
the vocabulary of the model, or by factors for the family of the model.
"""


@dataclass(frozen=True, slots=True)
class TokenEstimate:
    """About how many input tokens a request has. It is no `Usage`: nothing is charged by it.

    `error` is the median of the relative errors that were measured on recorded requests of this family by
    this method; nine of ten requests have at most `upper` tokens. `uncounted` files and blocks of a
    provider are not in it: only the server knows their tokens.
    """

    tokens: int
    upper: int
    method: Method
    family: str
    error: float
    uncounted: int = 0

    def __str__(self) -> str:
        return f"about {self.tokens:,} tokens"


@runtime_checkable
class HasDefinition(Protocol):
    """A tool of a chat."""

    @property
    def definition(self) -> ToolDefinition:
        """The tool as a model sees it."""
        ...


@runtime_checkable
class HasModel(Protocol):
    """A client, or a router."""

    @property
    def model(self) -> str:
        """The name of its model."""
        ...


def estimate_tokens(
    messages: Messages | str,
    tools: Sequence[ToolDefinition | HasDefinition] = (),
    model: str | HasModel | None = None,
    *,
    anchored: bool = True,
    tokenizer: bool = False,
) -> TokenEstimate:
    """Return about how many input tokens a request would have, without sending anything.

    Where the conversation has a turn with its usage, what is new since is added to that; `anchored=False`
    does not look for one. Else the text is measured, by factors of the family that the name of `model` (or
    of a client's model) belongs to. `tokenizer=True` counts texts exactly where the vocabulary of the family
    is known, which is so of OpenAI's: `pip install chat-core[tokens]`. Raises `ConfigurationError` for what
    is no conversation, no tool or no model, and for a tokenizer that is not installed.
    """
    conversation, family = messages_of(messages), family_of(model_name(model))
    definitions = [_definition(tool) for tool in _listed(tools)]
    if anchored and (found := _anchor(conversation, family)) is not None:
        return found
    count, factors, method = _way(family, tokenizer)
    size = size_of(conversation, count)
    tokens = _whole(size, definitions, count, factors)
    return _estimate(tokens, method, family, factors, size.unknown)


def _way(family: Family, tokenizer: bool) -> tuple[CountText, Factors, Method]:
    if tokenizer and family.vocabulary is not None and family.exact is not None:
        return text_counter(family.vocabulary), family.exact, "tokenizer"
    return quarter_of_bytes, family.factors, "calibrated"


def _whole(size: Size, tools: Sequence[ToolDefinition], count: CountText, factors: Factors) -> float:
    tokens = factors.base + factors.text * size.text + factors.item * size.items
    if tools:
        tokens += factors.tools + factors.tool * len(tools) + factors.schema * schema_units(tools, count)
    return tokens


_NEW_ITEM = 8  # tokens around a message or a result, on all wires within a few
_LEAST_SHARE = 0.5  # a usage below this share of the text is that of a shortened request


def _anchor(messages: Messages, family: Family) -> TokenEstimate | None:
    """Return the usage of the last counted turn with what is new since, or None where there is none.

    The tools are in that usage. A usage that is far below the text before its turn is no anchor: middleware
    had left out a part of the conversation.
    """
    every = list(messages)
    for at in range(len(every) - 1, -1, -1):
        turn = every[at].turn
        if turn is None or every[at].interrupted or not turn.usage.input_tokens:
            continue
        before = size_of(every[:at], quarter_of_bytes)
        if turn.usage.input_tokens < _LEAST_SHARE * family.factors.text * before.text:
            return None
        new = _new_since(every, at)
        tokens = turn.usage.input_tokens + _sent_back(every[at], family) + new.text + _NEW_ITEM * new.items
        return _estimate(tokens, "anchored", family, family.anchored, new.unknown)
    return None


def _new_since(messages: Sequence[Message], at: int) -> Size:
    """Return the size of the results of a turn and of what follows it."""
    new = size_of(messages[at + 1 :], quarter_of_bytes)
    for call in messages[at].tool_calls:
        new.add_result(call, quarter_of_bytes)
    return new


def _sent_back(message: Message, family: Family) -> int:
    """Return the tokens of a turn when it is sent back: without its reasoning, where that is not."""
    usage = message.turn.usage if message.turn is not None else None
    if usage is None or usage.output_tokens is None:
        size = size_of([message], quarter_of_bytes)
        return math.ceil(size.text)
    kept = family.reasoning != "never" and _has_sealed_reasoning(message, family)
    return max(0, usage.output_tokens - (0 if kept else usage.reasoning_tokens or 0))


def _has_sealed_reasoning(message: Message, family: Family) -> bool:
    parts = message.parts
    if family.reasoning == "signed":
        return any(part.native is not None for part in parts)
    return any(isinstance(part, Reasoning) and part.native is not None for part in parts)


def _estimate(
    tokens: float, method: Method, family: Family, errors: Factors | Anchored, unknown: int
) -> TokenEstimate:
    upper = tokens * (1 + errors.excess)
    return TokenEstimate(math.ceil(tokens), math.ceil(upper), method, family.name, errors.error, unknown)


def model_name(model: object) -> str | None:
    """Return the name of a model, or of a client's. Raises `ConfigurationError` for anything else."""
    if model is None or isinstance(model, str):
        return model
    if isinstance(model, HasModel) and not isinstance(model, type):
        return model.model
    raise ConfigurationError(
        f"estimate_tokens(..., model) takes the name of a model or a client, not {kind_of(model)}"
    )


def _listed(tools: object) -> Iterable[object]:
    if is_a(tools, str) or not isinstance(tools, Iterable):
        raise ConfigurationError(f"estimate_tokens(messages, tools) takes a list, not {kind_of(tools)}")
    return cast("Iterable[object]", tools)


def _definition(tool: object) -> ToolDefinition:
    if isinstance(tool, ToolDefinition):
        return tool
    if isinstance(tool, HasDefinition):
        return tool.definition
    raise ConfigurationError(
        f"estimate_tokens(messages, tools) takes tools, not {kind_of(tool)}: decorate it with @tool"
    )
