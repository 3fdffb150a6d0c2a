"""Message threads: what is sent of a conversation that the server holds, and when it is sent whole again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from chat_claude import ClaudeBuilder, ClaudeClient, ClaudeOptions
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    Done,
    File,
    InvalidRequest,
    Messages,
    StreamTruncated,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport, broken_laws

pytestmark = pytest.mark.anyio

Judge = Callable[[Mapping[str, object] | bytes], dict[str, Any]]

BETA = "message-threads-2026-08-12"
ADD = ToolDefinition("add", "", {"type": "object", "properties": {"a": {"type": "integer"}}})

ways = pytest.mark.parametrize("way", ["complete", "stream"])


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def builder(transport: FakeTransport) -> ClaudeBuilder[Any]:
    made = ClaudeBuilder().with_model("claude-opus-5-5").with_api_key("k").with_thread()
    return made.with_transport(transport)


def answer(
    transport: FakeTransport,
    way: str,
    id: str,
    *content: dict[str, Any],
    stop: str = "end_turn",
    usage: Mapping[str, object] = {},
) -> None:
    blocks = content or ({"type": "text", "text": "Yes."},)
    used = {"input_tokens": 1, "output_tokens": 1, **usage}
    message: dict[str, Any] = {"id": id, "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
    if way == "complete":
        transport.answer({**message, "content": list(blocks), "stop_reason": stop, "usage": used})
        return
    start: dict[str, Any] = {**message, "content": [], "stop_reason": None, "usage": used}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events.append({"type": "content_block_stop", "index": index})
    end = {"type": "message_delta", "delta": {"stop_reason": stop}, "usage": used}
    transport.answer([*events, end, {"type": "message_stop"}])


def refuse(transport: FakeTransport, code: str, status: int = 400) -> None:
    error = {"type": "invalid_request_error", "message": "No.", "details": {"error_code": code}}
    transport.answer({"type": "error", "error": error}, status=status)


def judged(transport: FakeTransport, official: Judge) -> list[dict[str, Any]]:
    """The bodies that were sent; the SDK's beta types are those of requests that are not streamed."""
    return [official({name: body[name] for name in body if name != "stream"}) for body in transport.bodies]


async def turn(
    made: ClaudeClient, way: str, messages: Messages, tools: tuple[ToolDefinition, ...] = ()
) -> ChatResponse:
    request = ChatRequest(messages, tools)
    if way == "complete":
        response = await made.complete(request)
    else:
        events = [event async for event in made.stream(request)]
        assert broken_laws(events) == []
        assert isinstance(events[-1], Done)
        response = events[-1].response
    messages.append(response.message)
    return response


@ways
async def test_a_conversation_begins_a_thread_and_each_later_request_holds_only_what_is_new(
    way: str, official: Judge
) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_system("Be brief.").add_user("Hello?")
    for id in ("msg_1", "msg_2", "msg_3"):
        answer(transport, way, id)

    await turn(made, way, messages, (ADD,))
    restored = Messages.from_json(messages.to_json())
    await turn(made, way, restored.add_user("And?"), (ADD,))
    last = await turn(made, way, restored.add_user("So?"), (ADD,))

    first, second, third = judged(transport, official)
    assert first["thread"] == {"type": "create"}
    assert (first["system"], len(first["tools"])) == ("Be brief.", 1)
    assert second["thread"] == {"type": "continue", "previous_message_id": "msg_1"}
    assert second["messages"] == [{"role": "user", "content": "And?"}]
    assert third["thread"] == {"type": "continue", "previous_message_id": "msg_2"}
    assert third["messages"] == [{"role": "user", "content": "So?"}]
    assert second.keys() & {"system", "tools"} == third.keys() & {"system", "tools"} == set()
    assert {request.headers["anthropic-beta"] for request in transport.requests} == {BETA}
    assert last.notices == ()


