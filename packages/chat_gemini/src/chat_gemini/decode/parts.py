"""The parts of a turn, put together from the parts that its frames hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chat_core import (
    FileReady,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
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
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import CallIds

from chat_gemini.decode.calls import CallReader, OpenCall
from chat_gemini.decode.files import inline_file, stored_file
from chat_gemini.wire import DATA_FIELDS, SIGNATURE


@dataclass(slots=True)
class _TextRun:
    """Neighbouring pieces of text of one kind; a signed piece is never joined with another."""

    kind: type[Text | Reasoning]
    pieces: list[str]
    native: JsonObject = field(default_factory=dict[str, JsonValue])

    def part(self, origin: Origin) -> Text | Reasoning:
        return self.kind("".join(self.pieces), native=Native(origin, self.native) if self.native else None)


class PartAssembler:
    """The parts of one turn, in the order received."""

    def __init__(self, origin: Origin, ids: CallIds, names: Mapping[str, str]) -> None:
        self._origin = origin
        self._calls = CallReader(origin, ids, names)
        self._parts: list[_TextRun | OpenCall | Part] = []
        self._open: OpenCall | None = None

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, part: JsonObject) -> list[TurnEvent]:
        """Take a part of a frame, and return its events. Raises `InvalidResponse` where it cannot be read."""
        if len(part) == 1:
            text = part.get("text")
            return self._add_text(text, {}) if isinstance(text, str) else self._add(part)
        filled = [name for name in DATA_FIELDS if part.get(name) not in (None, "", {})]
        if len(filled) <= 1:
            return self._add(part)
        beside = {name: value for name, value in part.items() if name not in DATA_FIELDS}
        return [  # the wire allows one; a server that sends more loses none of them
            event
            for number, name in enumerate(filled)
            for event in self._add({name: part[name], **(beside if number == 0 else {})})
        ]

    def appender(self) -> Callable[[str], Sequence[TurnEvent]] | None:
        """Return what appends to the text that came last, and returns the events of that; None where anything
        else came last.
        """
        last = self._parts[-1] if self._parts else None
        if not isinstance(last, _TextRun) or last.kind is not Text or last.native:
            return None
        pieces = last.pieces

        def append(text: str) -> Sequence[TurnEvent]:
            pieces.append(text)
            return (TextChunk(text),)

        return append

    def close(self) -> list[TurnEvent]:
        """Return the events of the end: a call that is still open has not arrived whole."""
        return self._close(is_whole=False)

    def parts(self) -> list[Part]:
        """Return the parts as far as they have come. Whoever gets the calls may change them."""
        return [self._finished(part) for part in self._parts]

    def _add(self, part: JsonObject) -> list[TurnEvent]:
        match part:
            case {"functionCall": dict(call)}:
                return self._add_call(call, _beside(part))
            case {"inlineData": dict(blob)}:
                return self._add_file(blob, part)
            case {"fileData": dict(data)}:
                self._parts.append(stored_file(part, data, _beside(part), self._origin))
            case {"text": text} if text is not None:
                return self._add_text(_as_text(text), _beside(part))
            case _ if part.keys() - {
                "thought",
                SIGNATURE,
                "text",
            }:  # code, steps of tools, and what is yet unknown
                self._parts.append(Opaque(Native(self._origin, part)))
            case _:
                pass  # only a signature: the server refuses it when it is sent back
        return []

    def _add_text(self, text: str, native: JsonObject) -> list[TurnEvent]:
        is_signed = SIGNATURE in native
        if not text and not is_signed:
            return []
        is_thought = native.get("thought") is True
        # a signature on no text is sealed thinking, which goes back as it came
        kind: type[Text | Reasoning] = Reasoning if is_thought or not text else Text
        last = self._parts[-1] if self._parts else None
        if isinstance(last, _TextRun) and last.kind is kind and not is_signed and last.native == native:
            last.pieces.append(text)
        else:
            self._parts.append(_TextRun(kind, [text], native))
        if not text:
            return []
        return [ReasoningChunk(text) if is_thought else TextChunk(text)]

    def _add_file(self, blob: JsonObject, part: JsonObject) -> list[TurnEvent]:
        beside = _beside(part)
        file = inline_file(blob, beside, self._origin)
        if not file.preview:
            self._parts.append(file)
        elif SIGNATURE in beside:
            self._parts.append(Opaque(Native(self._origin, part)))
        return [FileReady(file)]

    def _add_call(self, call: JsonObject, beside: JsonObject) -> list[TurnEvent]:
        goes_on = call.get("willContinue") is True
        has_name = bool(as_text(call.get("name")))
        events = self._close(is_whole=False) if has_name else []
        if self._open is None:
            if not goes_on and "partialArgs" not in call:
                return events + self._add_whole_call(call, beside)
            self._open = self._calls.begin(call, beside, len(self._parts))
            self._parts.append(self._open)
            events.append(ToolCallChunk(self._open.id, self._open.name, ""))
        self._open.add(call, beside)
        return events if goes_on else events + self._close(is_whole=True)

    def _add_whole_call(self, call: JsonObject, beside: JsonObject) -> list[TurnEvent]:
        if not call.keys() & {"name", "id", "args", "arguments"}:
            return []  # the end of a call that has ended already
        made = self._calls.whole(call, beside)
        if made is None:
            return []
        self._parts.append(made)
        return [ToolCallChunk(made.id, made.name, made.arguments_text or "")]

    def _close(self, *, is_whole: bool) -> list[TurnEvent]:
        if (call := self._open) is None:
            return []
        self._open = None
        self._parts[call.at] = made = call.closed(is_whole=is_whole)
        return [ToolCallChunk(made.id, made.name, made.arguments_text or "")]

    def _finished(self, part: _TextRun | OpenCall | Part) -> Part:
        match part:
            case _TextRun():
                return part.part(self._origin)
            case OpenCall():
                return part.closed(is_whole=False)
            case ToolCall():
                return replace(part)
            case _:
                return part


def parts_of(candidate: JsonObject) -> list[JsonObject]:
    """Return the parts of a candidate's content, whatever container they stand in."""
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else content
    listed = parts if isinstance(parts, list) else [parts]
    return [part for value in listed if (part := _part(value))]


def has_content(part: JsonObject) -> bool:
    """Return whether a part says something: text, or data of any kind."""
    return bool(part.get("text")) or bool(part.keys() - {"text", "thought", SIGNATURE})


def _part(value: JsonValue) -> JsonObject:
    """Return a part; a bare string is a text."""
    return {"text": value} if isinstance(value, str) else as_object(value)


def _beside(part: JsonObject) -> JsonObject:
    """Return what stands beside the data of a part: its signature, and what else has to go back with it."""
    return {name: value for name, value in part.items() if name not in DATA_FIELDS}


def _as_text(value: JsonValue) -> str:
    """Return a text; some servers send a number or an object in its place, which becomes its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
