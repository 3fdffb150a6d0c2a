"""The rules of the Messages wire for request bodies, as sentences.

Facts: the reference and probes of it, November 2026.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID = re.compile(r"[A-Za-z0-9_-]+")
_SIGNED = ("thinking", "redacted_thinking")
_SERVER_CALLS = ("server_tool_use", "mcp_tool_use")
_MAGIC = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG", "image/gif": b"GIF8", "image/webp": b"RIFF"}


def broken_rules(
    body: dict[str, Any], *, prefill: bool = False, system_turns: bool = False, paused: bool = False
) -> list[str]:
    """Return a sentence for each rule that a request body breaks.

    `prefill`: the model continues a turn of its own. `system_turns`: it follows system messages within a
    conversation. `paused`: the last turn of the model is one that the server has paused.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return ["there is at least one message"]
    found = [
        *_head(body),
        *_order(messages, prefill=prefill or paused, system_turns=system_turns),
        *_blocks(messages, paused=paused),
        *_tool_pairs(messages),
        *_server_pairs(messages),
        *_tools(body),
        *_breakpoints(body),
    ]
    return list(dict.fromkeys(found))


def _head(body: dict[str, Any]) -> Iterator[str]:
    if not isinstance(body.get("model"), str):
        yield "model is a string"
    if not isinstance(body.get("max_tokens"), int):
        yield "max_tokens is a number"
    if "system" in body and not _texts(body["system"]):
        yield "system is a text that is not blank, or blocks"
    if any(_is_blank(block) for block in _list(body.get("system"))):
        yield "no text is blank"
    try:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError):
        yield "the body is JSON in UTF-8"


def _order(messages: list[Any], *, prefill: bool, system_turns: bool) -> Iterator[str]:
    roles = [message["role"] for message in messages]
    if set(roles) - {"user", "assistant", "system"}:
        yield "a role is user, assistant or system"
    if roles[0] != "user":
        yield "the first message is the user's"
    for one, two in pairwise(roles):
        if one == two != "system":
            yield "messages of one role are one message"
        if two == "system" and one == "assistant":
            yield "a system message follows a user's"
        if one == "system" and two == "user":
            yield "a system message stands before an assistant's or at the end"
    if "system" in roles and not system_turns:
        yield "the model follows system messages in the middle"
    if roles[-1] == "assistant":
        if not prefill:
            yield "the last message is not the assistant's"
        content = messages[-1]["content"]
        text = content if isinstance(content, str) else content[-1].get("text", "") if content else ""
        if text != text.rstrip():
            yield "a turn that is continued does not end in white space"


def _blocks(messages: list[Any], *, paused: bool) -> Iterator[str]:
    for at, message in enumerate(messages):
        if not _texts(message["content"]):
            yield "content is a text that is not blank, or blocks"
        for block in _list(message["content"]):
            yield from _block(block, message["role"])
        content = _list(message["content"])
        is_open = paused and at == len(messages) - 1
        if content and content[-1].get("type") in _SIGNED and not is_open:
            yield "a turn does not end in thinking"


def _block(block: Any, role: str) -> Iterator[str]:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        yield "a block has a type"
        return
    if _is_blank(block):
        yield "no text is blank"
    match block["type"]:
        case "thinking":
            if not block.get("signature") or not isinstance(block.get("thinking"), str):
                yield "thinking has its text and its signature"
        case "redacted_thinking":
            if not block.get("data"):
                yield "redacted thinking has its data"
        case "image" | "document":
            yield from _source(block["type"], block.get("source"))
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            if not _ID.fullmatch(str(block.get("id", ""))):
                yield "the id of a call has letters, digits, _ and - only"
            if not isinstance(block.get("input"), dict):
                yield "the input of a call is an object"
            if not _NAME.fullmatch(str(block.get("name", ""))) and block["type"] == "tool_use":
                yield "the name of a tool has 1 to 64 letters, digits, _ and -"
        case "tool_result":
            for inner in _list(block.get("content")):
                yield from _block(inner, role)
            if isinstance(block.get("content"), str) and not block["content"].strip():
                yield "no text is blank"
    if block["type"] in _SIGNED and "cache_control" in block:
        yield "thinking has no cache breakpoint"
    if block["type"] in (*_SIGNED, "tool_use", *_SERVER_CALLS) and role != "assistant":
        yield "calls and thinking stand in the assistant's messages"
    if block["type"] in ("tool_result", "image", "document") and role == "assistant":
        yield "results and files stand in the user's messages"


