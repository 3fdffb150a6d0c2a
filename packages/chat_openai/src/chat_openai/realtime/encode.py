"""From the settings and inputs of a session to the client's events."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping

from chat_core import ConfigurationError, File, Message, Opaque, Origin, Structured, Text, ToolCall
from chat_core.types.json_values import as_text
from chat_core.wire import dump, joined_text, part_text, wire_id, wire_name

from chat_openai.realtime.settings import Frame


def user_items(message: Message, origin: Origin) -> Iterator[Frame]:
    """Yield the events that add a user's message; items of the server's own, such as an approval, are events
    of their own.

    Raises `ConfigurationError` for files that are neither images nor sounds with their bytes, and for items
    of another server.
    """
    parts = [part for part in message.parts if not isinstance(part, Opaque)]
    if parts:
        yield _message("user", [_user_part(part) for part in parts])
    for part in message.parts:
        if isinstance(part, Opaque):
            yield _native_item(part, origin)


def history_items(messages: Iterable[Message]) -> Iterator[Frame]:
    """Yield the events that add the turns of a history.

    Speech of the model cannot be added anywhere: its transcript is. Reasoning and blocks of other wires are
    left out.
    """
    for message in messages:
        if message.role == "user":
            if parts := [part for part in message.parts if not isinstance(part, Opaque)]:
                yield _message("user", [_user_part(part) for part in parts])
        elif message.role == "system":
            yield _message("system", [{"type": "input_text", "text": joined_text(message.parts)}])
        else:
            yield from _model_items(message)


def result_item(call: ToolCall) -> Frame:
    """Return the event that answers a call."""
    item = {"type": "function_call_output", "call_id": _call_id(call), "output": call.outcome()}
    return _create(item)


def call_items(calls: Iterable[ToolCall]) -> Iterator[Frame]:
    """Yield the events that add calls and their results; those that are not resolved are left out."""
    for call in calls:
        if call.resolved:
            item = {
                "type": "function_call",
                "call_id": _call_id(call),
                "name": wire_name(call.name),
                "arguments": call.arguments_as_text(),
            }
            yield _create(item)
            yield result_item(call)


def append_audio(data: bytes) -> Frame:
    """Return the event that adds to the user's speech."""
    return {"type": "input_audio_buffer.append", "audio": b64encode(data).decode("ascii")}


def response_create(instructions: str | None, metadata: Mapping[str, str], *, apart: bool) -> Frame:
    """Return the event that requests a response."""
    wanted: Frame = {}
    if instructions is not None:
        wanted["instructions"] = instructions
    if metadata:
        wanted["metadata"] = dict(metadata)
    if apart:
        wanted["conversation"] = "none"
    return {"type": "response.create", **({"response": wanted} if wanted else {})}


def truncate(item: str, played_ms: int) -> Frame:
    """Return the event that makes the server forget what was not played."""
    return {
        "type": "conversation.item.truncate",
        "item_id": item,
        "content_index": 0,
        "audio_end_ms": played_ms,
    }


def _message(role: str, content: list[Frame]) -> Frame:
    return _create({"type": "message", "role": role, "content": content})


def _native_item(part: Opaque, origin: Origin) -> Frame:
    """Return the event that adds an item of the server's own. One that answers another needs an id."""
    item = part.native.for_(origin)
    if item is None:
        raise ConfigurationError(
            f"an item of {part.native.origin.provider} cannot be sent to this session: it goes back only to "
            "where it came from"
        )
    named = {name: value for name, value in item.items() if name != "id"}
    digest = hashlib.sha256(dump(named)).hexdigest()
    return _create({"id": as_text(item.get("id")) or f"item_{digest[:24]}", **named})


def _create(item: Mapping[str, object]) -> Frame:
    return {"type": "conversation.item.create", "item": item}


def _user_part(part: object) -> Frame:
    match part:
        case Text() | Structured():
            return {"type": "input_text", "text": part_text(part)}
        case File() if part.data is not None and part.kind == "image":
            return {"type": "input_image", "image_url": part.data_url()}
        case File() if part.data is not None and part.kind == "audio":
            return {"type": "input_audio", "audio": part.base64()}
        case File():
            raise ConfigurationError(
                f"a session takes images and raw PCM audio with their bytes, not this {part.kind}: "
                "File.from_path or File.from_bytes"
            )
        case _:
            raise ConfigurationError(f"a user's message holds texts and files, not {type(part).__name__}")


def _model_items(message: Message) -> Iterator[Frame]:
    texts = [part_text(part) for part in message.parts if isinstance(part, Text | Structured)]
    if text := "".join(texts).strip():
        content: list[Frame] = [{"type": "output_text", "text": text}]
        yield _message("assistant", content)
    yield from call_items(message.tool_calls)


def _call_id(call: ToolCall) -> str:
    """Return the id that the server knows a call by: its own, where it gave the call one."""
    own = as_text(call.native.data.get("call_id")) if call.native is not None else ""
    return own or wire_id(call.id)
