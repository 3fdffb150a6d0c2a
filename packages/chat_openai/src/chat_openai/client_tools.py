"""Tools that OpenAI defines and your program runs: a shell, patches, a computer.

Facts: OpenAI's API reference, November 2026.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from chat_core import File, JsonObject, Tool, ToolFailure, ToolFolder

from chat_openai.patches import apply_patch

_TEXT: Final[JsonObject] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class ShellOutput:
    """What a command printed, and its exit code: None where its time was over."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = 0


RunCommand: TypeAlias = Callable[[str, float | None], ShellOutput | Awaitable[ShellOutput]]
"""Runs a command line within so many seconds, or any time where that is None."""
Act: TypeAlias = Callable[[Sequence[Mapping[str, object]]], File | Awaitable[File]]
"""Carries out actions, such as {"type": "click", "x": 3, "y": 4, "button": "left"}, and returns a picture of
the screen."""


def shell_tool(run: RunCommand) -> Tool:
    """Return the tool of `OpenAIBuilder.with_shell()`: `run`, sync or async, runs one command after another.

    There is no sandbox here: it is `run` that decides where a command runs.
    """

    async def shell(
        commands: Sequence[str],
        timeout_ms: float | None = None,
        max_output_length: int | None = None,
        **_: object,
    ) -> list[JsonObject]:
        seconds = None if timeout_ms is None else timeout_ms / 1000
        return [_entry(await _done(run(command, seconds)), max_output_length) for command in commands]

    schema: JsonObject = {
        "type": "object",
        "properties": {
            "commands": {"type": "array", "items": _TEXT},
            "timeout_ms": {"type": ["number", "null"]},
            "max_output_length": {"type": ["integer", "null"]},
        },
        "required": ["commands"],
    }
    return Tool("shell", "Run commands in a shell, one after the other.", schema, shell, sequential=True)


def apply_patch_tool(folder: str | os.PathLike[str] | ToolFolder) -> Tool:
    """Return the tool of `OpenAIBuilder.with_apply_patch()`: it creates, changes and deletes text files.

    They are in `folder`; no path and no link leads out of it. A patch that does not fit changes nothing, and
    the model reads why. Raises `ConfigurationError` where there is no such folder.
    """
    root = folder if isinstance(folder, ToolFolder) else ToolFolder(folder)

    def patch(type: str, path: str, diff: str | None = None, **_: object) -> str:
        match type:
            case "delete_file":
                if root.is_directory(path):
                    raise ToolFailure(f"The path {path} is not a file.")
                root.delete(path)
                return f"Deleted {path}"
            case "create_file":
                root.write(path, apply_patch("", diff or "", creates=True), overwrite=False)
                return f"Created {path}"
            case _:
                root.write(path, apply_patch(root.read(path), diff or ""), overwrite=True)
                return f"Updated {path}"

    schema: JsonObject = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]},
            "path": _TEXT,
            "diff": _TEXT,
        },
        "required": ["type", "path"],
    }
    return Tool("apply_patch", "Change a file by a patch in V4A form.", schema, patch, sequential=True)


def computer_tool(act: Act) -> Tool:
    """Return the tool of `OpenAIBuilder.with_computer()`: `act`, sync or async, gets the actions of a call.

    A call that OpenAI has doubts about has `pending_safety_checks` among its arguments: a strategy can let
    it wait for a person, whose approval is sent back as their acknowledgement.
    """

    async def computer(actions: Sequence[Mapping[str, object]], **_: object) -> File:
        picture = act(actions)
        return await picture if inspect.isawaitable(picture) else picture

    items: JsonObject = {"type": "array", "items": {"type": "object"}}
    schema: JsonObject = {
        "type": "object",
        "properties": {"actions": items, "pending_safety_checks": items},
        "required": ["actions"],
    }
    return Tool("computer", "Use the mouse and the keyboard.", schema, computer, sequential=True)


async def _done(output: ShellOutput | Awaitable[ShellOutput]) -> ShellOutput:
    return await output if inspect.isawaitable(output) else output


def _entry(output: ShellOutput, longest: int | None) -> JsonObject:
    outcome: JsonObject = {"type": "timeout"}
    if output.exit_code is not None:
        outcome = {"type": "exit", "exit_code": output.exit_code}
    stdout, stderr = output.stdout, output.stderr
    if longest is not None:
        stdout, stderr = stdout[:longest], stderr[: max(0, longest - len(stdout))]
    return {"stdout": stdout, "stderr": stderr, "outcome": outcome}