@ways
async def test_the_outcome_of_a_call_is_all_that_the_next_request_of_a_thread_holds(way: str) -> None:
    transport = FakeTransport()
    used = {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 19, "b": 23}}
    answer(transport, way, "msg_1", used, stop="tool_use")
    answer(transport, way, "msg_2")
    chat = ChatBuilder().with_model(builder(transport).build()).with_tools([add]).build()

    if way == "complete":
        await chat.complete("What is 19 + 23?")
    else:
        async with chat.stream("What is 19 + 23?") as events:
            async for _ in events:
                pass

    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}
    assert transport.last_body["messages"] == [{"role": "user", "content": [result]}]
    assert transport.last_body["thread"] == {"type": "continue", "previous_message_id": "msg_1"}


@ways
async def test_a_paused_turn_is_continued_by_its_id_alone(way: str, official: Judge) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_user("Hello?")
    answer(transport, way, "msg_1", {"type": "text", "text": "I look."}, stop="pause_turn")
    answer(transport, way, "msg_2")
    answer(transport, way, "msg_3")

    assert (await turn(made, way, messages)).text == "I look.Yes."
    await turn(made, way, messages.add_user("And?"))

    _, second, third = judged(transport, official)
    assert second["messages"] == []
    assert second["thread"] == {"type": "continue", "previous_message_id": "msg_1"}
    assert third["messages"] == [{"role": "user", "content": "And?"}]
    assert third["thread"] == {"type": "continue", "previous_message_id": "msg_2"}


def _other_instructions(messages: Messages) -> Messages:
    return Messages([*Messages.from_system("Be long."), *messages])


def _other_question(messages: Messages) -> Messages:
    return Messages([*Messages.from_user("Hi?"), *[*messages][1:]])


def _file_by_id(messages: Messages) -> Messages:
    return messages.add_user(File.from_id("file_1", "application/pdf"))  # which needs a beta


@ways
@pytest.mark.parametrize("change", [_other_instructions, _other_question, _file_by_id])
async def test_what_a_thread_stores_cannot_change_and_the_whole_is_sent_in_a_new_one(
    change: Callable[[Messages], Messages], way: str
) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_user("Hello?")
    for id in ("msg_1", "msg_2", "msg_3"):
        answer(transport, way, id)
    await turn(made, way, messages)

    changed = change(messages).add_user("And?")
    response = await turn(made, way, changed)
    await turn(made, way, changed.add_user("So?"))

    assert transport.bodies[1]["thread"] == {"type": "create"}
    assert len(transport.bodies[1]["messages"]) == 3  # type: ignore[arg-type]
    assert [notice.about for notice in response.notices] == ["thread"]
    assert transport.bodies[2]["thread"] == {"type": "continue", "previous_message_id": "msg_2"}


@ways
async def test_other_tools_begin_another_thread(way: str) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_user("Hello?")
    answer(transport, way, "msg_1")
    answer(transport, way, "msg_2")
    await turn(made, way, messages)

    response = await turn(made, way, messages.add_user("And?"), (ADD,))

    assert transport.last_body["thread"] == {"type": "create"}
    assert "the tools" in response.notices[0].message


@ways
@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("thread_not_found", 404),
        ("thread_already_continued", 400),
        ("thread_continue_in_flight", 409),
        ("thread_fingerprint_mismatch", 400),
    ],
)
async def test_where_the_server_does_not_continue_the_whole_is_sent_with_a_notice(
    code: str, status: int, way: str
) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_system("Be brief.").add_user("Hello?")
    answer(transport, way, "msg_1")
    refuse(transport, code, status)
    answer(transport, way, "msg_2")
    await turn(made, way, messages)

    response = await turn(made, way, messages.add_user("And?"))

    continued, whole = transport.bodies[1:]
    assert continued["thread"] == {"type": "continue", "previous_message_id": "msg_1"}
    assert (whole["thread"], whole["system"]) == ({"type": "create"}, "Be brief.")
    assert len(whole["messages"]) == 3  # type: ignore[arg-type]
    assert "could not continue" in response.notices[0].message


@ways
async def test_a_request_that_threads_do_not_support_is_an_error_that_is_not_sent_again(way: str) -> None:
    transport = FakeTransport()
    refuse(transport, "thread_unsupported_request")

    with pytest.raises(InvalidRequest) as caught:
        await turn(builder(transport).build(), way, Messages.from_user("Hello?"))

    assert caught.value.code == "thread_unsupported_request"
    assert len(transport.requests) == 1


