"""Tools that may wait, and the strategy that decides about their calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Generic, Never, TypeAlias, cast, get_args

from typing_extensions import TypeVar

from chat_core.tools.action import Action, Execute
from chat_core.tools.function import Tool
from chat_core.tools.step import Step
from chat_core.types.errors import ConfigurationError
from chat_core.types.misuse import is_a, kind_of
from chat_core.types.tool_call import ToolCall

D = TypeVar("D")
D_contra = TypeVar("D_contra", contravariant=True, default=object)

AnyTool: TypeAlias = Tool[..., object, Never]
"""Any tool, whatever dependencies it wants."""
Strategy: TypeAlias = Callable[[ToolCall, Mapping[str, object]], Action | Awaitable[Action]]
ToolsFor: TypeAlias = (
    Sequence[Tool[..., object, D]]
    | Callable[[Step[D]], Sequence[Tool[..., object, D]] | Awaitable[Sequence[Tool[..., object, D]]]]
)
"""Tools that want dependencies of type `D`, or a function, sync or async, that chooses them for each turn."""

_ACTIONS: tuple[type, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class ScopedCollection(Generic[D_contra]):
    """Tools under one `strategy`: a function, sync or async, of a call and its tool's `meta`, which returns
    an `Action`.

    It decides once per call, before any call of the turn runs. What it raises goes to the caller, and no call
    runs. `tools` may be a function of the `Step`, which chooses them for each turn. Raises
    `ConfigurationError` for a strategy that is no function, and for tools that are no list of tools.
    """

    tools: ToolsFor[D_contra]
    strategy: Strategy

    def __post_init__(self) -> None:
        tools = checked_tools(self.tools, "ScopedCollection")
        if not isinstance(self.tools, list | tuple):
            object.__setattr__(self, "tools", tools)
        strategy: object = self.strategy
        if isinstance(strategy, _ACTIONS) or (isinstance(strategy, type) and issubclass(strategy, _ACTIONS)):
            raise ConfigurationError(
                "the strategy of a ScopedCollection is a function: lambda call, meta: RequireApproval(), say"
            )
        if not callable(strategy):
            raise ConfigurationError(
                "the strategy of a ScopedCollection is a function (call, meta) -> Action, "
                f"not {kind_of(strategy)}"
            )

    @classmethod
    def from_module(cls, module: ModuleType, strategy: Strategy) -> ScopedCollection[D_contra]:
        """Return all tools of a module that do not begin with `_`, in the order of its definitions.

        Where they want dependencies, `ScopedCollection[Deps].from_module(...)` tells the type checker which.
        Raises `ConfigurationError` where it has none.
        """
        tools = {id(value): value for name, value in vars(module).items() if _is_public_tool(name, value)}
        if not tools:
            raise ConfigurationError(f"{module.__name__} has no tools: decorate its functions with @tool")
        return cls(tuple(tools.values()), strategy)


def execute_always(call: ToolCall, meta: Mapping[str, object]) -> Action:
    """Return `Execute()`: the strategy of `with_tools`."""
    return Execute()


def checked_tools(tools: object, where: str) -> ToolsFor[Never]:
    """Return the tools, or the function that chooses them.

    Raises `ConfigurationError`, which tells what to write, for anything else.
    """
    if isinstance(tools, Tool):
        raise ConfigurationError(f"{where}: {tools!r} is one tool: pass a list, [{tools.name}]")
    if isinstance(tools, ScopedCollection):
        raise ConfigurationError(
            f"{where} takes a list of tools; a ScopedCollection goes to with_scoped_tools(...)"
        )
    if is_a(tools, str, bytes, Mapping) or not (callable(tools) or is_a(tools, Iterable)):
        raise ConfigurationError(f"{where} takes a list of tools, not {kind_of(tools)}: [add]")
    if callable(tools):
        return cast("ToolsFor[Never]", tools)
    given = tuple(cast("Iterable[object]", tools))
    for tool in given:
        if not isinstance(tool, Tool):
            raise ConfigurationError(f"{tool!r} is no tool: {_instead_of(tool)}")
    return cast("ToolsFor[Never]", given)


def _instead_of(tool: object) -> str:
    if isinstance(tool, Mapping):
        return "write Tool(name, description, parameters, function)"
    if isinstance(tool, ScopedCollection):
        return "a ScopedCollection goes to with_scoped_tools(...)"
    return "decorate the function with @tool"


def _is_public_tool(name: str, value: object) -> bool:
    return isinstance(value, Tool) and not name.startswith("_")