def _source(kind: str, source: Any) -> Iterator[str]:
    match source:
        case {"type": "base64", "media_type": str(media_type), "data": str(data)}:
            head = base64.b64decode(data)[:8]
            if kind == "image" and not head.startswith(_MAGIC.get(media_type, b"-")):
                yield "an image is what its media type names"
            if kind == "document" and media_type != "application/pdf":
                yield "a document in base64 is a PDF"
        case {"type": "text", "media_type": "text/plain", "data": str(data)} if kind == "document":
            if not data.strip():
                yield "no text is blank"
        case {"type": "url", "url": str(url)} if url.startswith(("http://", "https://")):
            pass
        case {"type": "file", "file_id": str()}:
            pass
        case _:
            yield f"the source of a {kind} is one that the wire knows"


def _tool_pairs(messages: list[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for at, message in enumerate(messages):
        calls = [block["id"] for block in _list(message["content"]) if block.get("type") == "tool_use"]
        if seen & {*calls} or len(set(calls)) < len(calls):
            yield "the id of a call is unique"
        seen |= {*calls}
        following = messages[at + 1] if at + 1 < len(messages) else {"role": None, "content": []}
        results = [block.get("type") == "tool_result" for block in _list(following["content"])]
        if calls and (following["role"] != "user" or sum(results) != len(calls)):
            yield "the results of all calls stand in the next message"
        if sorted(results, reverse=True) != results:
            yield "results come first in their message"
        ids = [
            block.get("tool_use_id")
            for block in _list(following["content"])
            if block.get("type") == "tool_result"
        ]
        if sorted(map(str, ids)) != sorted(map(str, calls)):
            yield "each result belongs to a call of the message before it"


def _server_pairs(messages: list[Any]) -> Iterator[str]:
    open_calls: dict[str, int] = {}
    for at, message in enumerate(messages):
        for block in _list(message["content"]):
            kind = block.get("type", "")
            if kind in _SERVER_CALLS:
                open_calls[block.get("id", "")] = at
                continue
            is_result = kind.endswith("_tool_result")
            if is_result and open_calls.pop(block.get("tool_use_id", ""), None) is None:
                yield "a result of a server tool has its call before it"
    for at in open_calls.values():
        after = [block for message in messages[at + 1 :] for block in _list(message["content"], "text")]
        if any(block.get("type") != "tool_result" for block in after):
            yield "a call of a server tool has its result, unless only results of other tools follow"


def _tools(body: dict[str, Any]) -> Iterator[str]:
    tools = _list(body.get("tools"))
    names = [tool["name"] for tool in tools if "name" in tool]
    if len(set(names)) < len(names):
        yield "the name of a tool is unique"
    if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        yield "the name of a tool has 1 to 64 letters, digits, _ and -"
    for tool in tools:
        if "type" not in tool and tool.get("input_schema", {}).get("type") != "object":
            yield "the schema of a tool is one of an object"
    choice = body.get("tool_choice")
    if choice and choice.get("type") == "tool" and choice.get("name") not in names:
        yield "the tool that has to be called is there"


def _breakpoints(body: dict[str, Any]) -> Iterator[str]:
    places = [*_list(body.get("tools")), *_list(body.get("system"))]
    for message in body["messages"]:
        for block in _list(message["content"]):
            places += [*_list(block.get("content")), block]
    marks = [
        place["cache_control"] for place in places if isinstance(place, dict) and place.get("cache_control")
    ]
    marks += [body["cache_control"]] if body.get("cache_control") else []
    if len(marks) > 4:
        yield "there are at most 4 cache breakpoints"
    lives = [mark.get("ttl", "5m") for mark in marks]
    if "5m" in lives and "1h" in lives[lives.index("5m") :]:
        yield "a cache breakpoint of an hour comes before those of five minutes"


def _texts(content: Any) -> bool:
    return bool(content.strip()) if isinstance(content, str) else isinstance(content, list) and bool(content)


def _list(content: Any, text_as: str | None = None) -> list[Any]:
    if isinstance(content, str) and text_as:
        return [{"type": text_as, "text": content}]
    return content if isinstance(content, list) else []


def _is_blank(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and not str(block.get("text", "")).strip()
