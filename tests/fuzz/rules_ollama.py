"""The rules of Ollama's own API on request bodies, as sentences.

Facts: Ollama's server and Python client, August 2026.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator
from typing import Any

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
TOP = frozenset(
    {
        *("model", "messages", "tools", "format", "options", "keep_alive", "think", "stream"),
        *("truncate", "shift", "logprobs", "top_logprobs"),
    }
)
FIELDS = {  # of a message, by its role
    "system": {"role", "content"},
    "user": {"role", "content", "images"},
    "assistant": {"role", "content", "thinking", "tool_calls"},
    "tool": {"role", "content", "tool_name", "tool_call_id"},
}
IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def broken_rules(body: Any) -> list[str]:
    """Return the rules that a body of `/api/chat` breaks."""
    return list(_broken(body))


def _broken(body: Any) -> Iterator[str]:
    yield from (f"a request has no field {name}" for name in body.keys() - TOP)
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield "a request names its model"
    if not isinstance(body.get("stream"), bool):
        yield "a request says whether it streams: the server would"
    if not body.get("messages"):
        yield "a request without messages only loads the model"
        return
    for message in body["messages"]:
        yield from _message(message)
    yield from _pairs(body["messages"])
    yield from _tools(body.get("tools", []))
    if "format" in body and body["format"] != "json" and not isinstance(body["format"], dict):
        yield "a format is json or a schema"
    if body.get("think") not in (None, True, False, "low", "medium", "high", "max"):
        yield "thinking is a flag or one of four words"
    yield from _values(body)


def _message(message: Any) -> Iterator[str]:
    role = message.get("role")
    if role not in FIELDS:
        yield f"a role is system, user, assistant or tool, not {role}"
        return
    yield from (f"a message of {role} has no field {name}" for name in message.keys() - FIELDS[role])
    if not isinstance(message.get("content"), str):
        yield "content is text"
    for image in message.get("images", []):
        if not _is_image(image):
            yield "an image is base64 of a JPEG, PNG or WebP file"
    if role == "assistant":
        if not message.get("content") and not message.get("tool_calls"):
            yield "an assistant's message is not empty"
        for call in message.get("tool_calls", []):
            yield from _call(call)
    if role == "tool" and not NAME.fullmatch(message.get("tool_name", "")):
        yield "a result names its tool in letters, digits, _ and -"


def _call(call: Any) -> Iterator[str]:
    function = call.get("function")
    if not isinstance(call.get("id"), str) or not isinstance(function, dict):
        yield "a call has an id and a function"
        return
    if not NAME.fullmatch(function.get("name", "")):
        yield "a call names its tool in letters, digits, _ and -"
    if not isinstance(function.get("arguments"), dict):
        yield "arguments are an object"


def _pairs(messages: Any) -> Iterator[str]:
    """Yield where a call is not followed by its result, in order, or a result has no call."""
    waiting: list[tuple[str, str]] = []
    for message in messages:
        if message.get("role") == "tool":
            result = (message.get("tool_call_id", ""), message.get("tool_name", ""))
            if not waiting or waiting.pop(0) != result:
                yield "a result follows its call, in the order of the calls"
            continue
        if waiting:
            yield "every call has its result before anything else is said"
        calls = message.get("tool_calls", []) if message.get("role") == "assistant" else []
        waiting = [(call.get("id"), call.get("function", {}).get("name")) for call in calls]
    if waiting:
        yield "every call has its result before anything else is said"


def _tools(tools: Any) -> Iterator[str]:
    for tool in tools:
        function = tool.get("function", {})
        if tool.get("type") != "function" or not NAME.fullmatch(function.get("name", "")):
            yield "a tool is a function with a name in letters, digits, _ and -"
        if not isinstance(function.get("parameters"), dict):
            yield "the parameters of a tool are a schema"
    names = [tool.get("function", {}).get("name") for tool in tools]
    if len(names) != len(set(names)):
        yield "no two tools have one name"


def _values(value: Any) -> Iterator[str]:
    match value:
        case float() if not math.isfinite(value):
            yield "numbers are finite"
        case str() if not _is_whole(value):
            yield "no text has half a surrogate pair"
        case dict():
            for item in value.values():
                yield from _values(item)
        case list() | tuple():
            for item in value:
                yield from _values(item)
        case _:
            pass


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_image(image: Any) -> bool:
    try:
        return base64.b64decode(image, validate=True).startswith(IMAGES)
    except (TypeError, ValueError, binascii.Error):
        return False
