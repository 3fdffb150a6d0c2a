"""Tools that may wait, and the strategy that decides about their calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

from chat_core.tools.action import Action, Execute
from chat_core.tools.function import Tool
from chat_core.types.errors import ConfigurationError
from chat_core.types.tool_call import ToolCall

AnyTool: TypeAlias = Tool[..., object]
Strategy: TypeAlias = Callable[[ToolCall, Mapping[str, object]], Action | Awaitable[Action]]


@dataclass(frozen=True, slots=True)
class ScopedCollection:
    """Tools under one `strategy`: a function, sync or async, of a call and its tool's `meta`, which returns
    an `Action`.

    It decides once per call, before any call of the turn runs. What it raises goes to the caller, and no call
    runs.
    """

    tools: Sequence[AnyTool]
    strategy: Strategy

    @classmethod
    def from_module(cls, module: ModuleType, strategy: Strategy) -> ScopedCollection:
        """Return all tools of a module that do not begin with `_`, in the order of its definitions.

        Raises `ConfigurationError` where it has none.
        """
        tools = {id(value): value for name, value in vars(module).items() if _is_public_tool(name, value)}
        if not tools:
            raise ConfigurationError(f"{module.__name__} has no tools: decorate its functions with @tool")
        return cls(tuple(tools.values()), strategy)


def execute_always(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Return `Execute()`: the strategy of `with_tools`."""
    return Execute()


def _is_public_tool(name: str, value: object) -> bool:
    return isinstance(value, Tool) and not name.startswith("_")
