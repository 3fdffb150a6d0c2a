"""The loop: model turn, tools, model turn. Seen from the caller, and on the wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatError,
    ChatOptions,
    ChatResponse,
    Completed,
    ConfigurationError,
    Execute,
    Failed,
    InvalidRequest,
    Message,
    Messages,
    Overloaded,
    Part,
    ScopedCollection,
    StepLimitReached,
    StreamTruncated,
    Text,
    Tool,
    ToolCall,
    ToolCalled,
    Turn,
    Usage,
    tool,
)
from chat_core.testing import FakeTransport, ScriptedProvider
from chat_core.types.messages import FinishReason
from chat_core.wire.tool_calls import tool_call

pytestmark = pytest.mark.anyio


@tool
def add(a: int, b: int) -> int:
    return a + b


def turn(
    parts: Sequence[Part], reason: FinishReason = "tool_calls", usage: Usage = Usage(input_tokens=10)
) -> ChatResponse:
    return ChatResponse(Message("model", list(parts), turn=Turn(reason, reason, usage)))


def chat_of(lines: Sequence[Any], *tools: Tool[..., object]) -> tuple[Any, ScriptedProvider]:
    provider = ScriptedProvider(lines)
    return ChatBuilder().with_model(provider).with_tools(tools).build(), provider


def wire_call(id: str, name: str, arguments: str, index: int = 0) -> dict[str, Any]:
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def wire(content: str | None, *calls: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = list(calls)
    return {
        "id": "r1",
        "model": "m-1",
        "choices": [
            {"index": 0, "message": message, "finish_reason": finish or ("tool_calls" if calls else "stop")}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def over(transport: FakeTransport, *tools: Tool[..., object]) -> Any:
    client = (
        ChatCompletionsBuilder()
        .with_base_url("http://model.test/v1")
        .with_model("m")
        .with_transport(transport)
        .build()
    )
    return ChatBuilder().with_model(client).with_tools(tools).build()


async def test_an_answer_is_returned_and_the_conversation_ends_with_it() -> None:
    chat, _ = chat_of(["Hello!"])
    messages = Messages.from_user("Hi")

    response = await chat.complete(messages)

    assert (response.text, response.finish_reason, response.usage.input_tokens) == ("Hello!", "stop", 10)
    assert messages[-1] is response.message
    assert [message.role for message in messages] == ["user", "model"]


async def test_a_tool_runs_and_its_result_goes_over_the_wire() -> None:
    transport = (
        FakeTransport().answer(wire(None, wire_call("t1", "add", '{"a": 1, "b": 2}'))).answer(wire("3!"))
    )
    messages = Messages.from_user("1 + 2?")

    response = await over(transport, add).complete(messages)

    assert response.text == "3!"
    assert transport.last_body["messages"] == [
        {"role": "user", "content": "1 + 2?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "3"},
    ]
    assert [tool["function"]["name"] for tool in transport.last_body["tools"]] == ["add"]  # type: ignore[union-attr, index, call-overload]


async def test_as_many_turns_as_the_model_wants_within_the_limit() -> None:
    chat, provider = chat_of([ToolCall(f"c{n}", "add", {"a": n, "b": 1}) for n in range(19)] + ["done"], add)
    messages = Messages.from_user("count")

    await chat.complete(messages)

    assert len(provider.requests) == 20
    assert [call.status for call in messages.calls] == [Completed(n + 1) for n in range(19)]


async def test_parallel_calls_run_at_the_same_time_and_their_results_keep_the_order() -> None:
    met = anyio.Event()
    order: list[str] = []

    @tool
    async def first() -> str:
        await met.wait()
        order.append("first")
        return "1"

    @tool
    async def second() -> str:
        met.set()
        order.append("second")
        return "2"

    transport = FakeTransport()
    transport.answer(wire(None, wire_call("t1", "first", ""), wire_call("t2", "second", "", 1))).answer(
        wire("both")
    )
    with anyio.fail_after(5):
        await over(transport, first, second).complete(Messages.from_user("go"))

    assert order == ["second", "first"]
    assert [message["content"] for message in transport.last_body["messages"][-2:]] == ["1", "2"]  # type: ignore[index, union-attr, call-overload]


async def test_sync_tools_run_at_the_same_time_too() -> None:
    import threading

    barrier = threading.Barrier(3, timeout=5)

    @tool
    def meet() -> int:
        barrier.wait()
        return 1

    chat, _ = chat_of([[ToolCall(f"c{n}", "meet") for n in range(3)], "done"], meet)
    messages = Messages.from_user("go")
    await chat.complete(messages)

    assert [call.status for call in messages.calls] == [Completed(1)] * 3


async def test_one_failing_tool_leaves_its_siblings_alone() -> None:
    @tool
    async def fail() -> None:
        raise RuntimeError("no")

    chat, _ = chat_of([[ToolCall("a", "fail"), ToolCall("b", "add", {"a": 1, "b": 1})], "done"], add, fail)
    messages = Messages.from_user("go")
    await chat.complete(messages)

    assert [call.status for call in messages.calls] == [Failed("RuntimeError: no"), Completed(2)]


async def test_an_unknown_tool_is_answered_to_the_model() -> None:
    chat, _ = chat_of([ToolCall("a", "subtract"), "done"], add)
    none, _ = chat_of([ToolCall("a", "subtract"), "done"])

    for asked, there in ((chat, "add"), (none, "none")):
        messages = Messages.from_user("go")
        assert (await asked.complete(messages)).text == "done"
        assert messages.find_tool("a").outcome() == f"There is no tool 'subtract'. There are: {there}."


# the gate: a tool runs only on whole arguments


@pytest.mark.parametrize(
    "arguments",
    ['{"a": 1, "b"', "[1, 2]", "null", "a=1", '{"a": NaN, "b": 1}', '{"a": 1, "b": 2}{"a": 3, "b": 4}'],
)
async def test_arguments_that_are_no_json_object_run_nothing_and_the_model_reads_why(arguments: str) -> None:
    ran: list[object] = []
    watched = Tool("add", "", {}, lambda **given: ran.append(given))
    transport = FakeTransport().answer(wire(None, wire_call("t1", "add", arguments))).answer(wire("sorry"))
    messages = Messages.from_user("go")

    await over(transport, watched).complete(messages)

    call = messages.find_tool("t1")
    assert ran == []
    assert (call.arguments, call.arguments_text) == ({}, arguments)
    assert call.outcome().startswith("The arguments of add are not a JSON object")
    assert transport.last_body["messages"][-1] == {  # type: ignore[index, call-overload]
        "role": "tool",
        "tool_call_id": "t1",
        "content": call.outcome(),
    }


async def test_arguments_that_do_not_fit_run_nothing() -> None:
    chat, _ = chat_of([ToolCall("a", "add", {"a": "one"}), "done"], add)
    messages = Messages.from_user("go")

    await chat.complete(messages)

    told = messages.find_tool("a").outcome()
    assert told.startswith(
        "The arguments do not fit add, which was not run: a: Input should be a valid integer"
    )
    assert "b: Field required" in told


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("length", "The turn was cut at the token limit, so add was not run."),
        ("content_filter", "The turn was stopped by the provider's filter, so add was not run."),
        ("refusal", "The turn ended in a refusal, so add was not run."),
    ],
)
async def test_a_turn_that_did_not_finish_runs_nothing(reason: FinishReason, told: str) -> None:
    chat, _ = chat_of([turn([ToolCall("a", "add", {"a": 1, "b": 2})], reason), "done"], add)
    messages = Messages.from_user("go")

    await chat.complete(messages)

    assert messages.find_tool("a").status == Failed(told)


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "other"])
async def test_servers_that_call_it_a_stop_mean_the_call_all_the_same(reason: FinishReason) -> None:
    chat, _ = chat_of([turn([ToolCall("a", "add", {"a": 1, "b": 2})], reason), "done"], add)
    messages = Messages.from_user("go")

    await chat.complete(messages)

    assert messages.find_tool("a").status == Completed(3)


# limits and options


async def test_the_step_limit_keeps_what_was_done_and_calling_again_goes_on() -> None:
    provider = ScriptedProvider(
        [ToolCall("a", "add", {"a": 1, "b": 1}), ToolCall("b", "add", {"a": 2, "b": 2}), "four"]
    )
    chat = ChatBuilder().with_model(provider).with_tools([add]).with_max_steps(2).build()
    messages = Messages.from_user("go")

    with pytest.raises(StepLimitReached, match="the model still calls tools after 2 turns") as limit:
        await chat.complete(messages)

    assert limit.value.steps == 2
    assert limit.value.usage is not None
    assert limit.value.usage.input_tokens == 20
    assert [call.status for call in messages.calls] == [Completed(2), Completed(4)]
    assert (await chat.complete(messages)).text == "four"
    with pytest.raises(ConfigurationError, match=r"with_max_steps\(0\): at least 1"):
        ChatBuilder().with_max_steps(0)


@pytest.mark.parametrize("choice", ["required", "add"])
async def test_a_forced_choice_holds_for_the_first_turn_only(choice: str) -> None:
    provider = ScriptedProvider(
        [ToolCall("a", "add", {"a": 1, "b": 1}), "2", ToolCall("b", "add", {"a": 2, "b": 2}), "4"]
    )
    options = ChatOptions(tool_choice=choice, temperature=0.5)
    chat = ChatBuilder().with_model(provider).with_tools([add]).with_options(options).build()
    messages = Messages.from_user("go")

    await chat.complete(messages)
    await chat.complete(messages.add_user("again"))

    assert [request.options.tool_choice for request in provider.requests] == [choice, None, choice, None]
    assert {request.options.temperature for request in provider.requests} == {0.5}


async def test_a_choice_that_forces_nothing_holds_throughout() -> None:
    provider = ScriptedProvider([ToolCall("a", "add", {"a": 1, "b": 1}), "2"])
    chat = (
        ChatBuilder()
        .with_model(provider)
        .with_tools([add])
        .with_options(ChatOptions(tool_choice="auto"))
        .build()
    )

    await chat.complete(Messages.from_user("go"))

    assert [request.options.tool_choice for request in provider.requests] == ["auto", "auto"]


async def test_there_has_to_be_something_to_send() -> None:
    chat, provider = chat_of(["?"])

    with pytest.raises(
        ConfigurationError, match=r"there is nothing to send: Messages.from_user\(\.\.\.\) first"
    ):
        await chat.complete(Messages())
    assert provider.requests == []


# ids


@pytest.mark.parametrize("id", ["", "call_0", "add"])
async def test_ids_that_are_empty_or_come_again_are_replaced(id: str) -> None:
    twins = [[ToolCall(id, "add", {"a": n, "b": 1}), ToolCall(id, "add", {"a": n, "b": 2})] for n in (1, 2)]
    chat, _ = chat_of([*twins, "done"], add)
    messages = Messages.from_user("go")

    await chat.complete(messages)

    calls = messages.calls
    assert len({call.id for call in calls}) == 4
    assert all(call.id for call in calls)
    assert [call.status for call in calls] == [Completed(2), Completed(3), Completed(3), Completed(4)]
    if id:
        assert calls[0].id == id


async def test_the_results_go_back_under_the_minted_ids() -> None:
    transport = FakeTransport()
    transport.answer(
        wire(None, wire_call("", "add", '{"a": 1, "b": 1}'), wire_call("", "add", '{"a": 2, "b": 2}', 1))
    )
    transport.answer(wire(None, wire_call("", "add", '{"a": 3, "b": 3}'))).answer(wire("done"))

    await over(transport, add).complete(Messages.from_user("go"))

    sent: Any = transport.last_body["messages"]
    asked = [call["id"] for message in sent for call in message.get("tool_calls", ())]
    told = {message["tool_call_id"]: message["content"] for message in sent if message["role"] == "tool"}
    assert [told[id] for id in asked] == ["2", "4", "6"]


# usage, and what an error leaves


async def test_usage_is_of_the_last_turn_and_total_usage_of_all() -> None:
    spent = [Usage(10, 1, 4, None, None, 11), Usage(20, None, None, 5, 2, 22)]
    chat, _ = chat_of(
        [turn([ToolCall("a", "add", {"a": 1, "b": 1})], usage=spent[0]), turn([Text("2")], "stop", spent[1])],
        add,
    )

    response = await chat.complete(Messages.from_user("go"))

    assert response.usage == spent[1]
    assert response.total_usage == Usage(30, 1, 4, 5, 2, 33)


@pytest.mark.parametrize(
    ("error", "input_tokens"),
    [
        (InvalidRequest("no", status=400), 10),
        (Overloaded("busy", status=503, retryable=True), 10),
        (StreamTruncated("cut", partial=turn([Text("half")], usage=Usage(input_tokens=7))), 17),
    ],
)
async def test_an_error_carries_what_was_spent_and_the_conversation_what_was_done(
    error: ChatError, input_tokens: int
) -> None:
    chat, provider = chat_of([ToolCall("a", "add", {"a": 1, "b": 1}), error, "two"], add)
    setup = ChatBuilder().with_model(provider).with_tools([add])
    from chat_core import RetryPolicy

    chat = setup.with_retry(RetryPolicy(max_retries=0)).build()
    messages = Messages.from_user("go")

    with pytest.raises(type(error)) as caught:
        await chat.complete(messages)

    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens == input_tokens
    assert messages.find_tool("a").status == Completed(2)
    assert (await chat.complete(messages)).text == "two"
    assert len(provider.requests) == 3  # the tool's turn was not asked for again


async def test_sending_changes_nothing_in_the_conversation() -> None:
    transport = FakeTransport().answer(wire("one")).answer(wire("two"))
    chat = over(transport)
    messages = Messages.from_system("Be brief.").add_user("a").add_user("b")
    messages.append(Message("model", [Text("c"), tool_call("t1", "add", "{oops")]))
    before = json.loads(messages.to_json())["messages"]

    await chat.complete(messages)

    assert json.loads(messages[:-1].to_json())["messages"] == before


async def test_a_call_that_was_left_behind_does_not_run_once_the_user_has_gone_on() -> None:
    ran: list[int] = []

    @tool
    def delete(number: int) -> str:
        ran.append(number)
        return "gone"

    chat, _ = chat_of([[ToolCall("d1", "delete", {"number": 1})], "As you wish."], delete)
    messages = Messages.from_user("Delete number 1")
    async with chat.stream(messages) as events:
        async for event in events:
            if isinstance(event, ToolCalled):
                break

    response = await chat.complete(messages.add_user("No, stop!"))

    assert response.text == "As you wish."
    assert ran == []
    assert messages.find_tool("d1").status == Failed("The conversation went on before delete was run.")


async def test_an_error_before_anything_was_spent_says_that_nothing_is_known() -> None:
    chat, _ = chat_of([InvalidRequest("no")])

    with pytest.raises(InvalidRequest) as caught:
        await chat.complete(Messages.from_user("Hi"))

    assert caught.value.usage == Usage()


async def test_a_string_is_a_conversation_of_one_message_where_the_chat_cannot_pause() -> None:
    chat, provider = chat_of(["Hi!"])

    assert (await chat.complete("Hello")).text == "Hi!"
    assert provider.requests[0].messages == Messages.from_user("Hello")


async def test_a_chat_that_may_pause_wants_messages() -> None:
    scoped = ScopedCollection([add], lambda call, meta: Execute())
    chat = ChatBuilder().with_model(ScriptedProvider(["Hi!"])).with_scoped_tools(scoped).build()

    with pytest.raises(ConfigurationError, match=r"this chat may pause.*pass Messages\.from_user"):
        await chat.complete("Hello")
