"""What the application writes, as the content of a message."""

from __future__ import annotations

from typing import Literal

from chat_core import ConfigurationError, File, Notice, Origin, Part, Role, Structured, Text, ToolCall
from chat_core.types.describe import whole_text
from chat_core.wire import misplaced, part_text, unsent_file

from chat_responses.encode.files import file_part
from chat_responses.wire import ContentPart, InputItem, InputText


def content_part(part: Part, origin: Origin) -> ContentPart:
    """Return a part of a user's message. Raises `ConfigurationError` for what it cannot hold."""
    match part:
        case Text() | Structured():
            return InputText(type="input_text", text=part_text(part))
        case File():
            return file_part(part, origin)
        case _:
            raise misplaced(part, "user")


def item_of_text(role: Role, part: Text) -> InputItem | None:
    """Return the item of a message that is one plain text, as most of a long history are; None where it needs
    a closer look.
    """
    if part.native is not None or not part.text:
        return None
    if role == "user":
        return {"role": "user", "content": part.text}
    return {"role": "assistant", "content": whole_text(part.text)} if role == "model" else None


def message_of(role: Literal["user", "developer"], content: list[ContentPart]) -> InputItem:
    """Return a message; one plain text is its content as it is."""
    match content:
        case [{"type": "input_text", "text": str(text), **rest}] if not rest:
            return {"role": role, "content": text}
        case _:
            return {"role": role, "content": content}


def output_of(call: ToolCall, text: str, origin: Origin, notices: list[Notice]) -> str | list[ContentPart]:
    """Return the outcome of a call, with the files that its tool returned. One that the wire cannot carry is
    described, with a notice.
    """
    if not call.files:
        return text
    output: list[ContentPart] = [InputText(type="input_text", text=text)]
    for file in call.files:
        try:
            output.append(file_part(file, origin))
        except ConfigurationError as error:
            described, notice = unsent_file(file, error)
            notices.append(notice)
            output.append(InputText(type="input_text", text=described.text))
    return output
