"""Which tools of a list come into a chat, under which names, and who is asked."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, Execute, Failed, Messages, RequireApproval, ToolCall
from chat_core.testing import ScriptedProvider
from chat_mcp import ask_unless_read_only
from chat_mcp.client import McpClient
from chat_mcp.tools import ToolOptions, digest_of, remote_tools
from mcp_servers import one_tool


def client() -> McpClient:
    raise ConfigurationError("not open")


def made(*listed: dict[str, Any], **options: Any) -> Any:
    return remote_tools(listed, client, ToolOptions("shop", **options))


def test_names_are_such_as_every_wire_takes_and_two_stay_two() -> None:
    tools, notices = made(one_tool("files.read"), one_tool("files/read"), one_tool("x" * 80), one_tool("ok"))
    names = [tool.name for tool in tools]
    assert len(set(names)) == 4
    assert all(len(name) <= 64 and name.replace("_", "").replace("-", "").isalnum() for name in names)
    assert names[0].startswith("files_read_")
    assert names[3] == "ok"
    assert [tool.meta["mcp_tool"] for tool in tools][:2] == ["files.read", "files/read"]
    assert notices == []


def test_a_prefix_keeps_the_tools_of_two_servers_apart() -> None:
    [one], _ = made(one_tool("search"), prefix="wiki")
    [other], _ = made(one_tool("search"), prefix="code")
    assert (one.name, other.name) == ("wiki_search", "code_search")
    builder = ChatBuilder().with_model(ScriptedProvider([]))
    builder.with_tools([one, other]).build()
    [same], _ = made(one_tool("search"))
    [again], _ = made(one_tool("search"))
    with pytest.raises(ConfigurationError, match="two tools are called 'search'"):
        builder.with_tools([same, again]).build()


@pytest.mark.parametrize(
    ("tool", "reason"),
    [
        ({"name": "bad", "inputSchema": "text"}, "no object"),
        ({"name": "bad", "inputSchema": {"type": "string"}}, "of type 'string'"),
        ({"name": "bad", "inputSchema": {"$ref": "https://x.example/s.json"}}, "outside itself"),
        ({"name": "bad", "inputSchema": {"properties": {"a": {"$ref": "#/$defs/A"}}}}, "which is not there"),
        ({"description": "nameless"}, "without a name"),
        ({"name": "bad", "inputSchema": {"properties": {"a": {"x-mcp-header": "a b"}}}}, "cannot be one"),
    ],
)
def test_one_bad_tool_is_left_out_with_a_notice_and_the_others_stay(
    tool: dict[str, Any], reason: str
) -> None:
    tools, [notice] = made(one_tool("good"), tool, one_tool("better"))
    assert [one.name for one in tools] == ["good", "better"]
    assert reason in notice.message


def test_an_output_schema_is_not_looked_at() -> None:
    tools, notices = made(one_tool(outputSchema={"$ref": "https://nowhere.example"}))
    assert len(tools) == 1
    assert notices == []


async def _outcome_of(tool: Any, arguments: dict[str, Any]) -> Any:
    provider = ScriptedProvider([[ToolCall("1", tool.name, arguments)], "Done."])
    messages = Messages.from_user("Go.")
    await ChatBuilder().with_model(provider).with_tools([tool]).build().complete(messages)
    return messages.calls[0].status


@pytest.mark.anyio
async def test_a_choice_at_the_root_is_sent_without_and_checked_with_it() -> None:
    schema = {
        "oneOf": [
            {"properties": {"id": {"type": "string"}}, "required": ["id"]},
            {"properties": {"name": {"type": "string"}}, "required": ["name"]},
        ],
        "properties": {"limit": {"type": "integer"}},
        "required": ["limit"],
    }
    [tool], [notice] = made(one_tool(inputSchema=schema))
    assert tool.definition.parameters == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "id": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["limit"],
    }
    assert "choice at its root" in notice.message
    status = await _outcome_of(tool, {"limit": 3})
    assert isinstance(status, Failed)
    assert "do not fit look" in status.error


@pytest.mark.anyio
async def test_arguments_are_checked_before_anything_is_sent() -> None:
    [tool], _ = made(one_tool())
    status = await _outcome_of(tool, {"item": 3})
    assert isinstance(status, Failed)
    assert "do not fit look, which was not run" in status.error
    status = await _outcome_of(tool, {"item": "hat"})
    assert status == Failed("ConfigurationError: not open")


def test_only_tools_declared_read_only_run_without_approval() -> None:
    def action(**annotations: Any) -> object:
        [tool], _ = made(one_tool("buy", annotations=annotations, title="Buy it"))
        return ask_unless_read_only(ToolCall("1", "buy", {}), tool.meta)

    assert action(readOnlyHint=True) == Execute()
    assert action() == RequireApproval("May I use Buy it of shop?")
    assert action(readOnlyHint="true") == RequireApproval("May I use Buy it of shop?")
    assert action(readOnlyHint=False, destructiveHint=True) == RequireApproval(
        "May I use Buy it of shop, which may destroy something?"
    )
    assert ask_unless_read_only(ToolCall("1", "buy", {}), {}) == RequireApproval("May I use buy?")


def test_the_digest_covers_what_the_server_sends_whatever_its_order() -> None:
    one, other = one_tool("a"), one_tool("b")
    assert digest_of([one, other]) == digest_of([other, one])
    assert digest_of([one]) != digest_of([{**one, "annotations": {"readOnlyHint": True}}])
    assert digest_of([one]) == digest_of([{**one, "_meta": {"x": 1}}])
