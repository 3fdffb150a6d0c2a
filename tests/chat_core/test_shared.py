"""What is built holds no conversation: one chat for many at once, one client for one loop after another."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from typing import Any

import anyio
import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    Message,
    Messages,
    RetryPolicy,
    ScopedCollection,
    Text,
    TextChunk,
    ToolCall,
    tool,
)
from chat_core.testing import Call, LoopbackServer, Reply, ScriptedProvider


@pytest.mark.anyio
async def test_one_chat_carries_many_conversations_at_once() -> None:
    everybody = 20
    arrived = 0
    all_here = anyio.Event()

    @tool
    async def meet(n: int) -> int:
        nonlocal arrived
        arrived += 1
        if arrived == everybody:
            all_here.set()
        await all_here.wait()
        return n

    class Model(ScriptedProvider):
        async def complete(self, request: ChatRequest, /) -> ChatResponse:
            n = int(request.messages[0].text)
            if request.messages[-1].role == "model":
                return ChatResponse(Message("model", [Text(f"{n}!")]))
            return ChatResponse(Message("model", [ToolCall("call_0", "meet", {"n": n})]))

    chat = ChatBuilder().with_model(Model([])).with_tools([meet]).build()
    conversations = [Messages.from_user(str(n)) for n in range(everybody)]

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for messages in conversations:
                tasks.start_soon(chat.complete, messages)

    assert [messages[-1].text for messages in conversations] == [f"{n}!" for n in range(everybody)]
    assert [messages.find_tool("call_0").status for messages in conversations] == [
        Completed(n) for n in range(everybody)
    ]


@pytest.mark.anyio
async def test_streams_of_one_client_do_not_mix() -> None:
    def model(body: Any) -> Reply:
        said = body["messages"][0]["content"]
        if body["messages"][-1]["role"] == "tool":
            return Reply(f"{said} " * 20)
        return Reply(calls=(Call("echo", {"said": said}, id="call_0"),))

    @tool
    async def echo(said: str) -> str:
        return said

    with LoopbackServer(model) as server:
        async with ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build() as client:
            chat = ChatBuilder().with_model(client).with_tools([echo]).build()
            heard: dict[str, str] = {}

            async def listen(name: str) -> None:
                async with chat.stream(Messages.from_user(name)) as events:
                    heard[name] = "".join(
                        [event.text async for event in events if isinstance(event, TextChunk)]
                    )

            async with anyio.create_task_group() as tasks:
                for n in range(10):
                    tasks.start_soon(listen, f"n{n}")

    assert heard == {f"n{n}": f"n{n} " * 20 for n in range(10)}


def test_one_client_serves_one_loop_after_another() -> None:
    with LoopbackServer([Reply(f"answer {n}") for n in range(6)]) as server:
        client = ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build()
        chat = ChatBuilder().with_model(client).build()

        async def ask() -> str:
            async with chat.stream(Messages.from_user("one")) as events:
                streamed = "".join([event.text async for event in events if isinstance(event, TextChunk)])
            return f"{streamed}, {(await chat.complete(Messages.from_user('two'))).text}"

        answers = [asyncio.run(ask()), asyncio.run(ask()), anyio.run(ask, backend="trio")]

    gc.collect()
    assert answers == ["answer 0, answer 1", "answer 2, answer 3", "answer 4, answer 5"]


LOOPS = """
import asyncio
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, Messages
from chat_core.sync import SyncChat
from chat_core.testing import LoopbackServer, Reply

with LoopbackServer([Reply("hi"), Reply("hi", pause=0.01), Reply("hi"), Reply("hi")]) as server:
    client = ChatCompletionsBuilder().with_base_url(server.url).with_model("m").build()
    chat = ChatBuilder().with_model(client).build()

    async def ask():
        return (await chat.complete(Messages.from_user("hello"))).text

    async def leave():
        async with chat.stream(Messages.from_user("hello")) as events:
            async for event in events:
                break

    print(asyncio.run(ask()))
    asyncio.run(leave())
    print(asyncio.run(ask()))
    with SyncChat(chat) as sync:
        print(sync.complete(Messages.from_user("hello")).text)
"""


def test_a_program_of_several_loops_ends_without_a_warning() -> None:
    command = [sys.executable, "-W", "error", "-c", LOOPS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr, done.stdout) == (0, "", "hi\nhi\nhi\n")


# builders


def test_every_step_of_a_builder_is_a_new_builder() -> None:
    @tool
    def one() -> None: ...

    base = ChatBuilder().with_model(ScriptedProvider([]))
    scoped = ScopedCollection([one], lambda call, meta: None)  # type: ignore[arg-type, return-value]
    steps: list[object] = [
        base.with_model(ScriptedProvider([])),
        base.with_options(ChatOptions()),
        base.with_tools([one]),
        base.with_scoped_tools(scoped),
        base.with_structured_output(int),
        base.with_max_steps(1),
        base.with_retry(RetryPolicy()),
    ]

    assert all(step is not base for step in steps)
    base.with_tools([one])
    base.with_tools([one]).build()  # once only: the step above changed nothing here


def test_a_builder_without_a_model_tells_the_next_keystroke() -> None:
    with pytest.raises(ConfigurationError, match=r"ChatBuilder.build\(\) needs .with_model\(client\) first"):
        ChatBuilder().build()  # type: ignore[call-overload]
