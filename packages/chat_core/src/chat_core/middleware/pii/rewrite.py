"""Requests with placeholders in place of personal data, and turns with the data in place again."""

from __future__ import annotations

from dataclasses import replace

from chat_core.middleware.pii.pseudonyms import Pseudonyms, in_json
from chat_core.types.call_status import Completed, Failed, Rejected, ToolStatus
from chat_core.types.errors import ConfigurationError
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, as_object
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.parts import Citation, Opaque, Part, Reasoning, Refusal, Structured, Text, ToolCall

_TEXTS = ("text/", "application/json", "application/xml", "application/yaml")


class Redaction:
    """What was done to one request. `unread` are the files that nobody could look into."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.pseudonyms = pseudonyms
        self.unread: list[File] = []

    def messages(self, messages: Messages) -> Messages:
        """Return a copy of a conversation with placeholders. What is stored stays as it is."""
        return Messages([self._message(message) for message in messages])

    def _message(self, message: Message) -> Message:
        parts = [self._part(part, of_model=message.role == "model") for part in message.parts]
        if all(new is old for new, old in zip(parts, message.parts, strict=True)):
            return message
        return Message(message.role, parts, turn=message.turn, interrupted=message.interrupted)

    def _part(self, part: Part, *, of_model: bool) -> Part:
        change = self.pseudonyms.redact_known if of_model else self.pseudonyms.redact
        match part:
            case Text(text) | Reasoning(text) | Refusal(text):
                redacted = change(text)
                return part if redacted == text else replace(part, text=redacted)
            case Structured(value, text):
                redacted_text = None if text is None else change(text)
                return replace(part, value=in_json(value, change), text=redacted_text)
            case ToolCall():
                return self._call(part)
            case File():
                return part if of_model else self._file(part)
            case Opaque():
                return part

    def _call(self, call: ToolCall) -> ToolCall:
        known, found = self.pseudonyms.redact_known, self.pseudonyms.redact
        text = call.arguments_text
        return replace(
            call,
            arguments=as_object(in_json(call.arguments, known)),
            arguments_text=None if text is None else known(text),
            edited=None if call.edited is None else as_object(in_json(call.edited, found)),
            status=_outcome(call.status, self.pseudonyms),
            files=tuple(self._file(file) for file in call.files),
        )

    def _file(self, file: File) -> File:
        """Return a text file with placeholders. Of others only the transcript can be read."""
        redact = self.pseudonyms.redact
        transcript = None if file.transcript is None else redact(file.transcript)
        data = file.data
        if data is not None and (file.mimetype or "").startswith(_TEXTS):
            try:
                redacted = redact(data.decode())
            except UnicodeDecodeError:
                self.unread.append(file)
            else:
                data = data if redacted == data.decode() else redacted.encode()
        else:
            self.unread.append(file)
        if data is file.data and transcript == file.transcript:
            return file
        return replace(file, data=data, transcript=transcript)


def _outcome(status: ToolStatus, pseudonyms: Pseudonyms) -> ToolStatus:
    match status:
        case Completed(result):
            return Completed(in_json(result, pseudonyms.redact))
        case Failed(error):
            return Failed(pseudonyms.redact(error))
        case Rejected(reason) if reason is not None:
            return Rejected(pseudonyms.redact(reason))
        case _:
            return status


def restored_message(message: Message, pseudonyms: Pseudonyms, *, typed: bool) -> Message:
    """Return a turn of the model with the data in place. `typed` is whether its text is JSON."""
    parts = [_restored(part, pseudonyms, typed=typed) for part in message.parts]
    return Message(message.role, parts, turn=message.turn, interrupted=message.interrupted)


def _restored(part: Part, pseudonyms: Pseudonyms, *, typed: bool) -> Part:
    restore = pseudonyms.restore
    match part:
        case Text(text, citations):
            restored = restore(text, is_json=typed)
            if restored == text:
                return part
            quoted = tuple(_citation(citation, pseudonyms) for citation in citations)
            return replace(part, text=restored, citations=quoted)
        case Reasoning(text) | Refusal(text):
            return replace(part, text=restore(text))
        case Structured(value, text):
            whole = None if text is None else restore(text, is_json=True)
            return replace(part, value=in_json(value, restore), text=whole)
        case ToolCall():
            return _restored_call(part, pseudonyms)
        case File() | Opaque():
            return part


def _restored_call(call: ToolCall, pseudonyms: Pseudonyms) -> ToolCall:
    arguments: JsonObject = as_object(in_json(call.arguments, pseudonyms.restore))
    text = call.arguments_text
    whole = None if text is None else pseudonyms.restore(text, is_json=True)
    return replace(call, arguments=arguments, arguments_text=whole)


def _citation(citation: Citation, pseudonyms: Pseudonyms) -> Citation:
    """Return a citation without its offsets, which are of the text with placeholders."""
    quote = None if citation.quote is None else pseudonyms.restore(citation.quote)
    return replace(citation, quote=quote, start=None, end=None)


def refuse_unread(unread: list[File]) -> None:
    """Raise `ConfigurationError` for files that cannot be looked into."""
    if unread:
        kinds = ", ".join(sorted({file.mimetype or "unknown" for file in unread}))
        raise ConfigurationError(
            f"personal data in files of type {kinds} cannot be found: send their text, or build with "
            'RedactingProvider(client, files="send")'
        )
