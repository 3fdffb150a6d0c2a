"""A model's turn, as an assistant's message: its text, its calls, and its reasoning where the server wants it
back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from chat_core import (
    File,
    JsonObject,
    JsonValue,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    Reasoning,
    Structured,
    Text,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.types.message import parts_of
from chat_core.types.native import sent_data
from chat_core.wire import foreign_block, generated_file, part_text

from chat_completions.dialect import Dialect
from chat_completions.encode.calls import encode_calls
from chat_completions.wire import THINK_TAG, AssistantMessage


def encode_assistant(
    message: Message, origin: Origin, dialect: Dialect, notices: list[Notice], *, demands: bool = False
) -> AssistantMessage | None:
    """Return the message of a model's turn, or None, with a notice, where nothing in it can be sent.

    `demands` is whether the server refuses the turn without its reasoning field.
    """
    return _Assistant(message, origin, dialect, notices).encode(demands)


class _Assistant:
    def __init__(self, message: Message, origin: Origin, dialect: Dialect, notices: list[Notice]) -> None:
        self._message = message
        self._calls = message.tool_calls
        self._origin = origin
        self._dialect = dialect
        self._notices = notices
        replay = dialect.reasoning.replay
        self._replays = replay == "always" or (replay == "tools" and bool(self._calls))

    def encode(self, demands: bool) -> AssistantMessage | None:
        content = self._content()
        sent = AssistantMessage(role="assistant", content=content)
        if self._calls:
            sent["tool_calls"] = encode_calls(self._calls, self._origin, self._dialect)
            if not content:
                sent["content"] = None if self._dialect.messages.empty_content == "null" else ""
        if self._message.refusal:
            sent["refusal"] = self._message.refusal
        for part in parts_of(self._message):
            if isinstance(part, File):
                self._add_file(part, sent)
        if not (content or self._calls or sent.keys() & {"refusal", "audio"}):
            self._notices.append(Notice("messages", "a turn of the model without content was not sent"))
            return None
        self._add_reasoning(sent, demands)
        return sent

    def _content(self) -> str | list[JsonValue]:
        """Return the texts as one string, or as a list where blocks of the server's own stand among them."""
        blocks = list(self._blocks())
        if all(isinstance(block, str) for block in blocks):
            text = "".join(map(str, blocks))
            return text if text.strip() else ""
        return [
            {"type": "text", "text": block} if isinstance(block, str) else block
            for block in blocks
            if not isinstance(block, str) or block.strip()
        ]

    def _blocks(self) -> Iterator[str | JsonObject]:
        for part in parts_of(self._message):
            match part:
                case Text() | Structured():
                    if text := part_text(part):
                        yield text
                case Reasoning(text, native=Native() as native) if self._replays:
                    yield from self._reasoning_block(text, as_object(sent_data(native, self._origin)))
                case Opaque(native):
                    yield from self._own_block(native)
                case _:
                    pass

    def _reasoning_block(self, text: str, data: JsonObject) -> Iterator[str | JsonObject]:
        if as_text((thought := as_object(data.get("content"))).get("type")):
            yield thought
        elif (
            text and data and (self._dialect.reasoning.replay_as == "tags" or data.get("field") == THINK_TAG)
        ):
            yield f"<think>\n{text}\n</think>\n\n"

    def _own_block(self, native: Native) -> Iterator[JsonObject]:
        data = sent_data(native, self._origin)
        if data is None:
            self._notices.append(foreign_block(native))
        elif as_text(data.get("type")):
            yield data
        else:
            self._notices.append(Notice("messages", "a stored block without a type was not sent"))

    def _add_file(self, file: File, sent: AssistantMessage) -> None:
        data = sent_data(file.native, self._origin)
        if data and (audio := as_text(data.get("audio_id"))):
            sent["audio"] = {"id": audio}
        else:
            self._notices.append(generated_file(file))

    def _add_reasoning(self, sent: AssistantMessage, demands: bool) -> None:
        demanded = self._dialect.reasoning.demanded
        if demanded and (self._calls or demands):
            sent[demanded] = ""
        for part in parts_of(self._message):
            native = getattr(part, "native", None)
            data = sent_data(native, self._origin) if isinstance(native, Native) else None
            if data is None:
                if isinstance(part, Reasoning) and isinstance(native, Native):
                    self._notices.append(foreign_block(native))
                continue
            if isinstance(part, Reasoning) and (self._replays or demands):
                self._replay(part.text, data, sent)
                _add_fields(data, sent)
            elif not isinstance(part, Reasoning):
                _add_fields(data, sent)

    def _replay(self, text: str, data: JsonObject, sent: AssistantMessage) -> None:
        """Add reasoning in the field that it came in."""
        match data:
            case {"reasoning_details": list(details)}:
                known = [detail for detail in details if isinstance(detail, dict)]
                sent["reasoning_details"] = [*sent.get("reasoning_details", []), *known]
            case {"thinking_blocks": list(blocks)}:
                known = [block for block in blocks if isinstance(block, dict)]
                sent["thinking_blocks"] = [*sent.get("thinking_blocks", []), *known]
            case _ if self._dialect.reasoning.replay_as == "tags":
                pass  # it stands in the text
            case {"field": "reasoning_content"}:
                sent["reasoning_content"] = sent.get("reasoning_content", "") + text
            case {"field": "reasoning"}:
                sent["reasoning"] = sent.get("reasoning", "") + text
            case _:
                pass


_OUR_FIELDS = frozenset({*AssistantMessage.__annotations__, "name", "tool_call_id"})


def _add_fields(data: JsonObject, sent: AssistantMessage) -> None:
    """Add the fields of the server's own that came beside a call or beside reasoning, such as signatures."""
    fields = cast("JsonObject", sent)
    for name, value in as_object(data.get("message")).items():
        if name not in _OUR_FIELDS:
            fields[name] = value