@ways
@pytest.mark.parametrize(
    ("stop", "usage"),
    [("refusal", {}), ("end_turn", {"iterations": [{"type": "fallback_message"}]})],
)
async def test_a_turn_that_the_server_does_not_store_is_not_continued(
    stop: str, usage: Mapping[str, object], way: str
) -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_user("Hello?")
    answer(transport, way, "msg_1", stop=stop, usage=usage)
    answer(transport, way, "msg_2")
    await turn(made, way, messages)

    await turn(made, way, messages.add_user("And?"))

    assert transport.last_body["thread"] == {"type": "create"}


async def test_a_turn_that_was_cut_is_not_continued_and_what_came_of_it_is_sent_in_a_new_thread() -> None:
    transport = FakeTransport()
    chat = ChatBuilder().with_model(builder(transport).build()).build()
    messages = Messages.from_user("Hello?")
    answer(transport, "complete", "msg_1")
    await chat.complete(messages)
    start: dict[str, Any] = {"id": "msg_2", "role": "assistant", "content": [], "usage": {}}
    text = {"type": "text_delta", "text": "It is"}
    transport.answer(
        [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": text},
        ]
    )
    messages.add_user("And?")
    async with chat.stream(messages) as events:
        with pytest.raises(StreamTruncated):
            _ = [event async for event in events]
    answer(transport, "complete", "msg_3")

    response = await chat.complete(messages.add_user("So?"))

    assert transport.bodies[1]["thread"] == {"type": "continue", "previous_message_id": "msg_1"}
    assert transport.bodies[2]["thread"] == {"type": "create"}
    assert '"It is"' in json.dumps(transport.last_body["messages"])
    assert response.text == "Yes."


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"edits": [{"type": "compact_20260112"}]}, "no context edit 'compact_20260112'"),
        ({"edits": [{"type": "clear_tool_uses_20250919"}]}, "no context edit 'clear_tool_uses_20250919'"),
        ({"edits": [{"type": "clear_thinking_20251015"}]}, "keep='all'"),
    ],
)
def test_edits_of_the_context_are_refused_before_anything_is_sent(options: Any, says: str) -> None:
    made = builder(FakeTransport())
    with pytest.raises(ConfigurationError, match=says):
        made.with_options(ClaudeOptions(context_management=options)).build()
    with pytest.raises(ConfigurationError, match=says):
        made.with_extra_body({"context_management": options}).build()


async def test_keeping_all_thinking_is_the_one_edit_that_a_thread_takes(official: Judge) -> None:
    transport = FakeTransport()
    answer(transport, "complete", "msg_1")
    edits = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
    made = builder(transport).with_options(ClaudeOptions(context_management=edits)).build()

    await turn(made, "complete", Messages.from_user("Hello?"))

    assert official(transport.last_body)["context_management"] == edits


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"compaction": {"type": "summarize"}}, "cannot be compacted"),
        ({"messages": []}, "writes messages itself"),
        ({"thread": {"type": "create"}}, "writes thread itself"),
    ],
)
def test_fields_that_a_thread_has_no_place_for_are_refused(extra: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        builder(FakeTransport()).with_extra_body(extra).build()


async def test_a_batch_has_no_threads() -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match="a batch has no threads"):
        await builder(transport).build().batches.submit({"a": ChatRequest(Messages.from_user("Hello?"))})
    assert transport.requests == []


async def test_tokens_are_counted_of_the_whole_conversation() -> None:
    transport = FakeTransport()
    made = builder(transport).build()
    messages = Messages.from_system("Be brief.").add_user("Hello?")
    answer(transport, "complete", "msg_1")
    await turn(made, "complete", messages)
    transport.answer({"input_tokens": 9})

    assert await made.count_tokens(messages.add_user("And?")) == 9
    assert len(transport.last_body["messages"]) == 3  # type: ignore[arg-type]
    assert "thread" not in transport.last_body
