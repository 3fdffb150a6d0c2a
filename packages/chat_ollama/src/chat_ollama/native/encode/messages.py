"""From the messages of a conversation to those of `/api/chat`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chat_core import (
    ConfigurationError,
    File,
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
from chat_core.wire import (
    encoded_once,
    foreign_block,
    generated_file,
    part_text,
    results_heading,
    text_of,
    unsent_file,
    wire_name,
)

from chat_ollama.native.call_fields import fields_to_send
from chat_ollama.native.encode.images import encode_image
from chat_ollama.native.wire import SentCall, SentMessage


class MessageEncoder:
    """Encodes messages one by one, and collects the notices for what they hold and the wire cannot carry."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.notices: list[Notice] = []

    def encode(self, message: Message) -> Sequence[SentMessage]:
        """Return what one message becomes: one or more on the wire, none for a model's that is empty."""
        key = (_MessageEncoder, self._origin)
        sent, notices = encoded_once(message, key, lambda: _MessageEncoder(self._origin).encode(message))
        self.notices += notices
        return sent


class _MessageEncoder:
    """Encodes one message."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.notices: list[Notice] = []

    def encode(self, message: Message) -> tuple[Sequence[SentMessage], Sequence[Notice]]:
        return list(self._encode(message)), self.notices

    def _encode(self, message: Message) -> Iterator[SentMessage]:
        match message.role:
            case "system":
                texts = [text for part in self._readable(message.parts) if (text := text_of(part, "system"))]
                yield {"role": "system", "content": "\n\n".join(texts)}
            case "user":
                yield from _user_messages(self._readable(message.parts))
            case "model":
                yield from self._assistant(message)
                yield from self._results(message)

    def _readable(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts without blocks that only another provider can read."""
        for part in parts:
            if isinstance(part, Opaque):
                self.notices.append(foreign_block(part.native))
        return [part for part in parts if not isinstance(part, Opaque)]

    def _assistant(self, message: Message) -> Iterator[SentMessage]:
        calls = message.tool_calls
        sent: SentMessage = {"role": "assistant", "content": ""}
        for part in message.parts:
            match part:
                case Text() | Structured():
                    sent["content"] += whole_text(part_text(part))
                case Refusal(text):
                    sent["content"] += whole_text(text)
                case Reasoning(text, native=native) if (
                    text and calls and native and native.for_(self._origin)
                ):
                    sent["thinking"] = sent.get("thinking", "") + whole_text(
                        text
                    )  # it goes back with the calls it led to
                case Reasoning(native=Native() as native) if native.for_(self._origin) is None:
                    self.notices.append(foreign_block(native))
                case File():
                    self.notices.append(generated_file(part))
                case Opaque(native):
                    self.notices.append(foreign_block(native))
                case _:
                    pass
        if calls:
            sent["tool_calls"] = [self._call(call) for call in calls]
        if sent["content"] or calls:  # some templates make an empty turn of an empty message
            yield sent

    def _call(self, call: ToolCall) -> SentCall:
        of_call, of_function = fields_to_send(call.native, self._origin)
        function = {**of_function, "name": wire_name(call.name), "arguments": call.arguments}
        # others' fields
        return {**of_call, "id": whole_text(call.id), "function": function}  # type: ignore[typeddict-item]

    def _results(self, message: Message) -> Iterator[SentMessage]:
        outcomes = message.outcomes()
        for call, text in outcomes:
            yield {
                "role": "tool",
                "content": whole_text(text),
                "tool_name": wire_name(call.name),
                "tool_call_id": whole_text(call.id),
            }
        for call, _ in outcomes:
            if call.files:  # a tool's message holds text only
                heading = Text(results_heading(wire_name(call.name), whole_text(call.id)))
                yield from _user_messages([heading, *(self._returned(file) for file in call.files)])

    def _returned(self, file: File) -> File | Text:
        """Return a file of a tool's result, or a text in its place: a result must not stop the
        conversation.
        """
        try:
            encode_image(file)
        except ConfigurationError as exc:
            text, notice = unsent_file(file, exc)
            self.notices.append(notice)
            return text
        return file


def _user_messages(parts: Sequence[Part]) -> Iterator[SentMessage]:
    """Yield a user's parts in order.

    A message holds texts, then images; more of either takes another message.
    """
    texts: list[str] = []
    images: list[str] = []
    for part in parts:
        if isinstance(part, File):
            images.append(encode_image(part))
            continue
        if images:
            yield _user_message(texts, images)
            texts, images = [], []
        texts.append(text_of(part, "user"))
    yield _user_message(texts, images)


def _user_message(texts: list[str], images: list[str]) -> SentMessage:
    sent: SentMessage = {"role": "user", "content": "\n\n".join(texts)}
    if images:
        sent["images"] = images
    return sent
