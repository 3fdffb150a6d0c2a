"""A turn put together from chunks. A whole answer is one chunk, so that every field is read in one place."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace

from chat_core import (
    ChatResponse,
    ConfigurationError,
    File,
    FileReady,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    ReasoningChunk,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    Turn,
    TurnEvent,
    Usage,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.tool_calls import fail_pending, mark_truncated, tool_call

from chat_gemini.citations import cited
from chat_gemini.partial import Arguments

_DATA = frozenset(
    {
        *(
            "text",
            "inlineData",
            "fileData",
            "functionCall",
            "functionResponse",
            "executableCode",
            "codeExecutionResult",
        ),
        *("toolCall", "toolResponse"),
    }
)

_FILTERED = (
    *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
)
_FINISH: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "1": "stop",  # where a bridge prints enums as their numbers
    "2": "length",
    "3": "content_filter",
    "4": "content_filter",
    **dict[str, FinishReason].fromkeys(_FILTERED, "content_filter"),
}
_BROKEN_OFF = frozenset(
    {
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"),
        *("MISSING_THOUGHT_SIGNATURE", "OTHER"),
    }
)


@dataclass(slots=True)
class _Said:
    """Neighbouring pieces of text of one kind. `native` is what stood beside the text; a signed piece is never joined."""

    kind: type[Text | Reasoning]
    pieces: list[str]
    native: JsonObject = field(default_factory=dict[str, JsonValue])

    def part(self, origin: Origin) -> Text | Reasoning:
        return self.kind("".join(self.pieces), native=Native(origin, self.native) if self.native else None)


@dataclass(slots=True)
class _OpenCall:
    """A call whose arguments still arrive."""

    id: str
    name: str
    native: JsonObject
    arguments: Arguments = field(default_factory=Arguments)


class Assembly:
    """The first candidate of one turn, its parts in the order received.

    `ended` says whether it is whole as far as the chunks tell: the last one with content has a finish reason, and is not code
    that has yet to run.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._parts: list[_Said | _OpenCall | Part] = []
        self._open: _OpenCall | None = None
        self._turn = Turn()
        self._blocked = False
        self._index: int | None = None  # of the candidate that began first
        self._others: set[int] = set()
        self._message: str | None = None
        self._spent = Usage()
        self._used: JsonObject = {}
        self._raw: JsonObject = {}
        self._candidate: JsonObject = {}
        self.anything = False
        self.ended = False

    def add(self, chunk: JsonObject) -> list[TurnEvent]:
        """Take a chunk, or a whole answer; what it says. Raises `InvalidResponse` where a part of it cannot be read."""
        self._describe(chunk)
        candidates = [
            candidate for candidate in as_list(chunk.get("candidates")) if isinstance(candidate, dict)
        ]
        if self._index is None and candidates:
            self._index = min(map(_index, candidates))
        first = next((candidate for candidate in candidates if _index(candidate) == self._index), None)
        self._others |= {_index(candidate) for candidate in candidates if candidate is not first}
        feedback = as_object(chunk.get("promptFeedback"))
        if reason := _word(feedback.get("blockReason")):
            self._turn = replace(self._turn, finish_reason="content_filter", raw_finish_reason=reason)
            self._message = as_text(feedback.get("blockReasonMessage")) or f"the prompt was blocked: {reason}"
            self._blocked = self.ended = self.anything = True
        return self._add_candidate(first) if first is not None else []

    @property
    def continuation(self) -> str | None:
        """The token to ask for the rest with, where the server has put down the pen in the middle of a turn."""
        token = as_text(self._candidate.get("continuationToken"))
        return token if token and self._turn.raw_finish_reason == "CONTINUATION" else None

    def resume(self) -> None:
        """The rest is being asked for: what it costs comes on top."""
        self._spent += self._usage()
        self._used = {}
        self._candidate.pop("continuationToken", None)
        self._turn = replace(self._turn, finish_reason="other", raw_finish_reason=None)
        self.ended = False

    def response(self, notices: tuple[Notice, ...] = (), raw: JsonObject | None = None) -> ChatResponse:
        """The turn as far as it has come. Calls of a turn that broke off, or that are malformed, are `Failed`."""
        parts = [self._finished(part) for part in self._parts]
        reason = self._turn.finish_reason
        calls = [part for part in parts if isinstance(part, ToolCall)]
        if calls and reason == "stop":
            reason = "tool_calls"
        if (word := self._turn.raw_finish_reason) in _BROKEN_OFF:
            fail_pending(
                calls, f"The turn ended with {word}, so the call was not run. {self._message or ''}".rstrip()
            )
        usage = replace(self._spent + self._usage(), raw=self._used)
        turn = replace(self._turn, finish_reason=reason, usage=usage)
        message = Message("model", cited(parts, self._candidate), turn=turn)
        return ChatResponse(message, self._notices() + notices, raw=raw or self._described())

    def partial(self) -> ChatResponse:
        """The turn as far as it came before a cut: nothing of it may run."""
        return mark_truncated(self.response())

    def _describe(self, chunk: JsonObject) -> None:
        """Keep what a chunk says besides content: the first and the last do, those between repeat it."""
        if said := as_object(chunk.get("usageMetadata")):
            leaves_out = not said.keys() >= self._used.keys()
            self._used = {**self._used, **said} if leaves_out and not _adds_up(said) else said
        if (
            self._turn.id is not None
            and self._turn.model == chunk.get("modelVersion")
            and chunk.keys() <= self._raw.keys() | _APART
        ):
            return
        id = self._turn.id or as_text(chunk.get("responseId")) or None
        model = as_text(chunk.get("modelVersion")) or self._turn.model
        if id != self._turn.id or model != self._turn.model:
            self._turn = replace(self._turn, id=id, model=model)
        self._raw |= {key: value for key, value in chunk.items() if key not in _APART and value}

    def _described(self) -> JsonObject:
        return {
            **self._raw,
            **({"candidates": [self._candidate]} if self._candidate else {}),
            **({"usageMetadata": self._used} if self._used else {}),
        }

    def _add_candidate(self, candidate: JsonObject) -> list[TurnEvent]:
        self.anything = True
        for key, value in candidate.items():
            if (
                key == "groundingMetadata"
                and not as_object(value).get("groundingChunks")
                and self._candidate.get(key)
            ):
                continue  # most chunks have an empty one
            if key != "content" and value:
                self._candidate[key] = value
        events: list[TurnEvent] = []
        parts = [
            part
            for part in as_list(as_object(candidate.get("content")).get("parts"))
            if isinstance(part, dict)
        ]
        for part in parts:
            self._add_part(part, events)
        reason = _word(candidate.get("finishReason"))
        if reason is not None:
            self._close(events)
            self._turn = replace(
                self._turn, finish_reason=_FINISH.get(reason, "other"), raw_finish_reason=reason
            )
            self._message = as_text(candidate.get("finishMessage")) or None
        if not self._blocked and (reason is not None or any(map(_says_something, parts))):
            runs = (
                reason == "STOP" and bool(parts) and "executableCode" in parts[-1]
            )  # what it prints is yet to come
            self.ended = reason is not None and not runs
        return events

    def _add_part(self, part: JsonObject, events: list[TurnEvent]) -> None:
        match part:
            case {"functionCall": dict(call)}:
                self._call(call, part, events)
            case {"text": str(text)}:
                self._say(text, _beside(part, "text"), events)
            case {"inlineData": dict(blob)}:
                self._file(blob, part, events)
            case {"fileData": dict(data)}:
                self._parts.append(self._stored_file(data, part))
            case _ if part.keys() - {
                "thought",
                "thoughtSignature",
            }:  # code, its results, server-side steps, what is yet unknown
                self._parts.append(Opaque(Native(self._origin, part)))
            case _:
                pass  # only a signature: the server refuses it when it is sent back

    def _say(self, text: str, native: JsonObject, events: list[TurnEvent]) -> None:
        thought = native.get("thought") is True
        if text:
            events.append(ReasoningChunk(text) if thought else TextChunk(text))
        elif "thoughtSignature" not in native:
            return
        # a signature on no text is sealed thinking, which goes back as it came
        kind: type[Text | Reasoning] = Reasoning if thought or not text else Text
        last = self._parts[-1] if self._parts else None
        plain = "thoughtSignature" not in native
        if isinstance(last, _Said) and last.kind is kind and plain and last.native == native:
            last.pieces.append(text)
        else:
            self._parts.append(_Said(kind, [text], native))

    def _file(self, blob: JsonObject, part: JsonObject, events: list[TurnEvent]) -> None:
        encoded = as_text(blob.get("data"))
        try:
            data = base64.b64decode(
                encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4), validate=True
            )
        except ValueError as exc:
            raise InvalidResponse(f"the data of a file is not base64: {encoded[:60]!r}") from exc
        native = _beside(part, "inlineData")
        preview = native.get("thought") is True  # a sketch on the way to the picture
        tag = Native(self._origin, native) if native else None
        file = File(as_text(blob.get("mimeType")) or None, data, preview=preview, native=tag)
        events.append(FileReady(file))
        if not preview:
            self._parts.append(file)
        elif "thoughtSignature" in native:
            self._parts.append(Opaque(Native(self._origin, part)))

    def _stored_file(self, data: JsonObject, part: JsonObject) -> Part:
        native = _beside(part, "fileData")
        tag = Native(self._origin, native) if native else None
        try:
            file = File.from_url(as_text(data.get("fileUri")), as_text(data.get("mimeType")) or None)
        except (ConfigurationError, ValueError):
            return Opaque(Native(self._origin, part))
        return replace(file, native=tag)

    def _call(self, call: JsonObject, part: JsonObject, events: list[TurnEvent]) -> None:
        name = as_text(call.get("name"))
        arrives = call.get("willContinue") is True or "partialArgs" in call
        if self._open is not None and name:
            self._close(events)
        if self._open is None and not arrives:
            self._whole_call(call, part, events)
            return
        if self._open is None:
            native = _beside(part, "functionCall") | ({"id": call["id"]} if call.get("id") else {})
            self._open = _OpenCall(self._ids.claim(as_text(call.get("id"))), name, native)
            self._parts.append(self._open)
            events.append(ToolCallChunk(self._open.id, name, ""))
        elif signature := part.get("thoughtSignature"):
            self._open.native.setdefault("thoughtSignature", signature)
        for piece in as_list(call.get("partialArgs")):
            self._open.arguments.add(as_object(piece))
        if not call.get("willContinue"):
            self._close(events)

    def _whole_call(self, call: JsonObject, part: JsonObject, events: list[TurnEvent]) -> None:
        name, wire_id = as_text(call.get("name")), as_text(call.get("id"))
        native = _beside(part, "functionCall") | ({"id": wire_id} if wire_id else {})
        made = self._made(self._ids.claim(wire_id), name, call.get("args"), native)
        self._parts.append(made)
        events.append(ToolCallChunk(made.id, name, made.arguments_text or ""))

    def _close(self, events: list[TurnEvent]) -> None:
        """The arguments of the open call, if there is one, are whole."""
        if self._open is not None:
            made = self._finished(self._open)
            assert isinstance(made, ToolCall)
            events.append(ToolCallChunk(made.id, made.name, made.arguments_text or ""))
            self._parts = [made if part is self._open else part for part in self._parts]
            self._open = None

    def _made(self, id: str, name: str, arguments: JsonValue, native: JsonObject) -> ToolCall:
        text = json.dumps({} if arguments is None else arguments, ensure_ascii=False)
        return tool_call(id, name, text, Native(self._origin, native))

    def _finished(self, part: _Said | _OpenCall | Part) -> Part:
        match part:
            case _Said():
                return part.part(self._origin)
            case _OpenCall(id, name, native, arguments):
                return self._made(id, name, arguments.value, native)
            case ToolCall():
                return replace(part)  # whoever gets the response may change it
            case _:
                return part

    def _usage(self) -> Usage:
        return usage(self._used)

    def _notices(self) -> tuple[Notice, ...]:
        notices: list[Notice] = []
        if self._others:
            notices.append(
                Notice(
                    "n",
                    f"the server sent {1 + len(self._others)} candidates; the response is the first of them",
                )
            )
        odd = self._blocked or self._turn.finish_reason not in ("stop", "length") or not self.ended
        if odd and self._message:
            notices.append(Notice("finish_reason", self._message))
        if self._index is None and not self._blocked:
            notices.append(Notice("candidates", "the server answered without any candidate"))
        return tuple(notices)


