"""The tools of a chat by name, and who decides about their calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chat_core.types.call_ids import wire_name
from chat_core.types.call_status import Failed
from chat_core.types.errors import ConfigurationError
from chat_core.types.request import ToolDefinition
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:  # a chat without tools needs nothing of these
    from chat_core.chat.progress import Background
    from chat_core.tools.scoped import AnyTool, ScopedCollection, Strategy
    from chat_core.types.seals import ApprovalKey


def now() -> datetime:
    """Return the time by which scheduled calls are due."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ToolBox:
    """The tools of a chat by name, each with the strategy that decides about its calls.

    A model may call a tool by its name or by the name that it has on wires with other rules for names.
    """

    tools: Mapping[str, tuple[AnyTool, Strategy]]
    clock: Callable[[], datetime] = now
    key: ApprovalKey | None = None
    show_edits: bool = True
    _wire_names: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @staticmethod
    def of(
        collections: Iterable[ScopedCollection],
        clock: Callable[[], datetime] = now,
        *,
        key: ApprovalKey | None = None,
        show_edits: bool = True,
    ) -> ToolBox:
        """Return all tools of several collections. Raises `ConfigurationError` where two share a name."""
        tools: dict[str, tuple[AnyTool, Strategy]] = {}
        for collection in collections:
            for tool in collection.tools:
                if not _is_tool(tool):
                    raise ConfigurationError(f"{tool!r} is no tool: decorate the function with @tool")
                if tool.name in tools:
                    raise ConfigurationError(
                        f"two tools are called {tool.name!r}: rename one with @tool(name=...)"
                    )
                tools[tool.name] = (tool, collection.strategy)
        return ToolBox(tools, clock, key, show_edits, {wire_name(name): name for name in tools})

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """The tools as a model sees them."""
        return tuple(tool.definition for tool, _ in self.tools.values())

    def background(self) -> Background | None:
        """Return what a stream runs its calls in where one of the tools reports progress, else None."""
        from chat_core.chat.progress import Background

        return Background() if any(tool.reports_progress for tool, _ in self.tools.values()) else None

    def find(self, name: str) -> tuple[AnyTool, Strategy] | None:
        """Return the tool of this name and its strategy, or None."""
        return self.tools.get(name) or self.tools.get(self._wire_names.get(name, name))

    def no_such_tool(self, call: ToolCall) -> Failed:
        """Return the outcome of a call of a tool that is not there."""
        return Failed(f"There is no tool {call.name!r}. There are: {', '.join(self.tools) or 'none'}.")


def _is_tool(given: object) -> bool:
    """For callers without a type checker, who would otherwise read an AttributeError."""
    from chat_core.tools.function import Tool

    return isinstance(given, Tool)
