"""Answers that do not fit are written again: what the model reads, what it costs, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatResponse,
    Complete,
    ConfigurationError,
    Done,
    Message,
    Messages,
    Notice,
    OutputMismatch,
    OutputRefused,
    OutputTruncated,
    Paused,
    Refusal,
    RequireApproval,
    ScopedCollection,
    StructuredChunk,
    Text,
    TextChunk,
    ToolCall,
    Turn,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio
GOOD, BAD = '{"name": "Bern"}', '{"name": 3}'


@dataclass
class City:
    name: str


@tool
def look() -> str:
    """Look."""
    return "seen"


def typed(model: ScriptedProvider, retries: int) -> Any:
    return ChatBuilder().with_model(model).with_structured_output(City).with_output_retries(retries)


async def test_the_model_reads_what_does_not_fit_and_answers_again() -> None:
    model = ScriptedProvider(["Bern", BAD, GOOD])
    messages = Messages.from_user("Which?")

    response = await typed(model, 2).build().complete(messages)

    assert response.value == City("Bern")
    assert [message.role for message in messages] == ["user", "model", "user", "model", "user", "model"]
    assert "it is not the JSON asked for: 'Bern'" in messages[2].text
    assert messages[4].text == (
        "The answer does not fit the output schema: name: Input should be a valid string\n"
        "Answer again, with JSON that fits the schema and nothing else."
    )
    assert len(model.requests[-1].messages) == 5
    assert (response.total_usage.total_tokens, response.usage.total_tokens) == (45, 15)
    assert [notice.about for notice in response.notices] == ["output", "output"]
    assert isinstance(response.notices[1], Notice)


async def test_when_the_retries_are_used_up_the_error_has_the_last_turn_and_all_the_usage() -> None:
    messages = Messages.from_user("Which?")
    with pytest.raises(OutputMismatch) as refused:
        await typed(ScriptedProvider([BAD, BAD]), 1).build().complete(messages)

    assert refused.value.usage.total_tokens == 30
    assert refused.value.response is not None
    assert refused.value.response.message is messages[-1]
    assert len(messages) == 4


async def test_by_default_nothing_is_requested_again() -> None:
    with pytest.raises(OutputMismatch):
        await typed(ScriptedProvider([BAD, GOOD]), 0).build().complete("Which?")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (ChatResponse(Message("model", [Text('{"na')], turn=Turn("length"))), OutputTruncated),
        (ChatResponse(Message("model", [Text("No.")], turn=Turn("content_filter"))), OutputRefused),
        (Refusal("I do not say."), OutputRefused),
    ],
)
async def test_what_was_cut_or_declined_is_not_requested_again(line: Any, error: type[Exception]) -> None:
    model = ScriptedProvider([line, GOOD])
    with pytest.raises(error):
        await typed(model, 3).build().complete("Which?")
    assert len(model.requests) == 1


async def test_a_stream_begins_its_value_anew() -> None:
    async with typed(ScriptedProvider([BAD, GOOD]), 1).build().stream("Which?") as events:
        seen = [event async for event in events]

    values = [event.value for event in seen if isinstance(event, StructuredChunk)]
    assert values.count(None) == 1
    assert {"name": 3} in values[: values.index(None)]
    assert values[-1] == {"name": "Bern"}
    assert isinstance(seen[-1], Done)
    assert seen[-1].response.value == City("Bern")
    assert seen[-1].response.total_usage.total_tokens == 30


def test_it_works_in_synchronous_code() -> None:
    with SyncChat(typed(ScriptedProvider([BAD, GOOD, BAD, GOOD]), 1).build()) as chat:
        assert chat.complete("Which?").value == City("Bern")
        with chat.stream("Which?") as events:
            assert next(event for event in events if isinstance(event, Done)).response.value == City("Bern")


async def test_retries_are_no_steps_and_a_forced_tool_is_not_forced_again() -> None:
    model = ScriptedProvider([ToolCall("a", "look"), BAD, GOOD])
    chat = (
        typed(model, 1)
        .with_tools([look])
        .with_options(ChatOptions(tool_choice="look"))
        .with_max_steps(2)
        .build()
    )

    response = await chat.complete("Which?")

    assert response.value == City("Bern")
    assert [request.options.tool_choice for request in model.requests] == ["look", None, None]


async def test_a_pause_in_another_process_leaves_the_retries_that_are_left() -> None:
    def chat(*lines: Any) -> Any:
        asks = ScopedCollection([look], lambda call, meta: RequireApproval())
        return typed(ScriptedProvider(lines), 1).with_scoped_tools(asks).build()

    messages = Messages.from_user("Which?")
    assert isinstance(await chat(BAD, ToolCall("a", "look")).complete(messages), Paused)

    restored = Messages.from_json(messages.to_json())
    restored.find_tool("a").approve()
    with pytest.raises(OutputMismatch):  # the one retry was used before the pause
        await chat(BAD, GOOD).resume(restored)

    restored = Messages.from_json(messages.to_json())
    restored.find_tool("a").approve()
    outcome = await chat(GOOD).resume(restored)
    assert isinstance(outcome, Complete)
    assert outcome.response.value == City("Bern")
    restored.add_user("And another one?")
    again = await chat(BAD, GOOD).complete(restored)  # a new question has all its retries
    assert isinstance(again, Complete)


async def test_a_json_schema_is_retried_too() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    model = ScriptedProvider(["{}", GOOD])
    chat = ChatBuilder().with_model(model).with_structured_output(schema).with_output_retries(1).build()
    assert (await chat.complete("Which?")).value == {"name": "Bern"}
    assert "/name: is missing" in model.requests[1].messages[-1].text


def test_retries_need_an_output_type_and_are_a_number() -> None:
    with pytest.raises(ConfigurationError, match=r"needs \.with_structured_output"):
        ChatBuilder().with_model(ScriptedProvider([])).with_output_retries(1).build()
    with pytest.raises(ConfigurationError, match="at least 0"):
        ChatBuilder().with_output_retries(-1)


async def test_without_snapshots_a_reader_of_the_text_still_learns_that_it_begins_anew() -> None:
    builder = (
        ChatBuilder().with_model(ScriptedProvider([BAD, GOOD])).with_structured_output(City, snapshots=False)
    )
    text = ""
    async with builder.with_output_retries(1).build().stream("Which?") as events:
        async for event in events:
            if isinstance(event, StructuredChunk):
                assert event.value is None
                text = ""
            elif isinstance(event, TextChunk):
                text += event.text
    assert text == GOOD
