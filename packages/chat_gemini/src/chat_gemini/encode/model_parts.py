"""The parts of a model's message, as they go back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.describe import whole_text
from chat_core.types.json_values import as_object, as_text
from chat_core.types.message import parts_of
from chat_core.types.native import sent_data
from chat_core.types.sealed import peek
from chat_core.wire import foreign_block, free_wire_id, generated_file, part_text, wire_id

from chat_gemini.encode.files import file_part
from chat_gemini.encode.native import block, call_extras, is_signed, siblings, with_siblings
from chat_gemini.encode.text import is_blank, sendable_object
from chat_gemini.names import function_name
from chat_gemini.wire import SIGNATURE, FunctionCall, SentPart

# Google's word for a call whose signature is lost, or was another server's: it is then not checked. In
# base64, as all bytes are: `skip_thought_signature_validator`.
UNSIGNED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="


class ModelPartEncoder:
    """Encodes the parts of model messages, in their order; none is joined with another.

    `signs_calls` says whether the first call of a message needs a signature. What is left out is added to
    `notices`.
    """

    def __init__(
        self, origin: Origin, files_url: str | None, signs_calls: bool, notices: list[Notice]
    ) -> None:
        self._origin = origin
        self._files_url = files_url
        self._signs_calls = signs_calls
        self._notices = notices

    def encode(self, message: Message, ids: list[str]) -> list[SentPart]:
        """Return the parts of a message. `ids` are its calls' ids on the wire, in order, empty for none."""
        unpaired = _unpaired(message, self._origin) if _was_cut(message) else ()
        if unpaired:
            self._notices.append(Notice("messages", "a step of a tool that was cut off was not sent back"))
        calls = iter(enumerate(ids))
        parts: list[SentPart] = []
        for part in parts_of(message):
            if isinstance(part, ToolCall):
                number, id = next(calls)
                parts.append(self._call(part, id, is_first=number == 0))
            elif not any(part is other for other in unpaired):
                parts += self._content(part)
        return parts

    def _content(self, part: Part) -> Iterator[SentPart]:
        match part:
            case Text() | Structured():
                beside = siblings(part.native, self._origin)
                beside.pop("thought", None)
                yield from _text(part_text(part), beside)
            case Reasoning(text, native=native):
                if sent_data(native, self._origin):  # another model's thoughts are not this one's
                    beside = siblings(native, self._origin)
                    yield from _text(text, beside if is_blank(text) else {**beside, "thought": True})
                elif native and native.origin != self._origin:
                    self._notices.append(foreign_block(native))
            case Refusal(text):
                yield from _text(text, {})
            case File():
                yield from self._file(part)
            case Opaque(native):
                yield from self._block(native)
            case _:
                pass

    def _file(self, file: File) -> Iterator[SentPart]:
        try:
            sent = file_part(file, self._files_url, needs_type=False)
        except ConfigurationError:
            self._notices.append(generated_file(file))
        else:
            yield with_siblings(sent, siblings(file.native, self._origin))

    def _block(self, native: Native) -> Iterator[SentPart]:
        if (sent := block(native, self._origin)) is not None:
            yield sent
        elif native.origin == self._origin:
            self._notices.append(
                Notice("messages", "a stored block that is no part of this wire was not sent")
            )
        else:
            self._notices.append(foreign_block(native))

    def _call(self, call: ToolCall, id: str, *, is_first: bool) -> SentPart:
        sent = FunctionCall(name=function_name(call.name), args=sendable_object(peek(call)))
        if id:
            sent["id"] = id
        beside = siblings(call.native, self._origin)
        if is_first and self._signs_calls and not is_signed(beside):
            beside[SIGNATURE] = UNSIGNED
        extras = call_extras(call.native, self._origin)
        whole = cast("FunctionCall", {**extras, **sent}) if extras else sent
        return with_siblings({"functionCall": whole}, beside)


def call_ids(message: Message, origin: Origin) -> list[str]:
    """Return the ids that a message's calls have on the wire, in order; empty for a call that had none.

    The server's own ids go back as they are, where they are unique in the message; other calls have the ids
    of the conversation.
    """
    ids: list[str] = []
    taken: set[str] = set()
    for call in message.tool_calls:
        own = sent_data(call.native, origin)
        id = wire_id(call.id) if own is None else whole_text(as_text(own.get("id")))
        ids.append(free_wire_id(id, wire_id(call.id), taken) if id else "")
    return ids


def _text(text: str, beside: JsonObject) -> Iterator[SentPart]:
    """Yield the part of a text, if it says something or is signed."""
    if is_signed(beside) or not is_blank(text):
        yield with_siblings({"text": whole_text(text)}, beside)


def _was_cut(message: Message) -> bool:
    """Return whether a turn did not end by itself: interrupted, at its limit of tokens, by a filter."""
    ended = message.turn is None or message.turn.finish_reason in ("stop", "tool_calls")
    return message.interrupted or not ended


def _unpaired(message: Message, origin: Origin) -> list[Opaque]:
    """Return the steps of Google's tools in a message that have no result, and results that have no step.

    A cut leaves them, and the server checks that they come in pairs.
    """
    open_steps: dict[str, Opaque] = {}
    open_code: list[Opaque] = []
    lonely: list[Opaque] = []
    for part in parts_of(message):
        if not isinstance(part, Opaque) or not (own := sent_data(part.native, origin)):
            continue
        if "toolCall" in own:
            open_steps[as_text(as_object(own["toolCall"]).get("id"))] = part
        elif "toolResponse" in own:
            if open_steps.pop(as_text(as_object(own["toolResponse"]).get("id")), None) is None:
                lonely.append(part)
        elif "executableCode" in own:
            open_code.append(part)
        elif "codeExecutionResult" in own and open_code:
            open_code.pop()
    return [*open_steps.values(), *open_code, *lonely]