def usage(said: JsonObject) -> Usage:
    """The provider's numbers in the common convention: thoughts count as output. Unsaid ones are None."""
    output, thoughts = as_count(said.get("candidatesTokenCount")), as_count(said.get("thoughtsTokenCount"))
    return Usage(
        input_tokens=as_count(said.get("promptTokenCount")),
        output_tokens=None if output is None and thoughts is None else (output or 0) + (thoughts or 0),
        cache_read_tokens=as_count(said.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
        total_tokens=as_count(said.get("totalTokenCount")),
        raw=said,
    )


_APART = frozenset({"candidates", "usageMetadata"})
_COUNTS = ("promptTokenCount", "candidatesTokenCount", "toolUsePromptTokenCount", "thoughtsTokenCount")


def _adds_up(said: JsonObject) -> bool:
    """Whether the counts make up the total, so that what is left out is zero. Else it was left out for this chunk only."""
    return as_count(said.get("totalTokenCount")) == sum(as_count(said.get(name)) or 0 for name in _COUNTS)


def _index(candidate: JsonObject) -> int:
    return as_count(candidate.get("index")) or 0


def _says_something(part: JsonObject) -> bool:
    return bool(part.get("text")) or bool(part.keys() - {"text", "thought", "thoughtSignature"})


def _beside(part: JsonObject, data: str) -> JsonObject:
    """What stands beside the data of a part: its signature, whether it is a thought, and what else has to go back with it."""
    return {key: value for key, value in part.items() if key != data and key not in _DATA}


def _word(value: JsonValue) -> str | None:
    """An enum value as text; some bridges print its number. None for none, and for "unspecified"."""
    word = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return None if word in ("", "0", "FINISH_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED") else word
