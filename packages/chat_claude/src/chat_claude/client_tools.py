"""Tools that Anthropic defines and your program runs: memory, a text editor, a shell, a computer.

Facts: Anthropic's tool pages and the reference implementation in its SDK 2.14, November 2026.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, cast

from chat_core import ConfigurationError, File, JsonObject, Tool, ToolFailure, ToolFolder

from chat_claude import edits
from chat_claude.toolsets import COMPUTER_MEMBERS

_TEXT: Final[JsonObject] = {"type": "string"}
_RANGE: Final[JsonObject] = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
_EDITS: Final[dict[str, tuple[str, ...]]] = {
    "view": ("path",),
    "create": ("path", "file_text"),
    "str_replace": ("path", "old_str"),
    "insert": ("path", "insert_line", "insert_text"),
}
_MEMORY: Final[dict[str, tuple[str, ...]]] = {
    **_EDITS,
    "delete": ("path",),
    "rename": ("old_path", "new_path"),
}


def memory_tool(folder: str | os.PathLike[str] | ToolFolder) -> Tool:
    """Return the tool of `ClaudeBuilder.with_memory()`: notes of the model's, as files in a folder.

    The model names it `/memories`; no path and no link leads out of it. Other models can call it too, as any
    tool. Raises `ConfigurationError` where there is no such folder.
    """
    root = folder if isinstance(folder, ToolFolder) else ToolFolder(folder, shown_as="/memories")

    def memory(command: str, **given: object) -> str:
        return _run(root, command, _checked(command, given, _MEMORY), "The memory file has been edited.")

    return Tool(
        "memory",
        "Read and write notes that are there in later conversations: files under /memories.",
        _schema(_MEMORY),
        memory,
        sequential=True,
    )


def text_editor_tool(
    folder: str | os.PathLike[str] | ToolFolder,
    *,
    name: str = "str_replace_based_edit_tool",
    max_characters: int | None = None,
) -> Tool:
    """Return the tool of `ClaudeBuilder.with_text_editor()`: it shows and edits the text files of a folder.

    Paths are relative to the folder, or begin with the `shown_as` of a `ToolFolder`; no path and no link
    leads out of it. What is shown of a file is cut at `max_characters`. Raises `ConfigurationError` where
    there is no such folder.
    """
    root = folder if isinstance(folder, ToolFolder) else ToolFolder(folder)

    def edit(command: str, **given: object) -> str:
        shown = _run(
            root, command, _checked(command, given, _EDITS), f"The file {given.get('path')} has been edited."
        )
        if command != "view" or max_characters is None or len(shown) <= max_characters:
            return shown
        return f"{shown[:max_characters]}\n(cut at {max_characters} characters: use view_range)"

    return Tool(name, "Show, create and edit text files.", _schema(_EDITS), edit, sequential=True)


def bash_tool(run: Callable[[str | None], str | Awaitable[str]]) -> Tool:
    """Return the tool of `ClaudeBuilder.with_bash()`: `run`, sync or async, gets a command line, and returns
    what it printed.

    It gets None where the model wants a new shell. There is no sandbox here: it is `run` that decides where
    a command runs.
    """

    def bash(command: str | None = None, restart: bool = False, **_: object) -> str | Awaitable[str]:
        if command is None and not restart:
            raise ToolFailure("bash needs a command")
        return run(None if restart else command)

    schema: JsonObject = {"type": "object", "properties": {"command": _TEXT, "restart": {"type": "boolean"}}}
    return Tool("bash", "Run a command in a shell that stays open.", schema, bash, sequential=True)


def computer_tools(
    act: Callable[[str, JsonObject], File | str | Awaitable[File | str]], *members: str
) -> list[Tool]:
    """Return the tools of `ClaudeBuilder.with_computer()`, one for each member of the toolset.

    `act`, sync or async, gets the name of the member, such as "left_click", and its arguments, and returns a
    picture of the screen or a text. `members` are all by default. Raises `ConfigurationError` for a name that
    is none.
    """
    if unknown := set(members) - set(COMPUTER_MEMBERS):
        raise ConfigurationError(f"computer_tools: {min(unknown)!r} is none of {', '.join(COMPUTER_MEMBERS)}")
    return [_member(act, name) for name in members or COMPUTER_MEMBERS]


def computer_tool(act: Callable[[str, JsonObject], File | str | Awaitable[File | str]]) -> Tool:
    """Return the tool "computer" of the older declarations (`computer_20250124`), whose action is an
    argument.

    `act` gets the action and all arguments.
    """

    def computer(action: str, **given: object) -> File | str | Awaitable[File | str]:
        return act(action, cast("JsonObject", {"action": action, **given}))

    schema: JsonObject = {"type": "object", "properties": {"action": _TEXT}, "required": ["action"]}
    return Tool("computer", "Use the mouse and the keyboard.", schema, computer, sequential=True)


def _member(act: Callable[[str, JsonObject], File | str | Awaitable[File | str]], name: str) -> Tool:
    def member(**given: object) -> File | str | Awaitable[File | str]:
        return act(name, cast("JsonObject", given))

    return Tool(name, f"{name} on the computer's screen.", {"type": "object"}, member, sequential=True)


def _run(root: ToolFolder, command: str, given: Mapping[str, object], edited: str) -> str:
    path = str(given.get("path", ""))
    match command:
        case "view":
            return edits.show(root, path, cast("Sequence[int] | None", given.get("view_range")))
        case "create":
            root.write(path, str(given["file_text"]), overwrite=False)
            return f"File created successfully at: {path}"
        case "str_replace":
            snippet = edits.replace(root, path, str(given["old_str"]), str(given.get("new_str") or ""))
            return f"{edited} Here is the snippet showing the change (with line numbers):\n{snippet}"
        case "insert":
            return edits.insert(root, path, cast("int", given["insert_line"]), str(given["insert_text"]))
        case "delete":
            root.delete(path)
            return f"Successfully deleted {path}"
        case _:
            root.rename(str(given["old_path"]), str(given["new_path"]))
            return f"Successfully renamed {given['old_path']} to {given['new_path']}"


def _checked(
    command: str, given: Mapping[str, object], commands: Mapping[str, tuple[str, ...]]
) -> Mapping[str, object]:
    """Return the arguments of a command. Raises `ToolFailure` where one is missing."""
    if missing := [name for name in commands[command] if given.get(name) is None]:
        raise ToolFailure(f"The command {command} needs {', '.join(missing)}.")
    return given


def _schema(commands: Mapping[str, tuple[str, ...]]) -> JsonObject:
    texts = ("path", "file_text", "old_str", "new_str", "insert_text", "old_path", "new_path")
    properties: JsonObject = {name: _TEXT for name in texts if name in _of(commands)}
    properties = {
        "command": {"type": "string", "enum": list(commands)},
        **properties,
        "view_range": _RANGE,
        "insert_line": {"type": "integer"},
    }
    return {"type": "object", "properties": properties, "required": ["command"]}


def _of(commands: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {"new_str", *(name for names in commands.values() for name in names)}
