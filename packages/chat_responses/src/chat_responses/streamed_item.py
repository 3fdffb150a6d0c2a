"""One output item of a stream, as far as its events have come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from chat_core import (
    Failed,
    File,
    FileReady,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.wire import CallIds, fail_pending

from chat_responses.client_calls import call_arguments, client_tool_name, is_client_call
from chat_responses.decode.images import image
from chat_responses.decode.parts import PARAGRAPH, contents, is_aside, name_of, read_item, thoughts, written
from chat_responses.items import CALL_TYPES, call_id

_THOUGHTS: Final = ("summary", "thought")
_CHUNKS: Final[dict[str, Callable[[str], TurnEvent]]] = {
    "text": TextChunk,
    "refusal": RefusalChunk,
    "summary": ReasoningChunk,
    "thought": ReasoningChunk,
}


class StreamedItem:
    """One output item: `item` as the server last sent it, and the texts and arguments that came in pieces.

    state | what comes            | what happens
    ------|-----------------------|------------------------------------------------------------------
    open  | `begin(item)`         | the item is kept; a call is shown once its name is known, or it is whole
    open  | a delta               | it is kept, and shown
    open  | the end of a text     | it replaces the pieces; what they left out is shown
    any   | `complete(item)`      | the item counts, but for texts that only came in pieces; now it is whole
    whole | a beginning, a delta  | nothing: the item has it already
    """

    __slots__ = (
        "_arguments",
        "_file",
        "_id",
        "_ids",
        "_origin",
        "_shown",
        "_texts",
        "confirmed",
        "is_whole",
        "item",
    )

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self.item: JsonObject = {}
        self.is_whole: bool = False
        self.confirmed: bool = False  # whether the end of a call's arguments has come
        self._origin = origin
        self._ids = ids
        self._id = ""  # of a call, in this conversation
        self._texts: dict[tuple[str, int], list[str]] = {}
        self._arguments: list[str] = []
        self._shown = 0  # how many characters of the arguments were shown
        self._file: File | None = None

    @property
    def has_content(self) -> bool:
        """Whether anything has come that the response has to contain."""
        return self.is_whole or bool(self._texts) or (bool(self._arguments) and bool(name_of(self.item)))

    def begin(self, item: JsonObject) -> Sequence[TurnEvent]:
        """Take the beginning of the item. Return the call's chunk, where it is a call."""
        if self.is_whole:
            return ()
        self.item = item
        if item.get("type") not in CALL_TYPES or self._id:
            return ()
        if (begun := written(item)) and not self._arguments:
            self._arguments.append(begun)
        return self._show_arguments()

    def append(self, kind: str, index: int, text: str) -> Sequence[TurnEvent]:
        """Take a piece of a text:

        `kind` is "text", "refusal", "summary" or "thought", `index` its place in the item.
        """
        if self.is_whole or not text:
            return ()
        return self._show(kind, index, text)

    def appender(self, kind: str, index: int) -> Callable[[str], Sequence[TurnEvent]] | None:
        """Return what does as `append` for further pieces of a text that has begun; None where it has not, or
        the item is whole.
        """
        pieces = self._texts.get((kind, index))
        if self.is_whole or pieces is None:
            return None
        aside = kind == "text" and is_aside(self.item)
        chunk = partial(TextChunk, aside=True) if aside else _CHUNKS[kind]

        def append(text: str) -> Sequence[TurnEvent]:
            pieces.append(text)
            return (chunk(text),)

        return append

    def end_text(self, kind: str, index: int, text: str) -> Iterator[TurnEvent]:
        """Take a whole text. What its pieces left out is shown, as long as they agree with it."""
        pieces = self._texts.get((kind, index))
        shown = "".join(pieces) if pieces else ""
        if not text or text == shown:
            return
        if text.startswith(shown):
            yield from self._show(kind, index, text[len(shown) :])
        self._texts[kind, index] = [text]

    def append_arguments(self, text: str) -> Sequence[TurnEvent]:
        """Take a piece of a call's arguments."""
        if self.is_whole or not text:
            return ()
        self._arguments.append(text)
        if not self._id:
            return ()
        self._shown += len(text)
        return (ToolCallChunk(self._id, name_of(self.item), text),)

    def end_arguments(self, text: str) -> Sequence[TurnEvent]:
        """Take the whole arguments of a call. Nothing in place of what came in pieces is no end."""
        if text or not self._arguments:
            self._arguments = [text]
        self.confirmed = True
        return self._show_arguments()

    def complete(self, item: JsonObject) -> Iterator[TurnEvent]:
        """Take the whole item, and yield what of it has not been shown yet."""
        self.item, self.is_whole = item, True
        match item.get("type"):
            case "message":
                for kind, index, text in contents(item):
                    yield from self.end_text(kind, index, text)
            case "reasoning":
                for kind, index, text in thoughts(item):
                    yield from self.end_text(kind, index, text)
            case "function_call" | "custom_tool_call":
                yield from self.end_arguments(written(item))
            case _ if is_client_call(item):
                yield from self._show_client_call(item)
            case "image_generation_call" if self._file is None:
                self._file = image(item, "result")
                if self._file is not None:
                    parts = read_item(item, self._origin, str)
                    yield from (FileReady(part) for part in parts if isinstance(part, File))
            case _:
                pass

    def parts(self, *, gaps: bool) -> list[Part]:
        """Return the item as parts. One without its end carries nothing native: it could not be sent back.

        Arguments whose end has not come are not run where events are known to be missing (`gaps`), or where
        there are none: they may have been on their way.
        """
        texts = {key: "".join(pieces) for key, pieces in sorted(self._texts.items())}
        if self.item.get("type") in CALL_TYPES or (not texts and self._arguments):
            return self._call(gaps=gaps)
        if self.is_whole and not self._has_lost(texts):
            return read_item(self.item, self._origin, self._claim_id)
        begun = _begun(self.item, texts)
        parts = read_item(begun, self._origin, self._claim_id) if begun else []
        native = Native(self._origin, self.item) if self.is_whole else None
        return [
            replace(part, native=native if isinstance(part, Reasoning) else None)
            for part in parts
            if not isinstance(part, Opaque)
        ]

    def _call(self, *, gaps: bool) -> list[Part]:
        if not name_of(self.item) and not self.is_whole:
            return []
        text = "".join(self._arguments)
        item: JsonObject = {**self.item, _written_in(self.item): text}
        [call] = read_item(item, self._origin, self._claim_id)
        if not self.is_whole and isinstance(call, ToolCall):
            call.native = None
            if gaps and not self.confirmed:
                call.status = Failed(f"Events of the stream are missing, so {call.name} was not run.")
            elif not self.confirmed and not (text.strip() and call.arguments):  # `{}` may be a placeholder
                fail_pending([call], f"The arguments of {call.name} never came; the call was not run.")
        return [call]

    def _has_lost(self, texts: dict[tuple[str, int], str]) -> bool:
        """Return whether the whole item lacks texts that came in pieces, as some servers send it."""
        if not texts:
            return False
        pieces = thoughts if self.item.get("type") == "reasoning" else contents
        return not any(text for _, _, text in pieces(self.item))

    def _show(self, kind: str, index: int, text: str) -> Sequence[TurnEvent]:
        pieces = self._texts.get((kind, index))
        if pieces is not None:
            pieces.append(text)
        else:
            is_first = not self._texts
            self._texts[kind, index] = [text]
            if kind in _THOUGHTS and not is_first:
                return (ReasoningChunk(PARAGRAPH + text),)
        if kind == "text" and is_aside(self.item):
            return (TextChunk(text, aside=True),)
        return (_CHUNKS[kind](text),)

    def _show_arguments(self) -> Sequence[TurnEvent]:
        """Return the chunk of what has not been shown: nothing before the call's name is known.

        A call that has none to its end is shown all the same: the model is told that there is no such tool.
        """
        if not (name := name_of(self.item)) and not self.is_whole:
            return ()
        is_first = not self._id
        self._claim_id(call_id(self.item))
        text = "".join(self._arguments)
        more, self._shown = text[self._shown :], max(self._shown, len(text))
        return (ToolCallChunk(self._id, name, more),) if more or is_first else ()

    def _show_client_call(self, item: JsonObject) -> Sequence[TurnEvent]:
        """Return the chunk of a call whose arguments are an object of the item. It is shown once."""
        if self._id:
            return ()
        arguments = json.dumps(call_arguments(item), ensure_ascii=False)
        return (ToolCallChunk(self._claim_id(call_id(item)), client_tool_name(item), arguments),)

    def _claim_id(self, id: str) -> str:
        if not self._id:
            self._id = self._ids.claim(id)
        return self._id


def _written_in(item: JsonObject) -> str:
    return "arguments" if item.get("type") == "function_call" else "input"


def _begun(item: JsonObject, texts: dict[tuple[str, int], str]) -> JsonObject | None:
    """Return an item as far as its pieces go, or None where there are none."""
    if any(kind in _THOUGHTS for kind, _ in texts):
        pieces: dict[str, list[JsonValue]] = {
            kind: [{"text": text} for (other, _), text in texts.items() if other == kind]
            for kind in _THOUGHTS
        }
        return {"type": "reasoning", "summary": pieces["summary"], "content": pieces["thought"]}
    if not texts:
        return None
    content: list[JsonValue] = [
        {"type": "output_text", "text": text} if kind == "text" else {"type": "refusal", "refusal": text}
        for (kind, _), text in sorted(texts.items(), key=lambda entry: entry[0][1])
    ]
    return {"type": "message", "content": content, "phase": item.get("phase")}
