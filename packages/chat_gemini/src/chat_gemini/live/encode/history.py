"""The turns before a session, as a session takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chat_core import File, Message, Notice, Origin, Part, Text, ToolCall
from chat_core.wire import generated_file

from chat_gemini.capabilities import Capabilities, Endpoint
from chat_gemini.encode.contents import Contents
from chat_gemini.live.capabilities import LiveCapabilities
from chat_gemini.live.settings import INPUT_RATE
from chat_gemini.wire import Content

_NO_CALLS = Notice("messages", "calls of tools in the history were sent as text: this model takes no others")
_NO_AUDIO = Notice("messages", f"audio of the history was not sent: it is no PCM of {INPUT_RATE} Hz")


def part_capabilities(model: str) -> Capabilities:
    """Return how the parts of a session are encoded, which is the same for all of its models."""
    return Capabilities(model, signs_calls=False, files_in_results=False)


def encode_history(
    messages: Iterable[Message],
    capabilities: LiveCapabilities,
    origin: Origin,
    endpoint: Endpoint,
    notices: list[Notice],
    *,
    is_beginning: bool = True,
) -> Sequence[Content]:
    """Return the contents of a history, or of some turns where it is not the beginning.

    What a session cannot have of it is left out, with a notice.
    """
    contents = Contents(origin, part_capabilities(origin.model), endpoint, is_beginning=is_beginning)
    for message in _sendable(messages, capabilities, notices):
        contents.add(message)
    notices += contents.notices
    return contents.contents


def is_speech(file: File) -> bool:
    """Return whether a file is speech in the form that a session takes in a turn."""
    kind, *parameters = [word.strip() for word in (file.mimetype or "").lower().split(";")]
    return file.data is not None and kind == "audio/pcm" and f"rate={INPUT_RATE}" in parameters


def _sendable(
    messages: Iterable[Message], capabilities: LiveCapabilities, notices: list[Notice]
) -> Iterator[Message]:
    """Yield the messages without what would end the session."""
    for message in messages:
        parts = [part for part in _without_audio(message, capabilities, notices) if not _is_open(part)]
        calls = [part for part in parts if isinstance(part, ToolCall)]
        if capabilities.seeds_calls or not calls:
            yield message if len(parts) == len(message.parts) else replace(message, parts=parts)
            continue
        notices.append(_NO_CALLS)
        others: list[Part] = [part for part in parts if not isinstance(part, ToolCall)]
        if others:
            yield replace(message, parts=others)
        yield Message("user", [Text(_described(call)) for call in calls])


def _without_audio(message: Message, capabilities: LiveCapabilities, notices: list[Notice]) -> Iterator[Part]:
    for part in message.parts:
        if (
            not isinstance(part, File)
            or part.kind != "audio"
            or (message.role == "user" and is_speech(part) and capabilities.seeds_audio)
        ):
            yield part
        elif message.role == "user":
            notices.append(_NO_AUDIO)
        elif not message.text:  # else the words of the model's speech are there
            notices.append(generated_file(part))


def _is_open(part: Part) -> bool:
    return isinstance(part, ToolCall) and not part.resolved


def _described(call: ToolCall) -> str:
    return f"({call.name} was called with {call.arguments_as_text()} and returned: {call.outcome()})"
