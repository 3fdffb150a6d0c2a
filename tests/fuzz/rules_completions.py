"""The rules of the Chat Completions wire for request bodies, as sentences: OpenAI's, and those that a dialect
adds.

Facts: the vendors' references and what their servers were seen to refuse, November 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from chat_completions import Dialect

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ID = re.compile(r"[!-~]{1,64}")
_NINE = re.compile(r"[A-Za-z0-9]{9}")
_PARTS = {
    "text": "text",
    "image_url": "image_url",
    "input_audio": "input_audio",
    "file": "file",
    "document_url": "document_url",
    "audio_url": "audio_url",
    "video_url": "video_url",
}


def broken_rules(body: dict[str, Any], dialect: Dialect = Dialect()) -> list[str]:
    """Return a sentence for each rule that a request body breaks."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return ["there is at least one message"]
    found = [
        *([] if isinstance(body.get("model"), str) and body["model"] else ["model is a string"]),
        *(rule for message in messages for rule in _message(message, dialect)),
        *_pairs(messages),
        *_order(messages, dialect),
        *_tools(body),
    ]
    return list(dict.fromkeys(found))


def _message(message: dict[str, Any], dialect: Dialect) -> Iterator[str]:
    match message.get("role"):
        case "system" | "developer":
            if not isinstance(message.get("content"), str) or not message["content"].strip():
                yield "instructions are a text that is not blank"
        case "user":
            yield from _user(message, dialect)
        case "assistant":
            yield from _assistant(message, dialect)
        case "tool":
            if not isinstance(message.get("tool_call_id"), str):
                yield "a tool's message names its call"
            if not isinstance(message.get("content"), str):
                yield from _parts(message.get("content"), dialect)
        case _:
            yield "a role is one of system, developer, user, assistant and tool"
    if any(value is None for name, value in message.items() if name != "content"):
        yield "no field but content is null"


def _user(message: dict[str, Any], dialect: Dialect) -> Iterator[str]:
    content = message.get("content")
    if isinstance(content, str):
        return
    if not dialect.files.kinds:
        yield f"{dialect.name} takes content as one text"
    yield from _parts(content, dialect)


def _parts(content: object, dialect: Dialect) -> Iterator[str]:
    if not isinstance(content, list) or not content:
        yield "content is a text, or a list with at least one part"
        return
    for part in content:
        if part.get("type") not in _PARTS:
            yield "a content part has a known type"
        elif part["type"] == "text" and not (isinstance(part.get("text"), str) and part["text"].strip()):
            yield "a text part is not blank"
        elif part["type"] in ("document_url", "audio_url", "video_url") and dialect.name not in (
            "mistral",
            "together",
        ):
            yield "only Mistral and Together know parts with other urls"
        elif part["type"] == "input_audio" and isinstance(part["input_audio"], str) != (
            dialect.files.audio == "string"
        ):
            yield "audio has the form of the server"


def _assistant(message: dict[str, Any], dialect: Dialect) -> Iterator[str]:
    content, calls = message.get("content"), message.get("tool_calls")
    if content is None and not calls:
        yield "content is null only beside tool calls"
    if content is None and dialect.messages.empty_content == "text":
        yield f"{dialect.name} takes no null as content"
    if not content and not calls and not message.keys() & {"refusal", "audio"}:
        yield "an assistant's message has content, calls, a refusal or audio"
    if isinstance(content, str) and content and not content.strip():
        yield "the text of an assistant is not blank"
    if isinstance(content, list):
        blank = [p for p in content if p.get("type") == "text" and not str(p.get("text", "")).strip()]
        if not content or blank or not all(isinstance(p.get("type"), str) for p in content):
            yield "blocks of an assistant have a type, and texts that are not blank"
    if calls is not None and not calls:
        yield "tool_calls is not empty"
    for call in calls or ():
        yield from _call(call, dialect)
    ids = [call.get("id") for call in calls or ()]
    if len(set(ids)) < len(ids):
        yield "the ids of a turn's calls are different"
    if calls and dialect.reasoning.demanded and not isinstance(message.get(dialect.reasoning.demanded), str):
        yield f"{dialect.name} wants {dialect.reasoning.demanded} with calls"


def _call(call: dict[str, Any], dialect: Dialect) -> Iterator[str]:
    pattern = _NINE if dialect.fields.call_ids == "nine" else _ID
    if not isinstance(call.get("id"), str) or not pattern.fullmatch(call["id"]):
        yield "the id of a call has the alphabet and length of the wire"
    inner = call.get(call.get("type", ""))
    if call.get("type") not in ("function", "custom") or not isinstance(inner, dict):
        yield "a call is of a function or custom"
        return
    if not isinstance(inner.get("name"), str) or not _NAME.fullmatch(inner["name"]):
        yield "the name of a tool has at most 64 letters, digits, _ and -"
    if call["type"] == "custom":
        if not isinstance(inner.get("input"), str):
            yield "the input of a custom tool is a text"
        return
    try:
        is_object = isinstance(json.loads(inner.get("arguments", "")), dict)
    except (ValueError, TypeError):
        is_object = False
    if not is_object:
        yield "arguments are the text of a JSON object"


def _pairs(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Each call is answered once, by a tool's message right after its turn; and no tool's message answers
    anything else.
    """
    waiting: list[str] = []
    for message in messages:
        if message.get("role") == "tool":
            if message.get("tool_call_id") in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                yield "a tool's message answers a call of the turn before it, once"
            continue
        if waiting:
            yield "every call is answered before the next message"
        waiting = [call.get("id") for call in message.get("tool_calls") or ()]
    if waiting:
        yield "every call is answered before the next message"


def _order(messages: list[dict[str, Any]], dialect: Dialect) -> Iterator[str]:
    rules, roles = dialect.messages, [message.get("role") for message in messages]
    if rules.system_first and any(role in ("system", "developer") for role in roles[1:]):
        yield f"{dialect.name} takes one system message, the first"
    for first, second in pairwise(roles):
        if not rules.user_after_tool and (first, second) == ("tool", "user"):
            yield f"{dialect.name} takes no user's message right after a tool's"
        if rules.joins_neighbours and first == second == "user":
            yield f"{dialect.name} wants user and assistant to alternate"
    last = messages[-1]
    if last.get("role") == "assistant":
        if rules.final_assistant == "continue":
            yield f"{dialect.name} takes no conversation that ends with an assistant's message"
        if rules.final_assistant == "prefix" and last.get("prefix") is not True:
            yield f"{dialect.name} wants an assistant's message at the end to be a prefix"
        if isinstance(last.get("content"), str) and last["content"] != last["content"].rstrip():
            yield "a turn to be continued does not end in white space"
    if any("prefix" in message for message in messages[:-1]):
        yield "only the last message is a prefix"


def _tools(body: dict[str, Any]) -> Iterator[str]:
    for tool in body.get("tools") or ():
        function = tool.get("function") or {}
        if tool.get("type") != "function" or not _NAME.fullmatch(str(function.get("name", ""))):
            yield "a tool is a function with a name of the wire"
        if not isinstance(function.get("parameters"), dict):
            yield "a tool has a schema"
    names = [str((tool.get("function") or {}).get("name")) for tool in body.get("tools") or ()]
    if len(set(names)) < len(names):
        yield "the names of tools are different"
