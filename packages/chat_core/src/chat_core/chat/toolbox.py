"""The tools of a chat by name, and who decides about their calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Never, TypeAlias, cast

from chat_core.types.call_status import Failed
from chat_core.types.errors import ConfigurationError
from chat_core.types.request import ToolDefinition
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:  # a chat without tools needs nothing of these
    from chat_core.chat.progress import Background
    from chat_core.tools.scoped import AnyTool, ScopedCollection, Strategy
    from chat_core.tools.step import Step
    from chat_core.types.seals import ApprovalKey

    AnyCollection: TypeAlias = ScopedCollection[Never]


def now() -> datetime:
    """Return the time by which scheduled calls are due."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ToolBox:
    """The tools of a chat by name, each with the strategy that decides about its calls.

    A model may call a tool by its name or by the name that it has on wires with other rules for names. Where
    functions choose tools, `collections` has all that they are chosen from, and `tools` those that are
    always there.
    """

    tools: Mapping[str, tuple[AnyTool, Strategy]]
    clock: Callable[[], datetime] = now
    key: ApprovalKey | None = None
    show_edits: bool = True
    collections: tuple[AnyCollection, ...] = ()
    _wire_names: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @staticmethod
    def of(
        collections: Iterable[AnyCollection],
        clock: Callable[[], datetime] = now,
        *,
        key: ApprovalKey | None = None,
        show_edits: bool = True,
    ) -> ToolBox:
        """Return all tools of several collections. Raises `ConfigurationError` where two share a name."""
        given = tuple(collections)
        tools: dict[str, tuple[AnyTool, Strategy]] = {}
        for collection in given:
            for tool in () if _is_function(collection.tools) else _listed(collection.tools):
                if tool.name in tools:
                    raise ConfigurationError(
                        f"two tools are called {tool.name!r}: rename one with @tool(name=...)"
                    )
                tools[tool.name] = (tool, collection.strategy)
        changing = given if any(_is_function(collection.tools) for collection in given) else ()
        return ToolBox(tools, clock, key, show_edits, changing, _by_wire_name(tools))

    @property
    def chosen_by_step(self) -> bool:
        """Whether functions choose the tools, or some of them, for each turn."""
        return bool(self.collections)

    async def choose(self, step: Step[object]) -> ToolBox:
        """Return the tools of one step: those that the functions choose, and those that are always there.

        Raises `ConfigurationError` for what is no list of tools, and where two share a name.
        """
        import inspect

        from chat_core.tools.scoped import ScopedCollection

        chosen: list[AnyCollection] = []
        for collection in self.collections:
            choose = collection.tools
            tools = choose(cast("Step[Never]", step)) if callable(choose) else choose
            if inspect.isawaitable(tools):
                tools = await tools
            chosen.append(ScopedCollection(_listed(tools), collection.strategy))
        return ToolBox.of(chosen, self.clock, key=self.key, show_edits=self.show_edits)

    def check_deps(self, deps: object) -> None:
        """Raise `ConfigurationError` where a tool wants dependencies and there are none."""
        if deps is not None:
            return
        for tool, _ in self.tools.values():
            if wanted := tool.wanted_deps:
                raise ConfigurationError(
                    f"tool {tool.name} wants {wanted} in its ToolContext: "
                    "pass deps=... to complete, resume or stream"
                )

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as a model sees them."""
        return tuple(tool.definition for tool, _ in self.tools.values())

    def background(self) -> Background | None:
        """Return what a stream runs its calls in where one of the tools may report progress, else None."""
        from chat_core.chat.progress import Background

        reported = self.chosen_by_step or any(tool.reports_progress for tool, _ in self.tools.values())
        return Background() if reported else None

    def find(self, name: str) -> tuple[AnyTool, Strategy] | None:
        """Return the tool of this name and its strategy, or None."""
        return self.tools.get(name) or self.tools.get(self._wire_names.get(name, name))

    def no_such_tool(self, call: ToolCall) -> Failed:
        """Return the outcome of a call of a tool that is not there."""
        return Failed(f"There is no tool {call.name!r}. There are: {', '.join(self.tools) or 'none'}.")


def _by_wire_name(names: Iterable[str]) -> dict[str, str]:
    from chat_core.types.call_ids import wire_name  # with the first chat

    return {wire_name(name): name for name in names}


def _is_function(tools: object) -> bool:
    """Whether tools are chosen by a function. A `Tool` can be called, too, but is one by mistake."""
    return callable(tools) and not hasattr(tools, "definition")


def _listed(tools: object) -> Sequence[AnyTool]:
    """Return a list of tools as it is.

    Raises `ConfigurationError` for anything else: callers without a type checker would otherwise read an
    AttributeError.
    """
    from chat_core.tools.function import Tool

    if isinstance(tools, Tool):
        raise ConfigurationError(f"{tools!r} is one tool: pass a list, [{tools.name}]")
    if not isinstance(tools, Iterable):
        raise ConfigurationError(f"{tools!r} is no list of tools")
    listed: list[AnyTool] = []
    for tool in cast("Iterable[object]", tools):
        if not isinstance(tool, Tool):
            raise ConfigurationError(f"{tool!r} is no tool: decorate the function with @tool")
        listed.append(cast("AnyTool", tool))
    return listed
