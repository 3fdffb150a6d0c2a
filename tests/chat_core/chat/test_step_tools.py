"""Tools that a function chooses for each turn, and tools that want dependencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    Complete,
    ConfigurationError,
    Execute,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Step,
    Text,
    Tool,
    ToolCall,
    ToolContext,
    ToolProgress,
    tool,
)
from chat_core.sync import SyncChat
from chat_core.testing import ScriptedProvider

pytestmark = pytest.mark.anyio


@tool
def look(what: str = "it") -> str:
    """Look at something."""
    return f"saw {what}"


@tool
def pay(amount: int = 1) -> str:
    """Pay."""
    return f"paid {amount}"


def offered(provider: ScriptedProvider) -> list[list[str]]:
    """The tools that each request offered."""
    return [[one.name for one in request.tools] for request in provider.requests]


async def test_each_turn_is_offered_what_the_function_chooses_for_it() -> None:
    steps: list[tuple[int, int]] = []

    def choose(step: Step) -> list[Tool[..., object]]:
        steps.append((step.number, len(step.messages)))
        return [look] if step.number == 1 else [pay]

    provider = ScriptedProvider([ToolCall("l", "look"), ToolCall("p", "pay"), "done", "again"])
    chat = (
        ChatBuilder()
        .with_model(provider)
        .with_tools(choose)
        .with_tools([Tool("beep", "", {}, print)])
        .build()
    )
    messages = Messages.from_user("go")

    await chat.complete(messages)
    await chat.complete(messages.add_user("once more"))

    assert offered(provider) == [["look", "beep"], ["pay", "beep"], ["pay", "beep"], ["look", "beep"]]
    assert [call.outcome() for call in messages.calls] == ["saw it", "paid 1"]
    assert steps == [(1, 1), (2, 2), (3, 3), (1, 5)]  # once for each turn, and not again for its calls


async def test_a_call_of_a_tool_that_its_turn_was_not_offered_does_not_run() -> None:
    provider = ScriptedProvider([ToolCall("l", "look"), ToolCall("l2", "look"), "sorry"])
    chat = (
        ChatBuilder()
        .with_model(provider)
        .with_tools(lambda step: [look] if step.number == 1 else [pay])
        .build()
    )
    messages = Messages.from_user("go")

    await chat.complete(messages)

    assert messages.find_tool("l2").outcome() == "There is no tool 'look'. There are: pay."


@pytest.mark.parametrize("streamed", [False, True])
async def test_after_a_restart_a_call_finds_the_tool_that_its_turn_was_offered(streamed: bool) -> None:
    async def choose(step: Step[str]) -> Sequence[Tool[..., object, str]]:
        assert step.deps == "shop"
        await anyio.lowlevel.checkpoint()
        return [look] if step.number == 1 else [pay]

    def chat(*lines: Any) -> Any:
        provider = ScriptedProvider(lines)
        scoped = ScopedCollection(
            choose, lambda call, meta: RequireApproval() if call.name == "pay" else Execute()
        )
        return ChatBuilder().with_model(provider).with_scoped_tools(scoped).build(), provider

    async def run(chat: Any, messages: Messages) -> bool:
        if not streamed:
            return isinstance(await chat.complete(messages, deps="shop"), Complete)
        async with chat.stream(messages, deps="shop") as events:
            return not isinstance([event async for event in events][-1], Paused)

    messages = Messages.from_user("go")
    first, _ = chat(ToolCall("l", "look"), [ToolCall("p", "pay", {"amount": 3}), ToolCall("n", "look")])
    assert not await run(first, messages)

    messages = Messages.from_json(messages.to_json())
    messages.find_tool("p").approve({"amount": 4})
    second, provider = chat("done")
    assert await run(second, messages)

    assert messages.find_tool("p").outcome().endswith("paid 4")
    assert messages.find_tool("n").outcome() == "There is no tool 'look'. There are: pay."
    assert offered(provider) == [["pay"]]  # the third turn, as without the restart
    assert messages[-1].parts == [Text("done")]


async def test_what_the_function_raises_goes_to_the_caller_and_nothing_is_sent_or_run() -> None:
    provider = ScriptedProvider([ToolCall("l", "look"), "done"])
    wrong: list[Any] = [lambda step: look, lambda step: 3, lambda step: [len], lambda step: [look, look]]
    for choose, message in zip(
        wrong, ("one tool: pass a list", "no list of tools", "no tool: decorate", "two tools"), strict=True
    ):
        with pytest.raises(ConfigurationError, match=message):
            await ChatBuilder().with_model(provider).with_tools(choose).build().complete("go")

    def fails(step: Step) -> list[Tool[..., object]]:
        raise LookupError("no tools today")

    with pytest.raises(LookupError, match="no tools today"):
        await ChatBuilder().with_model(provider).with_tools(fails).build().complete("go")
    assert provider.requests == []
    with pytest.raises(ConfigurationError, match=r"is one tool: pass a list, \[look\]"):
        ChatBuilder().with_model(provider).with_tools(look).build()  # type: ignore[arg-type]


async def test_a_tool_of_a_chosen_list_reports_progress() -> None:
    @tool
    async def count() -> Any:
        """Count."""
        yield 1
        yield 2

    provider = ScriptedProvider([ToolCall("c", "count"), "done"])
    chat = ChatBuilder().with_model(provider).with_tools(lambda step: [count]).build()
    messages = Messages.from_user("go")

    async with chat.stream(messages) as events:
        progress = [event.value async for event in events if isinstance(event, ToolProgress)]

    assert progress[-1:] in ([2], [])  # the consumer sees what it is in time for
    assert messages.find_tool("c").outcome() == "2"


@tool
def cancel(context: ToolContext[dict[str, str]], order: str) -> str:
    """Cancel an order."""
    return f"{order} of {context.deps['user']} cancelled"


async def test_without_the_dependencies_that_a_tool_wants_nothing_is_sent() -> None:
    provider = ScriptedProvider(["never"])
    chats: list[Any] = [
        ChatBuilder().with_model(provider).with_tools([look, cancel]).build(),  # type: ignore[list-item]
        ChatBuilder().with_model(provider).with_tools(lambda step: [cancel]).build(),
    ]
    for chat in chats:
        with pytest.raises(ConfigurationError, match=r"cancel wants dict\[str, str\].*pass deps=\.\.\."):
            await chat.complete(Messages.from_user("go"))
        with pytest.raises(ConfigurationError, match="pass deps"):
            async with chat.stream(Messages.from_user("go")) as events:
                [event async for event in events]
    assert provider.requests == []


def test_dependencies_reach_the_tools_of_a_sync_chat() -> None:
    provider = ScriptedProvider([ToolCall("a", "cancel", {"order": "A-17"}), "done"] * 2)
    chat = ChatBuilder().with_model(provider).with_tools([cancel]).build()
    with SyncChat(chat) as sync:
        messages = Messages.from_user("go")
        sync.complete(messages, deps={"user": "ada"})
        messages.add_user("again")
        with sync.stream(messages, deps={"user": "bo"}) as events:
            assert list(events)
    assert [call.outcome() for call in messages.calls] == ["A-17 of ada cancelled", "A-17 of bo cancelled"]


async def test_dependencies_that_may_be_missing_are_not_required() -> None:
    @tool
    def bare(context: ToolContext) -> str:
        return repr(context.deps)

    @tool
    def optional(context: ToolContext[str | None]) -> str:
        return repr(context.deps)

    provider = ScriptedProvider([[ToolCall("b", "bare"), ToolCall("o", "optional")], "done"])
    messages = Messages.from_user("go")
    await (
        ChatBuilder()
        .with_model(provider)
        .with_tools([bare])
        .with_deps(str)
        .with_tools([optional])
        .build()
        .complete(messages, deps="x")
    )
    assert [call.outcome() for call in messages.calls] == ["'x'", "'x'"]
    assert (bare.wanted_deps, optional.wanted_deps, cancel.wanted_deps) == (None, None, "dict[str, str]")


async def test_a_context_is_given_where_it_is_optional_or_annotated_and_is_in_no_schema() -> None:
    @tool
    def optional(a: int, context: ToolContext[str] | None = None) -> str:
        return "nothing" if context is None else f"{a} {context.deps}"

    @tool
    def annotated(a: int, context: Annotated[ToolContext[str], "the shop"]) -> str:
        return f"{a} {context.deps}"

    for one in (optional, annotated):
        assert list(one.definition.parameters["properties"]) == ["a"]  # type: ignore[call-overload]
        assert one.wanted_deps == "str"
    provider = ScriptedProvider(
        [[ToolCall("o", "optional", {"a": 1}), ToolCall("n", "annotated", {"a": 2})], "done"]
    )
    messages = Messages.from_user("go")
    await (
        ChatBuilder()
        .with_model(provider)
        .with_deps(str)
        .with_tools([optional, annotated])
        .build()
        .complete(messages, deps="shop")
    )
    assert [call.outcome() for call in messages.calls] == ["1 shop", "2 shop"]
