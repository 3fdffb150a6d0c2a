"""The tools of one `complete`, `resume` or `stream`, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_core.chat.toolbox import ToolBox
from chat_core.types.message import parts_of
from chat_core.types.messages import Messages
from chat_core.types.tool_call import ToolCall


@dataclass(slots=True, eq=False, repr=False)
class StepTools:
    """Chooses the tools of each turn once, where functions choose them.

    A call is looked up among the tools that its own turn was offered, also after a restart.
    """

    toolbox: ToolBox
    messages: Messages
    deps: object = None
    _chosen: dict[int, ToolBox] = field(default_factory=dict[int, ToolBox])

    async def of_next_turn(self) -> ToolBox:
        """Return the tools to offer to the turn that follows the conversation as it stands.

        What a function that chooses raises comes through. Raises `ConfigurationError` for what it may not
        return.
        """
        return await self._at(len(self.messages))

    async def of_call(self, call: ToolCall) -> ToolBox:
        """Return the tools that the turn of a call was offered. Raises as `of_next_turn`."""
        return await self._at(self._place(call)) if self.toolbox.chosen_by_step else self.toolbox

    async def _at(self, length: int) -> ToolBox:
        if not self.toolbox.chosen_by_step:
            return self.toolbox
        if length not in self._chosen:
            from chat_core.tools.step import Step

            chosen = await self.toolbox.choose(Step(self.deps, self.messages, length))
            chosen.check_deps(self.deps)
            self._chosen[length] = chosen
        return self._chosen[length]

    def _place(self, call: ToolCall) -> int:
        places = range(len(self.messages) - 1, -1, -1)
        return next(at for at in places if any(part is call for part in parts_of(self.messages[at])))
