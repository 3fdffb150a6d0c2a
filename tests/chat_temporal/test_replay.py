"""Workflows that have begun with one version go on with another.

`histories/` has what Temporal keeps of conversations of earlier versions. Each is replayed by the workflow as
it is now: one that asks Temporal for other things, or in another order, fails here, as every running
conversation would after a deployment. CONTRIBUTING.md says what to do then.
"""

# ruff: noqa: ASYNC110  what a workflow is at is asked for: Temporal tells nobody
from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import anyio
import pytest
from changed_workflow import Changed, Unpatched
from chat_core import (
    ChatBuilder,
    Decision,
    Execute,
    InvalidRequest,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    tool,
)
from chat_core.testing import ScriptedProvider
from chat_temporal import ChatActivities, Conversation, ConversationWorkflow, Start, start_conversation
from record_histories import HISTORIES, scrubbed
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, Worker
from temporalio.workflow import NondeterminismError
from test_conversation import CHARGE, SEND, Office, answered, waiting

pytestmark = pytest.mark.anyio
STORED = {path.stem: path.read_text() for path in sorted(HISTORIES.glob("*.json"))}


@asynccontextmanager
async def working(
    temporal: Client,
    queue: str,
    lines: list[object],
    office: Office,
    workflow: type[ConversationWorkflow] = ConversationWorkflow,
) -> AsyncGenerator[None]:
    """A worker with a version of the workflow."""
    builder = ChatBuilder().with_model(ScriptedProvider(lines)).with_retry(RetryPolicy(max_retries=0))
    async with Worker(
        temporal,
        task_queue=queue,
        workflows=[workflow],
        activities=ChatActivities(builder, [office.tools]).all,
        sticky_queue_schedule_to_start_timeout=timedelta(
            seconds=1
        ),  # how long it is waited for after its end
    ):
        yield


async def approval_and_timer(temporal: Client) -> tuple[str, str]:
    """A call that runs at once, one that waits for its time, one for a person, and one more text."""
    queue, office = f"replay-{uuid4()}", Office()
    office.decides, office.deferred = {"send": RequireApproval()}, {"charge": 1}
    lines: list[object] = [[CHARGE, SEND], "Sent.", "Goodbye."]
    async with working(temporal, queue, lines, office):
        conversation = await start_conversation(
            temporal, Start(texts=["Write to Ada."]), id=queue, task_queue=queue
        )
        await waiting(conversation)  # the timer has fired
        await conversation.decide([Decision("c2", "approve", by="grace")])
        await answered(conversation, "Sent.")
        await conversation.say("Thank you.")
        await answered(conversation, "Goodbye.")
        await conversation.close()
        await conversation.result()
    return queue, await run_of(temporal, queue)


async def error_and_new_run(temporal: Client) -> tuple[str, str]:
    """A turn that fails, another try, and a history that has become too long: the first run."""
    queue, office = f"replay-{uuid4()}", Office()
    async with working(temporal, queue, [InvalidRequest("no such model"), [CHARGE], "Charged."], office):
        start = Start(texts=["Charge it."], most_events=20)
        conversation = await start_conversation(temporal, start, id=queue, task_queue=queue)
        first = await run_of(temporal, queue)
        with anyio.fail_after(30):
            while (await conversation.view()).error is None:
                await anyio.sleep(0.02)
        await conversation.go_on()
        await answered(conversation, "Charged.")
        await conversation.close()
        await conversation.result()
    return queue, first


async def lost_call(temporal: Client) -> tuple[str, str]:
    """A call that nobody hears of again, and about which a person decides."""
    queue, office = f"replay-{uuid4()}", Office()

    @tool
    async def charge(amount: int) -> str:
        """Charge a card."""
        await anyio.sleep_forever()
        return "charged"

    office.tools = ScopedCollection([charge], lambda call, meta: Execute())
    async with working(temporal, queue, [[CHARGE], "Charged."], office):
        start = Start(texts=["Charge it."], once=True, tool_timeout=0.5)
        conversation = await start_conversation(temporal, start, id=queue, task_queue=queue)
        [call] = (await waiting(conversation)).waiting
        assert call["status"] == {"type": "unknown"}
        await conversation.decide([Decision("c1", "complete", result="looked: it happened")])
        await conversation.result()
    return queue, await run_of(temporal, queue)


CONVERSATIONS: dict[str, Callable[[Client], Awaitable[tuple[str, str]]]] = {
    "approval-and-timer": approval_and_timer,
    "error-and-new-run": error_and_new_run,
    "lost-call": lost_call,
}


async def run_of(temporal: Client, id: str) -> str:
    return (await temporal.get_workflow_handle(id).describe()).run_id


@pytest.mark.parametrize("name", STORED)
async def test_a_conversation_of_an_earlier_version_is_replayed(name: str) -> None:
    history = WorkflowHistory.from_json("chat-conversation", STORED[name])
    await Replayer(workflows=[ConversationWorkflow]).replay_workflow(history)
    await Replayer(workflows=[Changed]).replay_workflow(history)
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[Unpatched]).replay_workflow(history)


def test_stored_histories_name_no_machine() -> None:
    assert {name.partition("-")[2] for name in STORED} >= set(CONVERSATIONS)
    for text in STORED.values():
        assert scrubbed(text) == text
        data = [part.partition('"')[0] for part in text.split('"data": "')[1:]]
        assert not [each for each in map(b64decode, data) if b"@" in each or b".py" in each]


async def test_conversations_of_today_are_replayed_as_they_were(temporal: Client) -> None:
    for converse in CONVERSATIONS.values():
        id, run = await converse(temporal)
        history = await temporal.get_workflow_handle(id, run_id=run).fetch_history()
        await Replayer(workflows=[ConversationWorkflow]).replay_workflow(history)


async def test_a_conversation_goes_on_after_a_deployment_with_a_changed_workflow(temporal: Client) -> None:
    queue, office = f"replay-{uuid4()}", Office()
    office.decides = {"send": RequireApproval()}
    async with working(temporal, queue, [[SEND]], office):
        old = await start_conversation(temporal, "Write.", id=f"{queue}-old", task_queue=queue)
        await waiting(old)
    async with working(temporal, queue, ["Sent.", "Hello."], office, Changed):
        await old.decide([Decision("c2", "approve")])
        assert (await old.result())[-1].text == "Sent."
        new = await start_conversation(temporal, "Hi.", id=f"{queue}-new", task_queue=queue)
        assert (await new.result())[-1].text == "Hello."
    assert office.effects == ["send Ada"]
    assert await patches(temporal, old) == []
    assert await patches(temporal, new) == ["one-more-check"]


async def patches(temporal: Client, conversation: Conversation) -> list[str]:
    """Return the patches that a conversation has come by."""
    history = await temporal.get_workflow_handle(conversation.id).fetch_history()
    return [
        name
        for event in history.events
        for name in ("one-more-check",)
        if event.HasField("marker_recorded_event_attributes") and name in str(event)
    ]


def test_the_workflow_imports_little_as_each_conversation_imports_it_anew() -> None:
    program = "import sys, chat_temporal.workflow; print(*[name for name in sys.modules if 'chat_' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {
        *("chat_core", "chat_core.types", "chat_core.types.lazy_names", "chat_core.types.version"),
        *("chat_temporal", "chat_temporal.names", "chat_temporal.values", "chat_temporal.workflow"),
    }
