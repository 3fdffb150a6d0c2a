"""Tools that may wait, and who decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chat_core.tools.action import Action
from chat_core.tools.function import Tool
from chat_core.types.parts import ToolCall

AnyTool: TypeAlias = Tool[..., object]
Strategy: TypeAlias = Callable[[ToolCall, Mapping[str, object]], Action | Awaitable[Action]]


@dataclass(frozen=True, slots=True)
class ScopedCollection:
    """Tools under one `strategy`: a function, sync or async, that is given a call and its tool's `meta` and says what to do.

    It is asked once per call, before any call of the turn runs. What it raises goes to the caller, and no call runs.
    """

    tools: Sequence[AnyTool]
    strategy: Strategy
