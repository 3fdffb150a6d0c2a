"""The official server, in both eras of the protocol, over HTTP and as a process: no call is ever repeated.

A process of it takes seconds to start, so only one test of each era starts one; `CHAT_MCP_ALL=1` has all
tests do so too.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest
from chat_core import (
    ChatBuilder,
    Complete,
    Completed,
    Failed,
    InputRequest,
    Messages,
    NeedsInput,
    Paused,
    ScopedCollection,
    Tool,
    ToolCall,
)
from chat_core.testing import ScriptedProvider
from chat_mcp import McpServer, ToolError, ask_unless_read_only
from mcp_servers import OFFICIAL, OfficialHttp, python

pytestmark = pytest.mark.anyio
Runs = Callable[[], list[str]]
ERAS = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]


@pytest.fixture(params=["http", "stdio"] if os.environ.get("CHAT_MCP_ALL") else ["http"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def opened(way: str, http: OfficialHttp, runs: Runs, **options: Any) -> AsyncGenerator[McpServer]:
    if way == "http":
        server = McpServer(http.url, name="shop", **options)
    else:
        environment = {"CHAT_MCP_RUNS": os.environ["CHAT_MCP_RUNS"]}
        server = McpServer.command(
            *python(OFFICIAL, "stdio"), name="shop", environment=environment, **options
        )
    async with server:
        yield server


def chat_of(tools: Any, *lines: Any) -> Any:
    scoped = ScopedCollection(tools, ask_unless_read_only)
    return ChatBuilder().with_model(ScriptedProvider([*lines, "Done."])).with_scoped_tools(scoped).build()


@pytest.mark.parametrize("version", ERAS)
async def test_tools_run_in_a_chat_and_what_changes_something_asks_first(
    way: str, version: str, official_http: OfficialHttp, runs: Runs
) -> None:
    calls = [
        ToolCall("1", "look", {"item": "hat"}),
        ToolCall("2", "picture", {"item": "hat"}),
        ToolCall("3", "price", {"item": "hat"}),
        ToolCall("4", "fail", {"item": "hat"}),
    ]
    async with opened(way, official_http, runs, version=version) as server:
        assert (server.info.protocol, server.info.name, server.info.instructions) == (
            version,
            "shop",
            "Sell things.",
        )
        chat = chat_of(await server.tools(), calls)
        messages = Messages.from_user("Go.")
        outcome = await chat.complete(messages)

        assert isinstance(outcome, Paused)
        assert [(call.name, call.note) for call in outcome.reason.approvals] == [
            ("price", "May I use price of shop?"),
            ("fail", "May I use fail of shop?"),
        ]
        for call in messages.pending:
            call.approve()
        assert isinstance(await chat.resume(messages), Complete)

    look, picture, price, fail = messages.calls
    assert look.status == Completed("hat: 3 left")
    assert picture.status == Completed("a picture of hat")
    [file] = picture.files
    assert file.mimetype == "image/png"
    assert file.data is not None
    assert file.data.startswith(b"\x89PNG")
    assert price.status == Completed({"francs": 7, "letters": 3})
    assert isinstance(fail.status, Failed)
    assert "no hat today" in fail.status.error
    assert sorted(runs()) == ["fail hat", "look hat", "picture hat", "price hat"]


async def test_the_newest_version_is_agreed_on(way: str, official_http: OfficialHttp, runs: Runs) -> None:
    async with opened(way, official_http, runs) as server:
        assert server.info.protocol == "2026-07-28"


async def test_a_tool_that_needs_input_pauses_the_chat_and_goes_on_in_another_process(
    official_http: OfficialHttp, runs: Runs
) -> None:
    way = "http"  # a process of the official server does not read the state of the one before
    model_call = [ToolCall("1", "buy", {"item": "shirt"})]
    provider = ScriptedProvider([model_call, "Done."])
    messages = Messages.from_user("Buy a shirt.")
    async with opened(way, official_http, runs) as server:
        scoped = ScopedCollection(await server.tools("buy"), ask_unless_read_only)
        chat = ChatBuilder().with_model(provider).with_scoped_tools(scoped).build()
        await chat.complete(messages)
        messages.pending[0].approve()
        outcome = await chat.resume(messages)
        assert isinstance(outcome, Paused)
        [call] = outcome.reason.approvals
        assert call.note == "Which size of shirt?"
        assert call.input_request is not None
        assert call.input_request.schema is not None
        assert call.input_request.schema["required"] == ["size"]
    assert runs() == []

    restored = Messages.from_json(messages.to_json())
    restored.find_tool("1").approve(input={"size": "L"})
    async with opened(way, official_http, runs) as server:
        scoped = ScopedCollection(await server.tools(), ask_unless_read_only)
        chat = ChatBuilder().with_model(provider).with_scoped_tools(scoped).build()
        assert isinstance(await chat.resume(restored), Complete)
    assert restored.find_tool("1").status == Completed("bought shirt in L")
    assert runs() == ["buy shirt L"]


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_function_that_asks_a_person_answers_at_once(
    way: str, version: str, official_http: OfficialHttp, runs: Runs
) -> None:
    seen: list[InputRequest] = []

    async def ask(request: InputRequest) -> dict[str, object] | None:
        seen.append(request)
        return {"size": "S"} if len(seen) == 1 else None

    async with opened(way, official_http, runs, version=version, elicit=ask) as server:
        [buy] = await server.tools("buy")
        assert await buy.run({"call": ToolCall("1", "buy", {"item": "hat"})}) == "bought hat in S"
        with pytest.raises(Exception, match=r"(?i)declin"):
            await buy.run({"call": ToolCall("2", "buy", {"item": "hat"})})
    assert seen[0].message == "Which size of hat?"
    assert runs() == ["buy hat S"]


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_progress_is_reported(way: str, version: str, official_http: OfficialHttp, runs: Runs) -> None:
    shown: list[object] = []
    async with opened(way, official_http, runs, version=version, progress=True) as server:
        [slow] = await server.tools("slow")
        assert await slow.run({"call": ToolCall("1", "slow", {"steps": 3})}, shown.append) == "3 steps"
    steps = [{"progress": step, "total": 3, "message": f"step {step}"} for step in range(3)]
    assert shown == [*steps, "3 steps"]


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_call_that_is_left_is_cancelled_at_the_server(
    way: str, version: str, official_http: OfficialHttp, runs: Runs
) -> None:
    async with opened(way, official_http, runs, version=version, progress=True) as server:
        hang, look = await server.tools("hang", "look")
        began = anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                await hang.run({"call": ToolCall("1", "hang", {})}, lambda value: began.set())

            tasks.start_soon(call)
            await began.wait()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(10):
            while "hang is cancelled" not in runs():
                await look.run({"call": ToolCall("2", "look", {"item": "hat"})})
    assert runs().count("hang begins") == 1


async def test_calls_run_side_by_side(way: str, official_http: OfficialHttp, runs: Runs) -> None:
    async with opened(way, official_http, runs) as server:
        [look] = await server.tools("look")
        found: dict[int, object] = {}

        async def call(number: int) -> None:
            found[number] = await look.run({"call": ToolCall(str(number), "look", {"item": f"hat {number}"})})

        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(call, number)
    assert found == {number: f"hat {number}: 3 left" for number in range(20)}
    assert len(runs()) == 20


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_server_that_is_restarted_between_calls_is_found_again(version: str, runs: Runs) -> None:
    http = OfficialHttp()
    try:
        async with McpServer(http.url, version=version) as server:
            [look] = await server.tools("look")
            assert await look.run({"call": ToolCall("1", "look", {"item": "hat"})}) == "hat: 3 left"
            http.stop()
            http = OfficialHttp(http.port)
            first = ""
            try:
                await look.run({"call": ToolCall("2", "look", {"item": "cap"})})
            except Exception as exc:  # a session of the one before is lost: the call was not run
                first = str(exc)
            assert ("was not run" in first) == (version == "2025-11-25")
            assert await look.run({"call": ToolCall("3", "look", {"item": "bag"})}) == "bag: 3 left"
            http.stop()
            http = OfficialHttp(http.port)
            assert len(await server.tools(refresh=True)) == 8
    finally:
        http.stop()
    expected = ["look hat", "look cap", "look bag"]
    assert runs() == [run for run in expected if run != "look cap" or version == "2026-07-28"]


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_server_that_ends_in_the_middle_of_a_call_fails_it_and_runs_it_once(
    version: str, runs: Runs
) -> None:
    http = OfficialHttp()
    failures: list[str] = []
    try:
        async with McpServer(http.url, version=version, progress=True) as server:
            [hang] = await server.tools("hang")
            began = anyio.Event()

            async def call() -> None:
                try:
                    await hang.run({"call": ToolCall("1", "hang", {})}, lambda value: began.set())
                except Exception as exc:
                    failures.append(str(exc))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                await began.wait()
                await anyio.to_thread.run_sync(http.stop)
            http = OfficialHttp(http.port)
            assert len(await server.tools(refresh=True)) == 8
    finally:
        http.stop()
    assert len(failures) == 1
    assert "may have had its effect" in failures[0]
    assert runs().count("hang begins") == 1


@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25"])
async def test_a_process_runs_tools_reports_progress_and_is_started_again_after_its_end(
    version: str, official_http: OfficialHttp, runs: Runs
) -> None:
    shown: list[object] = []
    async with opened("stdio", official_http, runs, version=version, progress=True) as server:
        look, slow, fail, buy, leave = await server.tools("look", "slow", "fail", "buy", "leave")
        assert await look.run({"call": ToolCall("1", "look", {"item": "hat"})}) == "hat: 3 left"
        assert await slow.run({"call": ToolCall("2", "slow", {"steps": 2})}, shown.append) == "2 steps"
        with pytest.raises(ToolError, match="no hat today"):
            await fail.run({"call": ToolCall("3", "fail", {"item": "hat"})})
        if version == "2026-07-28":
            await buy_with_input(buy)
        with pytest.raises(ToolError, match=r"has ended.*may have had its effect"):
            await leave.run({"call": ToolCall("5", "leave", {})})
        assert await look.run({"call": ToolCall("6", "look", {"item": "cap"})}) == "cap: 3 left"
    assert len(shown) == 3
    bought = ["buy hat S"] if version == "2026-07-28" else []
    assert runs() == ["look hat", "slow begins", "slow ends", "fail hat", *bought, "leave", "look cap"]


async def buy_with_input(buy: Tool) -> None:
    call = ToolCall("4", "buy", {"item": "hat"})
    with pytest.raises(NeedsInput) as needs:
        await buy.run({"call": call})
    call.input_request = replace(needs.value.request, values={"size": "S"})
    assert await buy.run({"call": call}) == "bought hat in S"
