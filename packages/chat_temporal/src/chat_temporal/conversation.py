"""A conversation that runs as a workflow, from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Protocol, cast

from chat_core import Decision, FileStore, InvalidDecision, Messages
from chat_core.types.errors import DecisionFault, FaultKind
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from chat_temporal.values import Start, View
from chat_temporal.workflow import ConversationWorkflow


class _Workflow(Protocol):
    """What is used of a handle: its methods by name."""

    async def query(self, name: str, /, *, result_type: type | None = None) -> object: ...
    async def execute_update(self, name: str, /, *arguments: object) -> object: ...
    async def signal(self, name: str, /) -> None: ...
    async def result(self) -> str: ...


class Conversation:
    """One conversation: `Conversation(client, id)` from any process.

    `files` is the store that the workers put files into, where they do.
    """

    def __init__(self, client: Client, id: str, *, files: FileStore | None = None) -> None:
        self.id = id
        self._files = files
        self._workflow = cast("_Workflow", client.get_workflow_handle(id, result_type=str))

    async def view(self) -> View:
        """Return how it stands."""
        return cast("View", await self._workflow.query("view", result_type=View))

    async def messages(self) -> Messages:
        """Return the conversation so far."""
        return self._read(cast("str | None", await self._workflow.query("state")))

    async def say(self, text: str) -> None:
        """Add what the user says. Calls that still wait are closed."""
        await self._workflow.execute_update("say", text)

    async def decide(self, decisions: Sequence[Decision | Mapping[str, object]]) -> None:
        """Decide about calls that wait: all of these, or none where one does not fit.

        Returns when they are taken, before the calls run. Raises `InvalidDecision` for those that are not.
        """
        given = [_plain(decision) for decision in decisions]
        try:
            await self._workflow.execute_update("decide", given)
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            details = cause.details if isinstance(cause, ApplicationError) else ()
            faults = cast("Sequence[tuple[str, FaultKind, str]]", details)
            if not faults:
                raise
            raise InvalidDecision.of([DecisionFault(*fault) for fault in faults]) from None

    async def go_on(self) -> None:
        """Try the last turn again, after an error."""
        await self._workflow.execute_update("go_on")

    async def close(self) -> None:
        """End the workflow once nothing is at work."""
        await self._workflow.signal("close")

    async def result(self) -> Messages:
        """Wait until it has ended, and return the conversation."""
        return self._read(await self._workflow.result())

    def _read(self, state: str | None) -> Messages:
        return Messages() if not state else Messages.from_json(state, files=self._files)


async def start_conversation(
    client: Client, start: Start | Messages | str, *, id: str, task_queue: str, files: FileStore | None = None
) -> Conversation:
    """Start a conversation and return it.

    The user's words, or messages with files for example, are answered once, and the workflow ends; a `Start`
    says more. `id` is the workflow's, and `task_queue` the one that its workers poll. `files` keeps the bytes
    of files outside Temporal's history, which takes 2 MB at a time: the store of the workers.
    """
    if isinstance(start, str):
        begin = Start(texts=[start], once=True)
    elif isinstance(start, Messages):
        begin = Start(state=start.to_json(files=files), go_on=True, once=True)
    else:
        begin = start
    await client.start_workflow(ConversationWorkflow.run, begin, id=id, task_queue=task_queue)
    return Conversation(client, id, files=files)


def _plain(decision: Decision | Mapping[str, object]) -> dict[str, object]:
    if isinstance(decision, Mapping):
        return dict(decision)
    given = {name: value for name, value in asdict(decision).items() if value is not None}
    if decision.expires is not None:
        given["expires"] = decision.expires.isoformat()
    return given
