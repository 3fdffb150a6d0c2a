"""Conversations as workflows of a real Temporal server: what the user sees, and what ran how often."""

# ruff: noqa: ASYNC110  what a workflow is at is asked for: Temporal tells nobody

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import anyio
import pytest
from chat_core import (
    Action,
    ApprovalKey,
    ChatBuilder,
    Completed,
    ConfigurationError,
    Decision,
    Defer,
    Execute,
    External,
    File,
    InvalidDecision,
    InvalidRequest,
    Messages,
    Overloaded,
    RequireApproval,
    RetryPolicy,
    ScopedCollection,
    Text,
    ToolCall,
    tool,
)
from chat_core.testing import ScriptedProvider
from chat_temporal import (
    ChatActivities,
    Conversation,
    ConversationWorkflow,
    EncryptionCodec,
    Start,
    View,
    start_conversation,
)
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, Worker

pytestmark = pytest.mark.anyio
QUEUE = "chat"


class Office:
    """Tools, and what they did."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.decides: dict[str, Action] = {}
        self.deferred: dict[str, float] = {}  # seconds, by the name of the tool

        @tool
        async def send(to: str) -> str:
            """Send a letter."""
            self.effects.append(f"send {to}")
            return f"sent to {to}"

        @tool
        def charge(amount: int) -> str:
            """Charge a card."""
            self.effects.append(f"charge {amount}")
            return "charged"

        @tool
        def courier(parcel: int) -> str:
            """Call a courier."""
            raise AssertionError("it runs elsewhere")

        self.tools = ScopedCollection([send, charge, courier], self._decide)

    def _decide(self, call: ToolCall, meta: object) -> Action:
        if (seconds := self.deferred.get(call.name)) is not None:
            return Defer(datetime.now(UTC) + timedelta(seconds=seconds))
        return self.decides.get(call.name, Execute())


@asynccontextmanager
async def working(
    temporal: Client, lines: Sequence[Any], office: Office, **settings: Any
) -> AsyncGenerator[str]:
    """A worker for conversations whose model says these lines; gives the name of its queue."""
    queue = f"chat-{uuid4()}"
    builder = ChatBuilder().with_model(ScriptedProvider(lines)).with_retry(RetryPolicy(max_retries=0))
    activities = ChatActivities(builder, [office.tools], **settings)
    async with Worker(
        temporal, task_queue=queue, workflows=[ConversationWorkflow], activities=activities.all
    ):
        yield queue


async def begin(
    temporal: Client, queue: str, start: Start | Messages | str = "Do it.", **more: Any
) -> Conversation:
    return await start_conversation(temporal, start, id=f"test-{uuid4()}", task_queue=queue, **more)


async def waiting(conversation: Conversation, count: int = 1) -> View:
    """How it stands once this many calls wait."""
    with anyio.fail_after(30):
        while len((view := await conversation.view()).waiting) != count or view.working:
            await anyio.sleep(0.02)
    return view


async def answered(conversation: Conversation, text: str) -> View:
    with anyio.fail_after(30):
        while (view := await conversation.view()).answer != text or view.working:
            await anyio.sleep(0.02)
    return view


CHARGE = ToolCall("c1", "charge", {"amount": 30})
SEND = ToolCall("c2", "send", {"to": "Ada"})


async def test_a_turn_with_tools_runs_each_call_in_an_activity_of_its_own(temporal: Client) -> None:
    office = Office()
    async with working(temporal, [[CHARGE, SEND], "Done."], office) as queue:
        conversation = await begin(temporal, queue)
        messages = await conversation.result()
    assert messages[-1].text == "Done."
    assert sorted(office.effects) == ["charge 30", "send Ada"]
    assert [call.status for call in messages.calls] == [Completed("charged"), Completed("sent to Ada")]
    history = await temporal.get_workflow_handle(conversation.id).fetch_history()
    scheduled = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    await Replayer(workflows=[ConversationWorkflow]).replay_workflow(history)
    assert sorted(scheduled) == ["chat-advance", "chat-advance", "chat-run-tool", "chat-run-tool"]


async def test_a_person_decides_and_edits_and_a_wrong_decision_is_refused(
    temporal: Client,
) -> None:
    office = Office()
    office.decides = {"send": RequireApproval("To whom?"), "charge": RequireApproval()}
    async with working(temporal, [[CHARGE, SEND], "Done."], office) as queue:
        conversation = await begin(temporal, queue)
        view = await waiting(conversation, 2)
        assert [call["name"] for call in view.waiting] == ["charge", "send"]
        with pytest.raises(InvalidDecision, match="no call 'c9' waits"):
            await conversation.decide([Decision("c9", "approve")])
        with pytest.raises(InvalidDecision, match="not the one that was shown"):
            await conversation.decide([Decision("c2", "approve", digest="another")])
        send = view.waiting[1]
        approval = {"call_id": "c2", "verdict": "approve", "arguments": {"to": "Grace"}, "by": "alan"}
        await conversation.decide([approval | {"digest": send["digest"]}])
        await conversation.decide([Decision("c1", "reject", reason="Too much.")])
        messages = await conversation.result()
    assert office.effects == ["send Grace"]
    charge, send_call = messages.calls
    assert charge.status.type == "rejected"
    assert (send_call.approved_by, send_call.status) == ("alan", Completed("sent to Grace"))


async def test_arguments_that_do_not_fit_are_refused_and_the_call_still_waits(temporal: Client) -> None:
    office = Office()
    office.decides = {"charge": RequireApproval()}
    async with working(temporal, [[CHARGE], "Done."], office) as queue:
        conversation = await begin(temporal, queue)
        await waiting(conversation)
        with pytest.raises(InvalidDecision, match="do not fit charge") as caught:
            await conversation.decide([Decision("c1", "approve", arguments={"amount": "a lot"})])
        assert caught.value.faults[0].kind == "arguments"
        await conversation.decide([Decision("c1", "approve")])
        await conversation.result()
    assert office.effects == ["charge 30"]


async def test_a_deferred_call_runs_by_itself_and_one_from_outside_is_completed(temporal: Client) -> None:
    office = Office()
    office.deferred, office.decides = {"charge": 3}, {"courier": External()}
    calls = [CHARGE, ToolCall("c3", "courier", {"parcel": 7})]
    async with working(temporal, [calls, "Done."], office) as queue:
        conversation = await begin(temporal, queue)
        view = await waiting(conversation, 2)
        assert view.wake is not None
        await conversation.decide([Decision("c3", "complete", result={"signed": True})])
        messages = await conversation.result()
    assert office.effects == ["charge 30"]
    assert messages.find_tool("c3").status == Completed({"signed": True})


async def test_a_conversation_goes_on_with_what_the_user_says_until_it_is_closed(temporal: Client) -> None:
    office = Office()
    office.decides = {"send": RequireApproval()}
    async with working(temporal, ["Hello.", [SEND], "Never mind then."], office) as queue:
        conversation = await begin(temporal, queue, Start(texts=["Hi."]))
        await answered(conversation, "Hello.")
        await conversation.say("Write to Ada.")
        await waiting(conversation)
        await conversation.say("Leave it.")
        await answered(conversation, "Never mind then.")
        await conversation.close()
        messages = await conversation.result()
    assert [message.text for message in messages if message.role == "user"] == [
        "Hi.",
        "Write to Ada.",
        "Leave it.",
    ]
    assert office.effects == []
    assert messages.calls[0].status.type == "rejected"


async def test_errors_that_pass_are_tried_again_and_others_are_shown(temporal: Client) -> None:
    office = Office()
    lines = [Overloaded("no capacity", retryable=True), "There."]
    async with working(temporal, lines, office) as queue:
        assert (await (await begin(temporal, queue)).result())[-1].text == "There."
    async with working(temporal, [InvalidRequest("no such model"), "Better."], office) as queue:
        conversation = await begin(temporal, queue, Start(texts=["Hi."]))
        with anyio.fail_after(30):
            while (view := await conversation.view()).error is None:
                await anyio.sleep(0.02)
        assert view.error.startswith("no such model")
        await conversation.go_on()
        await answered(conversation, "Better.")
        await conversation.close()
        assert [message.text for message in await conversation.result()] == ["Hi.", "Better."]


async def test_with_once_an_error_ends_the_workflow(temporal: Client) -> None:
    async with working(temporal, [InvalidRequest("no such model")], Office()) as queue:
        conversation = await begin(temporal, queue)
        with pytest.raises(WorkflowFailureError) as caught:
            await conversation.result()
    assert "no such model" in str(caught.value.cause)


async def test_a_tool_that_raises_has_failed_and_is_not_run_again(temporal: Client) -> None:
    ran: list[str] = []

    @tool
    def broken(path: str) -> str:
        """Break."""
        ran.append(path)
        raise ValueError("it broke")

    office = Office()
    office.tools = ScopedCollection([broken], lambda call, meta: Execute())
    async with working(temporal, [[ToolCall("c1", "broken", {"path": "a"})], "Oh."], office) as queue:
        messages = await (await begin(temporal, queue)).result()
    assert ran == ["a"]
    assert messages.calls[0].status.type == "failed"


async def test_an_approval_is_sealed_and_one_that_was_written_into_the_state_does_not_run(
    temporal: Client,
) -> None:
    office = Office()
    office.decides = {"charge": RequireApproval()}
    key = ApprovalKey(b"0123456789abcdef")
    async with working(temporal, [[CHARGE], "Done."], office, approval_key=key) as queue:
        conversation = await begin(temporal, queue)
        await waiting(conversation)
        await conversation.decide([Decision("c1", "approve")])
        messages = await conversation.result()
    assert office.effects == ["charge 30"]
    assert messages.calls[0].seal is not None
    assert messages.calls[0].status == Completed("charged")


class Store:
    """Files, outside Temporal's history."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}

    def save(self, sha256: str, data: bytes) -> None:
        self.stored[sha256] = data

    def load(self, sha256: str) -> bytes:
        return self.stored[sha256]


