"""A turn of Ollama's own API, put together from the messages of its lines. A whole response has one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, TypeAlias

from chat_completions.decode.think_tags import ThinkTags
from chat_core import (
    ConfigurationError,
    File,
    FileReady,
    JsonObject,
    JsonValue,
    Native,
    Origin,
    Part,
    Reasoning,
    ReasoningChunk,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import CallIds, tool_call

from chat_ollama.native.call_fields import keep_fields
from chat_ollama.native.decode.frames import text_of_value

_EMPTY: tuple[JsonValue, ...] = (None, "", [])

Continuation: TypeAlias = tuple[str, Callable[[str], Sequence[TurnEvent]]]
Run: TypeAlias = tuple[Literal["reasoning", "text"], list[str]]


class TurnAssembler:
    """Collects the parts of a turn in the order received."""

    def __init__(
        self, origin: Origin, ids: CallIds, think_tags: Literal["text", "tags", "open"] = "text"
    ) -> None:
        self._origin = origin
        self._ids = ids
        self._tags = None if think_tags == "text" else ThinkTags(think_tags)
        self._parts: list[Run | File | ToolCall] = []
        self._earlier_calls: dict[str, tuple[str, str]] = {}  # by the server's id, from the lines before

    def add(self, message: JsonObject) -> Sequence[TurnEvent]:
        """Take the message of one line, and return its events."""
        events: list[TurnEvent] = []
        thinking = next(filter(None, (text_of_value(message.get(name)) for name in _THINKING)), "")
        if thinking:
            events.append(self._append("reasoning", thinking))
        if text := text_of_value(message.get("content")):
            events += self._text(text)
        for image in as_list(message.get("images")):
            events += self._image(image)
        calls = message.get("tool_calls")
        if calls:
            events += self.flush()
            events += self._calls([calls] if isinstance(calls, dict) else as_list(calls))
        return events

    def continuation(self, message: JsonObject) -> Continuation | None:
        """Return the text of a message that was added, where it has only one, and what adds further ones;
        else None.
        """
        filled = [name for name in message if name != "role" and message[name] not in _EMPTY]
        name = filled[0] if len(filled) == 1 else ""
        text = message.get(name)
        if not isinstance(text, str):
            return None
        if name in _THINKING:
            return text, lambda text: (self._append("reasoning", text),)
        if name != "content":
            return None
        if self._tags is not None:
            return text, lambda text: list(self._text(text))
        return text, lambda text: (self._append("text", text),)

    def flush(self) -> Sequence[TurnEvent]:
        """Return the events of what was kept back because it could have been the beginning of a tag."""
        if self._tags is None:
            return ()
        events = [self._append(kind, text) for kind, text in self._tags.end()]
        self._tags = ThinkTags("tags")
        return events

    def parts(self) -> list[Part]:
        """Return the parts so far.

        Reasoning is tagged as that of `/v1`, so that it goes back over either API.
        """
        return [part if isinstance(part, File | ToolCall) else self._run_part(*part) for part in self._parts]

    def _text(self, text: str) -> Iterator[TurnEvent]:
        if self._tags is None:
            yield self._append("text", text)
            return
        for kind, run in self._tags.feed(text):
            yield self._append(kind, run)

    def _append(self, kind: Literal["reasoning", "text"], text: str) -> TurnEvent:
        last = self._parts[-1] if self._parts else None
        if isinstance(last, tuple) and last[0] == kind:
            last[1].append(text)
        else:
            self._parts.append((kind, [text]))
        return TextChunk(text) if kind == "text" else ReasoningChunk(text)

    def _run_part(self, kind: Literal["reasoning", "text"], pieces: list[str]) -> Part:
        text = "".join(pieces)
        if kind == "text":
            return Text(text)
        return Reasoning(text, native=Native(self._origin, {"field": "reasoning"}))

    def _image(self, image: JsonValue) -> Iterator[TurnEvent]:
        try:
            file = File.from_bytes(base64.b64decode(as_text(image), validate=True))
        except (ConfigurationError, ValueError):
            return  # an image in no form that could be shown; the raw response still has it
        self._parts.append(file)
        yield FileReady(file)

    def _calls(self, items: Sequence[JsonValue]) -> Iterator[TurnEvent]:
        seen: dict[str, tuple[str, str]] = {}
        for item in items:
            fields = as_object(item)
            function = as_object(fields.get("function")) or fields  # some servers leave the envelope out
            id, name = as_text(fields.get("id")) or as_text(function.get("id")), as_text(function.get("name"))
            text = _arguments_text(function.get("arguments"))
            if not (id or name or text):
                continue
            if id and self._earlier_calls.get(id) == (name, text):
                continue  # the same call, repeated in a later line
            seen[id] = (name, text)
            call = tool_call(self._ids.claim(id or None), name, text, keep_fields(fields, self._origin))
            self._parts.append(call)
            yield ToolCallChunk(call.id, call.name, text)
        self._earlier_calls |= seen


_THINKING = ("thinking", "reasoning_content", "reasoning")  # the others are of servers that imitate Ollama


def _arguments_text(arguments: JsonValue) -> str:
    """Return the arguments of a call as text: Ollama sends an object, servers that imitate it may send
    text.
    """
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
