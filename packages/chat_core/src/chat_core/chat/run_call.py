"""Running one tool call: whatever happens, the call ends in a status that is true."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import anyio

from chat_core.tools.failure import ToolFailure
from chat_core.tools.needs_input import NeedsInput, wait_for_input
from chat_core.tools.results import take_result
from chat_core.tools.scoped import AnyTool
from chat_core.types.call_status import Failed, Running, ToolStatus, Unknown, completed_with
from chat_core.types.describe import describe, describe_exception
from chat_core.types.json_values import JsonValue
from chat_core.types.tool_call import ToolCall


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may run, its tool, and the keywords for the tool's function."""

    call: ToolCall
    tool: AnyTool
    arguments: Mapping[str, object]

    def start(self) -> None:
        """Mark the call as running."""
        self.call.attempts += 1
        self.call.status = Running()

    def undo_start(self, before: ToolStatus) -> None:
        """Give the call the status that it had, where its start could not be stored."""
        if isinstance(self.call.status, Running):
            self.call.attempts -= 1
            self.call.status = before


def groups(ready: Sequence[Ready]) -> Iterator[Sequence[Ready]]:
    """Yield what runs side by side: neighbours together, each call of a sequential tool alone."""
    group: list[Ready] = []
    for one in ready:
        if one.tool.sequential:
            if group:
                yield group
            yield [one]
            group = []
        else:
            group.append(one)
    if group:
        yield group


async def run_call(ready: Ready, report: Callable[[ToolCall, JsonValue], None]) -> None:
    """Run the tool and put the outcome on the call.

    What a tool raises, `SystemExit` and a cancellation of something that it waited for included, becomes
    `Failed`, which the model reads; `NeedsInput` lets the call wait for a person. Only the cancellation of
    this call itself, `KeyboardInterrupt` and the end of the coroutine go on, and leave the call `Unknown`.
    """
    call = ready.call
    try:
        returned = await ready.tool.run(ready.arguments, lambda value: report(call, take_result(value)[0]))
        result, call.files = take_result(returned)
        call.status = completed_with(result)
    except NeedsInput as needs:
        wait_for_input(call, needs.request)
    except ToolFailure as exc:
        call.status = Failed(describe(exc))
    except Exception as exc:
        call.status = Failed(describe_exception(exc))
    except BaseException as exc:
        if is_to_go_on(exc):
            call.status = Unknown()
            raise
        call.status = Failed(describe_exception(exc))


def is_to_go_on(exc: BaseException) -> bool:
    """Whether it ends the running task itself, and not only something that the task waited for."""
    if isinstance(exc, KeyboardInterrupt | GeneratorExit):
        return True
    return isinstance(exc, anyio.get_cancelled_exc_class()) and _is_being_cancelled()


def _is_being_cancelled() -> bool:
    """Whether the running task is cancelled itself, and not something that it waited for."""
    if anyio.current_effective_deadline() == float("-inf"):
        return True
    asyncio = sys.modules.get("asyncio")
    try:
        task = asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # another kind of event loop runs
        return False
    return task is not None and task.cancelling() > 0
