"""Conversations written as dictionaries with `role` and `content`, as other libraries and many files have
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import cast

from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue, as_list, as_object, as_text
from chat_core.types.message import Message, Role
from chat_core.types.messages import Messages
from chat_core.types.misuse import checked_mapping, is_a, kind_of
from chat_core.types.parts import Part, Text
from chat_core.types.plain_json import as_json
from chat_core.types.tool_call import ToolCall

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "model",
    "model": "model",
}


def messages_from_dicts(dicts: Iterable[Mapping[str, object]]) -> Messages:
    """Return the conversation in dictionaries such as `{"role": "user", "content": "Hello"}`.

    Roles are system, developer, user, assistant (or model) and tool. `content` is a text, or a list of parts
    of the types `text` and `image_url`. Calls stand in an assistant's `tool_calls`, their results in messages
    of the role `tool`, as in Chat Completions. Raises `ConfigurationError`, with the place, for anything
    else.
    """
    messages = Messages()
    if is_a(dicts, str, Mapping) or not is_a(dicts, Iterable):
        example = '[{"role": "user", "content": "Hello"}]'
        raise ConfigurationError(f"messages_from_dicts takes a list such as {example}, not {kind_of(dicts)}")
    for at, item in enumerate(dicts):
        message = as_json(dict(checked_mapping(item, f"message {at}")))
        assert isinstance(message, dict)
        role = as_text(message.get("role"))
        if role == "tool":
            _complete(messages, message, at)
        elif role in _ROLES:
            parts = [*_parts(message.get("content"), at), *_calls(message, at)]
            messages.append(Message(_ROLES[role], parts))
        else:
            known = ", ".join((*_ROLES, "tool"))
            raise ConfigurationError(f"message {at}: the role {role!r} is none of {known}")
    return messages


def _parts(content: JsonValue, at: int) -> list[Part]:
    match content:
        case None | "":
            return []
        case str(text):
            return [Text(text)]
        case list(items):
            return [_part(item, at) for item in items]
        case _:
            raise ConfigurationError(
                f"message {at}: content is a text or a list, not {type(content).__name__}"
            )


def _part(item: JsonValue, at: int) -> Part:
    match item:
        case str(text) | {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return Text(text)
        case {"type": "image_url", "image_url": str(url) | {"url": str(url)}}:
            return File.from_url(url)
        case _:
            kind = as_object(item).get("type", type(item).__name__)
            raise ConfigurationError(f"message {at}: a part of type {kind!r}; text and image_url are read")


def _calls(message: JsonObject, at: int) -> list[Part]:
    calls: list[Part] = []
    for item in as_list(message.get("tool_calls")):
        call = as_object(item)
        function = as_object(call.get("function"))
        arguments = function.get("arguments")
        try:
            value = cast("JsonValue", json.loads(arguments)) if isinstance(arguments, str) else arguments
        except ValueError:
            value = None
        id, name = as_text(call.get("id")), as_text(function.get("name"))
        if not id or not name or not isinstance(value, dict):
            raise ConfigurationError(
                f"message {at}: a tool call needs an id, a name and arguments that are an object"
            )
        calls.append(ToolCall(id, name, value))
    return calls


def _complete(messages: Messages, message: JsonObject, at: int) -> None:
    id = as_text(message.get("tool_call_id"))
    try:
        call = messages.find_tool(id)
    except KeyError:
        raise ConfigurationError(
            f"message {at}: a result for {id!r}, and no call before it has this id"
        ) from None
    call.complete("".join(part.text for part in _parts(message.get("content"), at) if isinstance(part, Text)))
