"""The lines of a log: what is in them, and what is not."""

from __future__ import annotations

import logging

import pytest
from chat_core import (
    ChatBuilder,
    ConfigurationError,
    Overloaded,
    RetryPolicy,
    ToolCall,
    tool,
)
from chat_core.middleware import ConversationLog, redact_personal_data
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio
CALL = ToolCall("c1", "find", {"mail": "anna@mail.example"})


@tool
def find(mail: str) -> str:
    if mail == "raise":
        raise LookupError("no row of anna@mail.example")
    return f"{mail} is Anna"


def chat_of(*lines: object, **chosen: object) -> ChatBuilder:
    builder = ChatBuilder().with_model(ScriptedProvider(list(lines))).with_tools([find])
    return builder.with_middleware(ConversationLog(**chosen)).with_retry(RetryPolicy(base_delay=0))


def fields(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The fields of each line without the times."""
    return [{**record.chat, "seconds": 0} for record in caplog.records if hasattr(record, "chat")]


async def test_each_turn_and_each_call_is_a_line_without_contents(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat_core.conversation")
    busy = Overloaded("busy", retryable=True)

    await chat_of(busy, CALL, "Anna.").build().complete("Who is anna@mail.example?")

    used = {"input_tokens": 10, "output_tokens": 5, "seconds": 0, "model": "scripted"}
    assert fields(caplog) == [
        {**used, "messages": 1, "finish_reason": "tool_calls", "retries": 1},
        {"tool": "find", "id": "c1", "status": "completed", "seconds": 0},
        {**used, "messages": 2, "finish_reason": "stop"},
    ]
    lines = [record for record in caplog.records if record.name == "chat_core.conversation"]
    assert lines[1].getMessage().startswith("tool call: tool='find' id='c1' status='completed' seconds=")
    assert "anna" not in " ".join(record.getMessage().lower() for record in lines)


async def test_contents_are_redacted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chat_core.conversation")

    await chat_of(CALL, "It is anna@mail.example.", contents=True).build().complete("Who is +43 660 1234567?")

    first, call, last = fields(caplog)
    assert first["sent"] == "Who is [PHONE]?"
    assert first["received"] == 'find({"mail": "[EMAIL]"})'
    assert (call["arguments"], call["outcome"]) == ('{"mail": "[EMAIL]"}', "[EMAIL] is Anna")
    assert last["received"] == "It is [EMAIL]."
    assert "anna@" not in caplog.text


async def test_failures_are_warnings_and_a_stream_that_is_left_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("my.log")
    caplog.set_level(logging.INFO, "my.log")

    with pytest.raises(Overloaded):
        await chat_of(Overloaded("anna@mail.example"), logger=logger).build().complete("Hi")
    await chat_of(ToolCall("c1", "find", {"mail": "raise"}), "No.", logger=logger).build().complete("Hi")
    async with chat_of("A long answer", logger=logger).build().stream("Hi") as events:
        async for _ in events:
            break

    found = [(record.levelname, record.chat) for record in caplog.records if record.name == "my.log"]
    assert [level for level, _ in found] == ["WARNING", "INFO", "WARNING", "INFO", "INFO"]
    assert found[0][1]["error"] == "Overloaded"
    assert found[2][1]["status"] == "failed"
    assert found[4][1]["interrupted"] is True
    assert "anna" not in caplog.text


async def test_the_events_of_a_stream_come_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    async def events(builder: ChatBuilder) -> list[object]:
        async with builder.build().stream("Hi") as stream:
            return [event async for event in stream]

    plain = ChatBuilder().with_model(ScriptedProvider([CALL, "Anna it is."])).with_tools([find])
    assert await events(chat_of(CALL, "Anna it is.")) == await events(plain)


def test_what_is_no_function_is_refused_and_texts_without_data_stay() -> None:
    with pytest.raises(ConfigurationError, match="takes a function of a text, not a bool"):
        ConversationLog(redact=True)
    assert redact_personal_data("v1.2.3 of 2026-11-27") == "v1.2.3 of 2026-11-27"
    assert redact_personal_data("key sk-abcdefghijklmnopqrstuv") == "key [KEY]"
