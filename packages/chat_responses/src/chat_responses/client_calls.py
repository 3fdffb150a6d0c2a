"""Calls of tools that OpenAI defines and your program runs: shell, patches, a computer.

Each is a call of a tool by the name that stands here, and its outcome goes back in an item of its own shape.
Facts: OpenAI's API reference and the types of its SDK 3.57, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chat_core import JsonObject, JsonValue
from chat_core.types.json_values import as_list, as_object, as_text

TOOL_NAMES: Final[Mapping[str, str]] = {
    "shell_call": "shell",
    "local_shell_call": "local_shell",
    "apply_patch_call": "apply_patch",
    "computer_call": "computer",
}
"""The name of the tool, by the type of the item that calls it."""

_DECLARED: Final[Mapping[str, str]] = {
    **{name: name for name in TOOL_NAMES.values()},
    "computer_use_preview": "computer",
}


def is_client_call(item: JsonObject) -> bool:
    """Return whether an item is a call for the program, which an outcome has to name by an id."""
    if as_text(item.get("type")) not in TOOL_NAMES or not (
        as_text(item.get("call_id")) or as_text(item.get("id"))
    ):
        return False
    # one in a container is run by OpenAI; without an environment it is the program's
    return item.get("type") != "shell_call" or _environment(item) in ("local", "")


def client_tool_name(item: JsonObject) -> str:
    """Return the name of the tool that a client call calls."""
    return TOOL_NAMES[as_text(item.get("type"))]


def call_arguments(item: JsonObject) -> JsonObject:
    """Return what a client call asks for, as the arguments of its tool."""
    match item.get("type"):
        case "apply_patch_call":
            return as_object(item.get("operation"))
        case "computer_call":
            single = item.get("action")
            actions = as_list(item.get("actions")) or ([] if single is None else [single])
            checks = as_list(item.get("pending_safety_checks"))
            return {"actions": actions, **({"pending_safety_checks": checks} if checks else {})}
        case _:
            action = as_object(item.get("action"))
            return {name: value for name, value in action.items() if value is not None and name != "type"}


def declared_client_tool(tool: JsonObject) -> str | None:
    """Return the name of the tool in the program that a declaration is about, or None where it runs at the
    server.
    """
    type = as_text(tool.get("type"))
    if type == "custom":
        return as_text(tool.get("name")) or None
    if type == "shell" and _environment(tool) not in ("local", ""):
        return None
    return _DECLARED.get(type)


def _environment(item: JsonObject) -> str:
    environment: JsonValue = item.get("environment")
    return as_text(as_object(environment).get("type"))
