"""The options that any model may have.

What a provider cannot do is refused or noticed, never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """The common options; None leaves the choice to the provider.

    `stop` is one sequence or several. `tool_choice` is "auto", "none", "required" or the name of a tool; a
    forced choice holds for the first model turn of a call only, since it would never end otherwise.
    `reasoning_effort` is the provider's own word, such as "low" or "high".
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: str | Sequence[str] | None = None
    seed: int | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    reasoning_effort: str | None = None
    tool_choice: str | None = None
    parallel_tool_calls: bool | None = None
