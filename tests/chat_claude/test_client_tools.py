"""The tools that Anthropic defines and a program runs: memory, a text editor, a shell, a computer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from chat_claude import (
    ClaudeBuilder,
    bash_tool,
    computer_tool,
    computer_tools,
    memory_tool,
    text_editor_tool,
)
from chat_core import (
    ChatBuilder,
    ChatRequest,
    Complete,
    Completed,
    ConfigurationError,
    Failed,
    File,
    Messages,
    Paused,
    RequireApproval,
    ScopedCollection,
    Tool,
    ToolCall,
    ToolFolder,
)
from chat_core.testing import FakeTransport, ScriptedProvider

pytestmark = pytest.mark.anyio


async def outcome(tool: Tool, **arguments: Any) -> str:
    """What the model reads of one call."""
    provider = ScriptedProvider([[ToolCall("1", tool.name, arguments)], "Done."])
    messages = Messages.from_user("Go.")
    await ChatBuilder().with_model(provider).with_tools([tool]).build().complete(messages)
    return messages.calls[0].outcome()


def test_the_builder_declares_them_and_sends_no_function_of_their_names() -> None:
    client = (
        ClaudeBuilder()
        .with_api_key("k")
        .with_model("claude-sonnet-5-5")
        .with_memory()
        .with_text_editor(max_characters=9000)
        .with_bash()
        .with_computer("screenshot", "left_click")
        .build()
    )
    names = ("memory", "str_replace_based_edit_tool", "bash", "screenshot", "left_click", "add")
    definitions = [Tool(name, "", {}, lambda: 0).definition for name in names]
    tools: Any = client.request_body(ChatRequest(Messages.from_user("Go."), definitions))["tools"]
    assert [(tool.get("type"), tool.get("name")) for tool in tools] == [
        ("memory_20250818", "memory"),
        ("text_editor_20250728", "str_replace_based_edit_tool"),
        ("bash_20250124", "bash"),
        ("computer_toolset_20260801", None),
        (None, "add"),
    ]
    assert tools[1]["max_characters"] == 9000
    assert tools[3]["configs"]["zoom"] == {"enabled": False}
    assert "screenshot" not in tools[3]["configs"]
    with pytest.raises(ConfigurationError, match="'fly' is none of"):
        ClaudeBuilder().with_computer("fly")


async def test_memory_speaks_the_words_that_the_models_know(tmp_path: Path) -> None:
    memory = memory_tool(tmp_path)
    listing = "Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:"
    assert (await outcome(memory, command="view", path="/memories")).startswith(f"{listing}\n0B\t/memories")
    path = "/memories/notes/a.txt"
    created = await outcome(memory, command="create", path=path, file_text="one\ntwo\nthree\n")
    assert created == f"File created successfully at: {path}"
    assert await outcome(memory, command="view", path="/memories") == (
        f"{listing}\n0B\t/memories\n{_size(tmp_path / 'notes')}\t/memories/notes/\n14B\t{path}"
    )
    assert await outcome(memory, command="view", path=path) == (
        f"Here's the content of {path} with line numbers:\n     1\tone\n     2\ttwo\n     3\tthree\n     4\t"
    )
    shown = await outcome(memory, command="view", path=path, view_range=[2, 3])
    assert shown.endswith("numbers:\n     2\ttwo\n     3\tthree")
    assert await outcome(memory, command="str_replace", path=path, old_str="two", new_str="2") == (
        "The memory file has been edited. Here is the snippet showing the change (with line numbers):\n"
        "     1\tone\n     2\t2\n     3\tthree\n     4\t"
    )
    assert await outcome(memory, command="insert", path=path, insert_line=0, insert_text="zero\n") == (
        f"The file {path} has been edited."
    )
    assert (tmp_path / "notes" / "a.txt").read_text() == "zero\none\n2\nthree\n"
    new = "/memories/b.txt"
    assert await outcome(memory, command="rename", old_path=path, new_path=new) == (
        f"Successfully renamed {path} to {new}"
    )
    assert await outcome(memory, command="delete", path=new) == f"Successfully deleted {new}"


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size}B" if size < 1024 else f"{size // 1024}K"


async def test_what_does_not_work_is_reported_in_the_words_that_the_models_know(tmp_path: Path) -> None:
    memory = memory_tool(tmp_path)
    (tmp_path / "a.txt").write_text("x\nx\n")
    path, none = "/memories/a.txt", "/memories/none.txt"
    for command, arguments, told in [
        ("view", {"path": none}, f"The path {none} does not exist. Please provide a valid path."),
        ("create", {"path": path, "file_text": ""}, f"File {path} already exists"),
        (
            "str_replace",
            {"path": path, "old_str": "y", "new_str": "z"},
            f"No replacement was performed, old_str `y` did not appear verbatim in {path}.",
        ),
        (
            "str_replace",
            {"path": path, "old_str": "x", "new_str": "z"},
            "No replacement was performed. Multiple occurrences of old_str `x` in lines: 1, 2. "
            "Please ensure it is unique",
        ),
        (
            "insert",
            {"path": path, "insert_line": 9, "insert_text": "z"},
            "Invalid `insert_line` parameter: 9. It should be within the range [0, 2].",
        ),
        ("delete", {"path": "/memories"}, "Cannot delete the /memories directory itself"),
        (
            "rename",
            {"old_path": "/memories", "new_path": none},
            "Cannot rename the /memories directory itself",
        ),
        (
            "rename",
            {"old_path": none, "new_path": path},
            f"The path {none} does not exist. Please provide a valid path.",
        ),
        ("insert", {"path": path}, "The command insert needs insert_line, insert_text."),
        ("view", {"path": "/memoriesX/a"}, "Path must start with /memories, got: '/memoriesX/a'"),
    ]:
        assert await outcome(memory, command=command, **arguments) == told
    assert (tmp_path / "a.txt").read_text() == "x\nx\n"


@pytest.mark.parametrize(
    "path",
    [
        "/memories/../secret.txt",
        "/memories/link/secret.txt",
        "/memories/link.txt",
        "/etc/passwd",
        "secret.txt",
    ],
)
async def test_no_command_leaves_the_folder(tmp_path: Path, path: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    for secret in (tmp_path / "secret.txt", outside / "secret.txt"):
        secret.write_text("the secret")
    (inside / "link").symlink_to(outside)
    (inside / "link.txt").symlink_to(outside / "secret.txt")
    memory = memory_tool(inside)
    for command in ("view", "create", "str_replace", "insert", "rename", "delete"):
        if command == "delete" and path == "/memories/link.txt":
            continue  # it deletes the link
        told = await outcome(
            memory,
            command=command,
            path=path,
            file_text="x",
            old_str="the",
            new_str="a",
            insert_line=0,
            insert_text="x",
            old_path=path,
            new_path="/memories/mine.txt" if path != "/memories/link.txt" else path,
        )
        assert "secret" not in told.replace("secret.txt", "")
    assert (tmp_path / "secret.txt").read_text() == (outside / "secret.txt").read_text() == "the secret"


async def test_the_text_editor_works_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n" * 50)
    editor = text_editor_tool(ToolFolder(tmp_path, shown_as="/repo"), max_characters=60)
    shown = await outcome(editor, command="view", path="/repo/a.py")
    assert shown.endswith("\n(cut at 60 characters: use view_range)")
    await outcome(editor, command="create", path="/repo/b.py", file_text="y = 1\n")
    edited = await outcome(editor, command="str_replace", path="/repo/b.py", old_str="1", new_str="2")
    assert edited.startswith("The file /repo/b.py has been edited. Here is the snippet")
    assert (tmp_path / "b.py").read_text() == "y = 2\n"
    assert "must start with /repo" in await outcome(editor, command="view", path="/etc/passwd")
    assert "/command" in await outcome(editor, command="delete", path="/repo/b.py")  # memory alone has that
    relative = text_editor_tool(tmp_path)
    assert "y = 2" in await outcome(relative, command="view", path="b.py")
    with pytest.raises(ConfigurationError, match="make it first"):
        text_editor_tool(tmp_path / "none")


async def test_a_shell_is_the_applications() -> None:
    seen: list[str | None] = []

    async def run(command: str | None) -> str:
        seen.append(command)
        return f"ran {command}"

    assert await outcome(bash_tool(run), command="ls") == "ran ls"
    assert await outcome(bash_tool(run), restart=True) == "ran None"
    assert await outcome(bash_tool(run)) == "bash needs a command"
    assert await outcome(bash_tool(lambda command: "sync"), command="ls") == "sync"
    assert seen == ["ls", None]


async def test_a_computer_is_used_by_the_members_of_its_toolset() -> None:
    picture = File("image/png", b"\x89PNG\r\n\x1a\n")
    seen: list[object] = []

    def act(name: str, arguments: Any) -> File | str:
        seen.append((name, arguments))
        return picture if name == "screenshot" else "done"

    tools = {tool.name: tool for tool in computer_tools(act)}
    assert len(tools) == 17
    assert await outcome(tools["left_click"], coordinate=[3, 4]) == "done"
    assert await outcome(tools["screenshot"]) == "1 file(s)"
    assert [tool.name for tool in computer_tools(act, "type", "key")] == ["type", "key"]
    assert await outcome(computer_tool(act), action="mouse_move", coordinate=[1, 2]) == "done"
    assert seen[-1] == ("mouse_move", {"action": "mouse_move", "coordinate": [1, 2]})
    with pytest.raises(ConfigurationError, match="'fly'"):
        computer_tools(act, "fly")


def answer(*blocks: Any, reason: str = "end_turn") -> bytes:
    body = {"id": "m", "type": "message", "role": "assistant", "model": "c", "stop_reason": reason}
    return json.dumps(
        {**body, "content": list(blocks), "usage": {"input_tokens": 1, "output_tokens": 1}}
    ).encode()


async def test_a_call_of_a_toolset_waits_for_approval_and_its_result_names_the_toolset() -> None:
    click = {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "left_click",
        "toolset_name": "computer",
        "input": {"coordinate": [3, 4]},
    }
    transport = (
        FakeTransport()
        .answer(answer(click, reason="tool_use"))
        .answer(answer({"type": "text", "text": "Done."}))
    )
    client = (
        ClaudeBuilder()
        .with_api_key("k")
        .with_model("claude-sonnet-5-5")
        .with_transport(transport)
        .with_computer()
        .build()
    )
    screen = File("image/png", b"\x89PNG\r\n\x1a\n")
    tools = ScopedCollection(
        computer_tools(lambda name, arguments: screen), lambda call, meta: RequireApproval()
    )
    chat = ChatBuilder().with_model(client).with_scoped_tools(tools).build()
    messages = Messages.from_user("Go.")
    assert isinstance(await chat.complete(messages), Paused)
    restored = Messages.from_json(messages.to_json())
    [call] = restored.pending
    call.approve()
    assert isinstance(await chat.resume(restored), Complete)
    assert call.status == Completed("1 file(s)")
    assert transport.bodies[0]["tools"] == [{"type": "computer_toolset_20260801"}]
    sent: Any = transport.last_body["messages"]
    [result] = sent[-1]["content"]
    assert (result["type"], result["tool_use_id"], result["toolset_name"]) == (
        "tool_result",
        "toolu_1",
        "computer",
    )
    assert result["content"][-1]["type"] == "image"


async def test_a_failure_of_memory_is_an_error_to_the_model(tmp_path: Path) -> None:
    view = {"type": "tool_use", "id": "toolu_1", "name": "memory", "input": {"command": "view", "path": "/x"}}
    transport = (
        FakeTransport()
        .answer(answer(view, reason="tool_use"))
        .answer(answer({"type": "text", "text": "Oh."}))
    )
    client = (
        ClaudeBuilder()
        .with_api_key("k")
        .with_model("claude-sonnet-5-5")
        .with_transport(transport)
        .with_memory()
        .build()
    )
    chat = ChatBuilder().with_model(client).with_tools([memory_tool(tmp_path)]).build()
    messages = Messages.from_user("Go.")
    await chat.complete(messages)
    assert messages.calls[0].status == Failed("Path must start with /memories, got: '/x'")
    sent: Any = transport.last_body["messages"]
    assert sent[-1]["content"][0]["is_error"] is True
