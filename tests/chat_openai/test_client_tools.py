"""The tools that OpenAI defines and a program runs: a shell, patches, a computer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    Failed,
    File,
    Messages,
    Tool,
    ToolCall,
    ToolFailure,
)
from chat_core.testing import ScriptedProvider
from chat_openai import OpenAIBuilder, ShellOutput, apply_patch_tool, computer_tool, shell_tool
from chat_openai.patches import apply_patch

pytestmark = pytest.mark.anyio


async def outcome(tool: Tool, arguments: dict[str, Any]) -> ToolCall:
    provider = ScriptedProvider([[ToolCall("1", tool.name, arguments)], "Done."])
    messages = Messages.from_user("Go.")
    await ChatBuilder().with_model(provider).with_tools([tool]).build().complete(messages)
    return messages.calls[0]


def test_the_builder_declares_them_as_the_wire_has_them() -> None:
    builder = OpenAIBuilder().with_api_key("k").with_model("gpt-5.6")
    client = (
        builder.with_shell(skills=[{"name": "s", "description": "d", "path": "/s"}])
        .with_apply_patch()
        .with_computer()
        .with_custom_tool("sql", "Write SQL.", grammar="SELECT .+", syntax="regex")
        .with_custom_tool("note")
        .build()
    )
    assert client.request_body(ChatRequest(Messages.from_user("Go.")))["tools"] == [
        {
            "type": "shell",
            "environment": {"type": "local", "skills": [{"name": "s", "description": "d", "path": "/s"}]},
        },
        {"type": "apply_patch"},
        {"type": "computer"},
        {
            "type": "custom",
            "name": "sql",
            "description": "Write SQL.",
            "format": {"type": "grammar", "syntax": "regex", "definition": "SELECT .+"},
        },
        {"type": "custom", "name": "note"},
    ]


async def test_commands_run_one_after_another_and_are_cut_to_the_length_that_is_wanted() -> None:
    seen: list[tuple[str, float | None]] = []

    async def run(command: str, seconds: float | None) -> ShellOutput:
        seen.append((command, seconds))
        return ShellOutput("x" * 8, "y" * 8, None if command == "slow" else 3)

    call = await outcome(
        shell_tool(run), {"commands": ["ls", "slow"], "timeout_ms": 1500, "max_output_length": 10}
    )
    assert seen == [("ls", 1.5), ("slow", 1.5)]
    assert call.outcome() == (
        '[{"stdout": "xxxxxxxx", "stderr": "yy", "outcome": {"type": "exit", "exit_code": 3}}, '
        '{"stdout": "xxxxxxxx", "stderr": "yy", "outcome": {"type": "timeout"}}]'
    )


async def test_a_sync_function_runs_commands_too() -> None:
    call = await outcome(shell_tool(lambda command, seconds: ShellOutput(command)), {"commands": ["ls"]})
    assert '"stdout": "ls"' in call.outcome()


async def test_a_computer_returns_its_picture() -> None:
    actions = [{"type": "click", "x": 1, "y": 2}]
    picture = File("image/png", b"\x89PNG\r\n\x1a\n")
    call = await outcome(
        computer_tool(lambda given: picture if given == actions else File("image/png", b"")),
        {"actions": actions, "pending_safety_checks": []},
    )
    assert call.files == (picture,)


async def test_files_are_created_changed_and_deleted_in_the_folder(tmp_path: Path) -> None:
    tool = apply_patch_tool(tmp_path)
    created = await outcome(tool, {"type": "create_file", "path": "a/b.txt", "diff": "+one\n+two"})
    assert created.outcome() == "Created a/b.txt"
    assert (tmp_path / "a" / "b.txt").read_text() == "one\ntwo\n"
    changed = await outcome(tool, {"type": "update_file", "path": "a/b.txt", "diff": " one\n-two\n+three"})
    assert changed.outcome() == "Updated a/b.txt"
    assert (tmp_path / "a" / "b.txt").read_text() == "one\nthree\n"
    wrong = await outcome(tool, {"type": "update_file", "path": "a/b.txt", "diff": "-two\n+four"})
    assert isinstance(wrong.status, Failed)
    assert wrong.status.error.startswith("The part of the patch that begins with 'two' is not in the file")
    again = await outcome(tool, {"type": "create_file", "path": "a/b.txt", "diff": "+x"})
    assert again.status == Failed("File a/b.txt already exists")
    assert (await outcome(tool, {"type": "delete_file", "path": "a"})).failed
    assert (await outcome(tool, {"type": "delete_file", "path": "a/b.txt"})).outcome() == "Deleted a/b.txt"
    assert os.listdir(tmp_path / "a") == []


@pytest.mark.parametrize("path", ["../x.txt", "/etc/passwd", "link/x.txt", "a\0b"])
@pytest.mark.parametrize("type", ["create_file", "update_file", "delete_file"])
async def test_no_patch_leaves_the_folder(tmp_path: Path, type: str, path: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (tmp_path / "x.txt").write_text("x\n")
    (outside / "x.txt").write_text("x\n")
    (inside / "link").symlink_to(outside)
    call = await outcome(apply_patch_tool(inside), {"type": type, "path": path, "diff": "-x\n+y"})
    assert isinstance(call.status, Failed)
    assert (tmp_path / "x.txt").read_text() == (outside / "x.txt").read_text() == "x\n"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make it first"):
        apply_patch_tool(tmp_path / "no")


TEXT = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"


@pytest.mark.parametrize(
    ("text", "diff", "changed"),
    [
        (TEXT, "@@ def g():\n-    return 1\n+    return 2\n", TEXT[: TEXT.rindex("1")] + "2\n"),
        (TEXT, "-    return 1\n+    return 2", TEXT.replace("1", "2", 1)),
        (
            TEXT,
            " def f():\n-    return 1\n+    return 2\n@@\n def g():\n-    return 1\n+    return 3",
            TEXT.replace("1", "2", 1).replace("1", "3"),
        ),
        ("a\nb\n", " b\n+c\n*** End of File", "a\nb\nc\n"),
        ("a\nb\n", "+c", "a\nb\nc\n"),
        ("a\nb", "-b\n+c", "a\nc"),
        ("a  \nb\n", " a\n-b\n+c", "a  \nc\n"),
        ("a\r\nb\r\n", " a\n-b\n+c", "a\r\nc\r\n"),
        ("a\nb\n", "-a\n-b", ""),
        ("x\na\nx\na\n", "@@ x\n@@ x\n-a\n+b", "x\na\nx\nb\n"),
        ("a\n\nb\n", " a\n\n-b\n+c", "a\n\nc\n"),
        ("", "+a", "a\n"),
    ],
)
def test_a_patch_changes_what_it_names(text: str, diff: str, changed: str) -> None:
    assert apply_patch(text, diff) == changed


@pytest.mark.parametrize(
    ("text", "diff", "reason"),
    [
        ("a\n", "-b\n+c", "is not in the file"),
        ("a\n", "@@ nowhere\n-a\n+c", "The line 'nowhere' of @@ is not in the file"),
        ("a\n", "*** Begin Patch", "begins with a space"),
        ("a\nb\na\n", "-a\n+c\n@@\n-b\n+d\n@@\n-b", "is not in the file below line"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(text: str, diff: str, reason: str) -> None:
    with pytest.raises(ToolFailure, match=reason):
        apply_patch(text, diff)


def test_a_new_file_has_only_new_lines() -> None:
    assert apply_patch("", "+a\n+\n+b", creates=True) == "a\n\nb\n"
    with pytest.raises(ToolFailure, match="only lines that begin with"):
        apply_patch("", "+a\nb", creates=True)


@pytest.mark.parametrize("seed", range(30))
def test_patches_made_of_differences_give_the_other_text(seed: int) -> None:
    import difflib
    import random

    chosen = random.Random(seed)
    before = [f"line {chosen.randrange(400)}" for _ in range(60)]
    kept = [line for line in before if chosen.random() > 0.1]
    after = [f"new {chosen.randrange(9)}" if chosen.random() < 0.2 else line for line in kept]
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    diff = "\n".join("@@" if line.startswith("@@") else line for line in lines)
    assert apply_patch("\n".join(before) + "\n", diff) == "\n".join(after) + "\n"
