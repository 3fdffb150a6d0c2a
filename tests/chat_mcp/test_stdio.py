"""Servers that are processes: what they print, how they end, and who reads."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest
from chat_core import ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut, Timeouts, ToolCall
from chat_mcp import McpServer, ToolError
from mcp_servers import SCRIPTED, python

pytestmark = pytest.mark.anyio
Runs = Callable[[], list[str]]


def server_with(*rules: str, **options: Any) -> McpServer:
    runs = os.environ.get("CHAT_MCP_RUNS")
    environment = {"CHAT_MCP_RUNS": runs} if runs else {}
    return McpServer.command(*python(SCRIPTED, *rules), environment=environment, name="scripted", **options)


def call(item: str, id: str = "1") -> dict[str, object]:
    return {"call": ToolCall(id, "look", {"item": item})}


async def test_keys_of_this_program_stay_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_PROGRAM", "sk-123")
    async with server_with() as server:
        [look] = await server.tools()
        assert await look.run(call("hat")) == "3 characters, None"
    given = McpServer.command(*python(SCRIPTED), environment={"SECRET_OF_THE_PROGRAM": "given"})
    async with given as server:
        [look] = await server.tools()
        assert await look.run(call("hat")) == "3 characters, given"
    assert "given" not in repr(given)


async def test_an_older_server_is_greeted_as_one() -> None:
    async with server_with("legacy") as server:
        assert server.info.protocol == "2025-11-25"
        [look] = await server.tools()
        assert await look.run(call("hat")) == "3 characters, None"


async def test_a_server_that_ignores_the_question_is_greeted_as_an_older_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat_mcp.client._PROBE", 0.3)
    async with server_with("silent") as server:
        assert server.info.protocol == "2025-11-25"


async def test_a_server_that_ends_at_the_question_is_started_again_and_greeted(runs: Runs) -> None:
    async with server_with("dies") as server:
        assert server.info.protocol == "2025-11-25"
    assert runs() == ["died", "ended"]


async def test_lines_that_are_no_messages_are_passed_over_and_noted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "chat_mcp"):
        async with server_with("prints") as server:
            [look] = await server.tools()
            assert await look.run(call("hat")) == "3 characters, None"
    assert "INFO: a line was read" in server.notices[0].message
    assert "INFO: a line was read" in caplog.text


@pytest.mark.parametrize("size", [10, 3_000_000])
async def test_a_server_that_writes_much_before_it_reads_is_read_from_meanwhile(size: int) -> None:
    async with server_with("floods") as server:
        [look] = await server.tools()
        with anyio.fail_after(30):
            assert await look.run(call("x" * size)) == f"{size} characters, None"


async def test_a_line_without_an_end_is_refused_and_the_next_request_starts_anew() -> None:
    async with server_with("endless", max_bytes=50_000) as server:
        with pytest.raises(InvalidResponse, match="more than 50,000 bytes"):
            await server.tools()


async def test_answers_reach_their_callers_whatever_their_order(runs: Runs) -> None:
    found: dict[str, object] = {}
    async with server_with("together") as server:
        [look] = await server.tools()

        async def one(item: str) -> None:
            found[item] = await look.run(call(item, item))

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(one, f"hat {number}")
    assert found == {f"hat {number}": f"hat {number}" for number in range(10)}
    assert sorted(runs()) == sorted([*(f"call hat {number}" for number in range(10)), "ended"])


async def test_one_that_leaves_while_it_reads_hands_the_reading_on(runs: Runs) -> None:
    async with server_with() as server:
        [look] = await server.tools()
        answers: list[object] = []

        async def left() -> None:
            with anyio.move_on_after(0.2):
                await look.run(call("wait"))

        async def stays() -> None:
            answers.append(await look.run(call("hat")))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(left)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(stays)
    assert answers == ["3 characters, None"]
    assert runs() == ["call wait", "call hat", "cancelled True", "ended"]


async def test_a_call_that_takes_too_long_is_cancelled_at_the_server(runs: Runs) -> None:
    async with server_with(timeouts=Timeouts(first_event=0.2)) as server:
        [look] = await server.tools()
        with pytest.raises(ToolError, match=r"no response within 0\.2 s.*may have had its effect") as caught:
            await look.run(call("wait"))
        assert isinstance(caught.value.__cause__, TimedOut)
        assert await look.run(call("hat")) == "3 characters, None"
    assert runs() == ["call wait", "cancelled True", "call hat", "ended"]


async def test_the_timeout_of_tools_ends_a_call(runs: Runs) -> None:
    async with server_with(tool_timeout=0.2) as server:
        [look] = await server.tools()
        with pytest.raises(TimeoutError, match="may have had its effect"):
            await look.run(call("wait"))
    assert runs() == ["call wait", "cancelled True", "ended"]


async def test_all_who_wait_get_an_error_when_the_process_ends_and_the_list_is_requested_again(
    runs: Runs,
) -> None:
    failures: list[str] = []
    async with server_with() as server:
        [look] = await server.tools()

        async def one(item: str) -> None:
            try:
                await look.run(call(item))
            except ToolError as exc:
                failures.append(str(exc))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one, "wait")
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(one, "die")
        assert len(await server.tools(refresh=True)) == 1
        assert await look.run(call("hat")) == "3 characters, None"
    assert len(failures) == 2
    assert all("may have had its effect" in failure for failure in failures)
    assert runs() == ["call wait", "call die", "call hat", "ended"]


async def test_a_list_that_the_server_says_has_changed_is_requested_again() -> None:
    async with server_with() as server:
        [look] = await server.tools()
        assert await server.tools() == [look]
        assert not server.tools_have_changed
        await look.run(call("changed"))
        assert server.tools_have_changed
        [again] = await server.tools()
        assert again is not look
        assert not server.tools_have_changed


async def test_what_a_server_has_started_ends_with_it(runs: Runs) -> None:
    async with server_with("children"):
        [line] = [run for run in runs() if run.startswith("child")]
    child = int(line.split()[1])
    with anyio.fail_after(10):
        while _is_running(child):
            await anyio.lowlevel.checkpoint()


def _is_running(child: int) -> bool:
    try:
        with open(f"/proc/{child}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_leaving_by_an_error_ends_the_process(runs: Runs) -> None:
    async def fail() -> None:
        async with server_with() as server:
            await server.tools()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert runs() == ["ended"]


async def test_a_tool_of_a_server_that_was_closed_says_so() -> None:
    async with server_with() as server:
        [look] = await server.tools()
    with pytest.raises(ConfigurationError, match="is not open: async with"):
        await look.run(call("hat"))


@pytest.mark.parametrize("command", [("no-such-command-anywhere",), (SCRIPTED.as_posix() + "\0",)])
async def test_a_command_that_cannot_be_started_says_so(command: Sequence[str]) -> None:
    with pytest.raises(ConfigurationError, match=r"McpServer\.command\(.*cannot be started"):
        async with McpServer.command(*command):
            pass


async def test_a_process_that_is_no_server_is_an_error() -> None:
    with pytest.raises(ConnectionFailed, match="has ended with exit code 0"):
        async with McpServer.command(*python(SCRIPTED)[:1], "-c", "pass"):
            pass


def test_mistakes_are_refused_before_anything_starts() -> None:
    with pytest.raises(ConfigurationError, match="needs the command"):
        McpServer.command()
    with pytest.raises(ConfigurationError, match="takes a text"):
        McpServer.command("uvx", None)  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(ConfigurationError, match="TOKEN is a text, not None"):
        McpServer.command("uvx", environment={"TOKEN": None})  # type: ignore[dict-item]  # that is the mistake
    with pytest.raises(ConfigurationError, match=r"version='2020-01-01'"):
        McpServer.command("uvx", version="2020-01-01")
    with pytest.raises(ConfigurationError, match="tool_timeout=0"):
        McpServer.command("uvx", tool_timeout=0)
    with pytest.raises(ConfigurationError, match="elicit"):
        McpServer.command("uvx", elicit="ask")  # type: ignore[arg-type]  # that is the mistake
