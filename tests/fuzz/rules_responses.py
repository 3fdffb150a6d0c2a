"""The rules of the Responses wire for request bodies, as sentences.

Facts: the reference and recorded errors, November 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALLS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
_ACTIONS = {
    "mcp_approval_request": ("mcp_approval_response", "approval_request_id", "id"),
    "computer_call": ("computer_call_output", "call_id", "call_id"),
    "local_shell_call": ("local_shell_call_output", "call_id", "call_id"),
    "apply_patch_call": ("apply_patch_call_output", "call_id", "call_id"),
}
_SOURCES = {"input_image": ("image_url", "file_id"), "input_file": ("file_data", "file_id", "file_url")}


def broken_rules(
    body: dict[str, Any],
    *,
    refused: Collection[str] = (),
    stores: bool = True,
    calls_last: bool = False,
) -> list[str]:
    """Return a sentence for each rule that a request body breaks.

    `refused`: fields that the server refuses. `stores`: whether it can store responses. `calls_last`: whether
    only calls may stand between a call and its output.
    """
    items = body.get("input")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        return ["input is a list of at least one item"]
    found = [
        *_head(body, refused, stores),
        *(rule for item in items for rule in _item(item, body)),
        *_pairs(items, continued="previous_response_id" in body or "conversation" in body),
        *_actions(items),
        *_reasoning(items),
        *_tools(body),
        *(_contiguous(items) if calls_last else ()),
    ]
    return list(dict.fromkeys(found))


def _head(body: dict[str, Any], refused: Collection[str], stores: bool) -> Iterator[str]:
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "model is a name"
    if "instructions" in body and not body["instructions"]:
        yield "instructions are not empty"
    if "previous_response_id" in body and "conversation" in body:
        yield "a request continues a response or a conversation"
    for name in sorted(refused & body.keys()):
        yield f"the server has no {name}"
    if not stores and (body.get("store") or {"previous_response_id", "conversation"} & body.keys()):
        yield "the server stores no responses"
    try:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError):
        yield "the body is JSON in UTF-8"


def _item(item: dict[str, Any], body: dict[str, Any]) -> Iterator[str]:
    match item.get("type"):
        case None | "message":
            yield from _message(item)
        case "function_call" | "custom_tool_call" as kind:
            yield from _call(item, kind)
        case "function_call_output" | "custom_tool_call_output":
            output = item.get("output")
            if not isinstance(output, str | list):
                yield "an output is a text or parts"
            for part in output if isinstance(output, list) else ():
                yield from _part(part)
        case "reasoning":
            if not isinstance(item.get("summary"), list):
                yield "reasoning has a summary, which may be empty"
            stored = body.get("store") or {"previous_response_id", "conversation"} & body.keys()
            if not stored and not (item.get("encrypted_content") or item.get("content")):
                yield "reasoning that nobody stores is sealed or in plain words"
        case "image_generation_call":
            if body.get("store") is False and not item.get("result"):
                yield "a picture that nobody stores has its result"
        case "web_search_call":
            if any(value is None for value in (item.get("action") or {}).values()):
                yield "an action has no null members"
        case str():
            pass
        case _:
            yield "the type of an item is a word"


def _message(item: dict[str, Any]) -> Iterator[str]:
    role, content = item.get("role"), item.get("content")
    if role not in ("user", "assistant", "developer", "system"):
        yield "a role is user, assistant, developer or system"
    if role in ("assistant", "developer") and content == "":
        yield "a message of the model's or the developer's is not empty"
    if not isinstance(content, str | list):
        yield "the content of a message is a text or parts"
    for part in content if isinstance(content, list) else ():
        if role != "assistant":
            yield from _part(part)
        elif not isinstance(part, dict) or not isinstance(part.get("type"), str):
            yield "a part of the model's message has a type"
        elif part["type"] == "output_text" and not isinstance(part.get("annotations"), list):
            yield "an output text has annotations, which may be none"


def _part(part: Any) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in ("input_text", *_SOURCES):
        yield "a part is an input text, image or file"
        return
    if kind == "input_text":
        if not isinstance(part.get("text"), str):
            yield "an input text has a text"
        return
    sources = [name for name in _SOURCES[kind] if name in part]
    if len(sources) != 1:
        yield "a file has one source"
        return
    value = part[sources[0]]
    if sources[0] == "file_data" and not part.get("filename"):
        yield "a file's data have a name"
    if sources[0] != "file_id" and urlsplit(value).scheme not in ("http", "https", "data"):
        yield "a URL is http(s) or data"
    if value.startswith("data:") and not re.match(r"data:[a-z0-9.+-]+/[a-z0-9.+-]+;base64,", value):
        yield "a data URL has a plain MIME type"


def _call(item: dict[str, Any], kind: str) -> Iterator[str]:
    if not _NAME.fullmatch(str(item.get("call_id") or "")):
        yield "the id of a call has 1 to 64 letters, digits, _ and -"
    if not _NAME.fullmatch(str(item.get("name") or "")):
        yield "the name of a tool has 1 to 64 letters, digits, _ and -"
    if kind == "custom_tool_call":
        if not isinstance(item.get("input"), str):
            yield "the input of a custom call is a text"
        return
    try:
        if not isinstance(json.loads(item.get("arguments", "")), dict):
            yield "the arguments of a call are the text of an object"
    except (ValueError, TypeError):
        yield "the arguments of a call are the text of an object"


def _pairs(items: list[Any], *, continued: bool) -> Iterator[str]:
    open_calls: dict[str, str] = {}
    seen: set[str] = set()
    for item in items:
        kind, id = item.get("type"), str(item.get("call_id"))
        if kind in _CALLS:
            if id in seen:
                yield "the id of a call is its own"
            seen.add(id)
            open_calls[id] = _CALLS[kind]
        elif kind in _CALLS.values() and open_calls.pop(id, None) != kind and not continued:
            yield "an output follows its call"
    if open_calls:
        yield "every call has its output"


def _actions(items: list[Any]) -> Iterator[str]:
    answers = {
        (item.get("type"), item.get(named))
        for item in items
        for kind, named, _ in _ACTIONS.values()
        if item.get("type") == kind
    }
    for item in items:
        if item.get("type") in _ACTIONS:
            kind, _, id = _ACTIONS[item["type"]]
            if (kind, item.get(id) or item.get("id")) not in answers:
                yield "an action that the model asks for is answered"


def _reasoning(items: list[Any]) -> Iterator[str]:
    for at, item in enumerate(items):
        if item.get("type") == "reasoning":
            after = items[at + 1] if at + 1 < len(items) else {"role": "user"}
            if after.get("role") in ("user", "developer") or after.get("type") in _CALLS.values():
                yield "reasoning is followed by what it led to"


def _contiguous(items: list[Any]) -> Iterator[str]:
    within = False
    for item in items:
        if item.get("type") in _CALLS:
            within = True
        elif item.get("type") in _CALLS.values():
            within = False
        elif within:
            yield "nothing stands between a call and its output"


def _tools(body: dict[str, Any]) -> Iterator[str]:
    tools = body.get("tools", [])
    names = [tool.get("name") for tool in tools if tool.get("type") == "function"]
    if len(names) != len(set(names)):
        yield "the names of tools differ"
    for tool in tools:
        if tool.get("type") == "function":
            if not _NAME.fullmatch(str(tool.get("name"))):
                yield "the name of a tool has 1 to 64 letters, digits, _ and -"
            if tool.get("parameters", {}).get("type") != "object":
                yield "the parameters of a tool are an object"
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") == "function" and choice.get("name") not in names:
        yield "the tool that is chosen is there"