async def test_events_of_a_turn_are_published_and_files_stay_out_of_the_history(temporal: Client) -> None:
    published: list[tuple[str, int, str]] = []
    store, picture = Store(), File.from_bytes(b"\x89PNG" + b"." * 3_000_000, "image/png")
    photo = File.from_bytes(b"\x89PNG" + b"," * 3_000_000, "image/png")

    async def publish(*told: Any) -> None:
        published.append(told)

    lines = [[Text("Look."), picture]]
    async with working(temporal, lines, Office(), files=store, publish=publish) as queue:
        conversation = await begin(temporal, queue, Messages.from_user("And yours?", photo), files=store)
        messages = await conversation.result()
    assert messages[0].files[0].data == photo.data
    assert messages[-1].files[0].data == picture.data
    assert {len(data) for data in store.stored.values()} == {3_000_004}
    history = await temporal.get_workflow_handle(conversation.id).fetch_history()
    assert len(history.to_json()) < 100_000
    assert {(id, attempt) for id, attempt, _ in published} == {(conversation.id, 1)}
    assert '"text_chunk"' in published[0][2]


async def test_a_turn_goes_on_where_it_cannot_be_shown(
    temporal: Client, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def publish(id: str, attempt: int, event: str) -> None:
        told.append(event)
        raise OSError("the channel is closed")

    async with working(temporal, ["Hello."], Office(), publish=publish) as queue:
        conversation = await begin(temporal, queue)
        messages = await conversation.result()
    assert messages[-1].text == "Hello."
    assert len(told) == 1
    [logged] = [record.getMessage() for record in caplog.records if record.name == "chat_temporal"]
    assert logged == f"publish failed for {conversation.id}: the rest of the turn is not published"


async def test_a_long_conversation_goes_on_as_a_new_run_and_keeps_what_waits(temporal: Client) -> None:
    office = Office()
    office.decides = {"send": RequireApproval()}
    async with working(temporal, ["One.", "Two.", [SEND], "Sent."], office) as queue:
        conversation = await begin(temporal, queue, Start(texts=["1"], most_events=8))
        first = (await temporal.get_workflow_handle(conversation.id).describe()).run_id
        await answered(conversation, "One.")
        await conversation.say("2")
        await answered(conversation, "Two.")
        await conversation.say("3")
        await waiting(conversation)
        await conversation.decide([Decision("c2", "approve")])
        await answered(conversation, "Sent.")
        last = (await temporal.get_workflow_handle(conversation.id).describe()).run_id
        await conversation.close()
        messages = await conversation.result()
    assert first != last
    assert [message.text for message in messages if message.text] == ["1", "One.", "2", "Two.", "3", "Sent."]
    assert office.effects == ["send Ada"]


async def test_conversations_are_encrypted_in_the_history_and_old_keys_still_read(
    temporal_address: str,
) -> None:
    old, new = b"0" * 32, b"1" * 16
    converter = replace(DataConverter.default, payload_codec=EncryptionCodec({"new": new, "old": old}))
    temporal = await Client.connect(temporal_address, data_converter=converter)
    async with working(temporal, ["It is a secret."], Office()) as queue:
        conversation = await begin(temporal, queue, "Tell me a secret.")
        messages = await conversation.result()
    assert messages[-1].text == "It is a secret."
    plain = await Client.connect(temporal_address)
    history = (await plain.get_workflow_handle(conversation.id).fetch_history()).to_json()
    assert "binary/encrypted" in b64decode(history.split('"encoding": "')[1].split('"')[0]).decode()
    assert b64encode(b"secret").decode()[:6] not in history
    [written] = await EncryptionCodec({"old": old}).encode([Payload(data=b"x")])
    assert (await EncryptionCodec({"new": new, "old": old}).decode([written]))[0].data == b"x"
    with pytest.raises(ConfigurationError, match="no key 'old'"):
        await EncryptionCodec({"new": new}).decode([written])
    with pytest.raises(ConfigurationError, match="3 bytes long"):
        EncryptionCodec({"short": b"abc"})
