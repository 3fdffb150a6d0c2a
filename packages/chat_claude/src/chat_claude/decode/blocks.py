"""The content blocks of one turn, as they start, grow and stop.

A whole block is one that starts and stops at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from chat_core import (
    InvalidResponse,
    JsonObject,
    JsonValue,
    ReasoningChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_text
from chat_core.wire import CallIds

_TEXT_FIELDS = {"text": "text", "thinking": "thinking"}
_BLOCKS_OF_DELTAS = {
    "text_delta": "text",
    "citations_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
}
_WITHOUT_INPUT = frozenset({"text", "thinking", "redacted_thinking"})

Continuation: TypeAlias = tuple[str, Callable[[str], Sequence[TurnEvent]]]
"""The text of a delta, and what adds texts to its block."""


@dataclass(slots=True)
class Block:
    """A block as it started (`data`), and what came for it since.

    `pieces` are of its text, or of the JSON of its input. `call_id` is the id of the call that it becomes, if
    it is one. `texts` and `lists` are further fields that grew by deltas of unknown types.
    """

    data: JsonObject
    kind: str
    call_id: str = ""
    pieces: list[str] = field(default_factory=list[str])
    signature: list[str] = field(default_factory=list[str])
    citations: list[JsonValue] = field(default_factory=list[JsonValue])
    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    lists: dict[str, list[JsonValue]] = field(default_factory=dict[str, list[JsonValue]])
    stopped: bool = False

    @property
    def wire_id(self) -> str:
        """The id that the server gave."""
        return as_text(self.data.get("id"))

    @property
    def name(self) -> str:
        """The name of the tool that is called."""
        return as_text(self.data.get("name"))

    @property
    def text(self) -> str:
        """The text so far, or the JSON of the input so far."""
        return "".join(self.pieces)

    def whole_data(self) -> JsonObject:
        """Return the fields of the block as they are by now, without the text and the input."""
        data: JsonObject = {**self.data, **self.lists}
        data |= {name: "".join(texts) for name, texts in self.texts.items()}
        if self.signature:
            data["signature"] = "".join(self.signature)
        if self.citations:
            data["citations"] = self.citations
        return data


class TurnBlocks:
    """The blocks of one turn. It returns the events of what they add, and does no I/O.

    An index may be used again once its block has stopped: some servers send 0 for all.
    """

    def __init__(self, ids: CallIds) -> None:
        self._ids = ids
        self._by_index: dict[int, Block] = {}
        self._blocks: list[tuple[int, Block]] = []
        self._calls: dict[str, Block] = {}

    def start(self, index: int, data: JsonObject) -> Sequence[TurnEvent]:
        """Open a block and return the events of what it holds already.

        Raises `InvalidResponse` if one is open there.
        """
        before = self._by_index.get(index)
        if before is not None and not before.stopped:
            raise InvalidResponse(f"block {index} starts again before its end: {json.dumps(data)[:200]}")
        kind = as_text(data.get("type")) or ("text" if isinstance(data.get("text"), str) else "")
        block = self._by_index[index] = Block({**data}, kind)
        self._blocks.append((index, block))
        if kind in _TEXT_FIELDS:
            if isinstance(citations := data.get("citations"), list):
                block.citations += citations
            return _grow(block, content_text(data.get(_TEXT_FIELDS[kind])))
        if kind == "tool_use" and not self._same_call(block):
            return self._begin_call(block)
        return ()

    def add(self, index: int, delta: JsonObject) -> Sequence[TurnEvent]:
        """Add a delta and return the events of what it adds.

        Raises `InvalidResponse` for a block that is not open or is of another type.
        """
        block = self._by_index.get(index)
        kind = as_text(delta.get("type"))
        if block is None or block.stopped:
            state = "has not started" if block is None else "has stopped"
            raise InvalidResponse(f"a delta for block {index}, which {state}: {json.dumps(delta)[:200]}")
        if _BLOCKS_OF_DELTAS.get(kind, block.kind) != block.kind or (
            kind == "input_json_delta" and block.kind in _WITHOUT_INPUT
        ):
            raise InvalidResponse(f"a {kind} for block {index}, a {block.kind}: {json.dumps(delta)[:200]}")
        match kind:
            case "text_delta":
                return _grow(block, content_text(delta.get("text")))
            case "thinking_delta":
                return _grow(block, content_text(delta.get("thinking")))
            case "input_json_delta":
                return _add_input(block, content_text(delta.get("partial_json")))
            case "signature_delta":
                block.signature.append(as_text(delta.get("signature")))
            case "citations_delta":
                block.citations.append(delta.get("citation"))
            case _:
                _merge(block, delta)
        return ()

    def continuation(self, index: JsonValue, delta: JsonValue) -> Continuation | None:
        """Return the text of a delta that only adds to the text, the thinking or the input of its block, and
        what does with it and with the next ones as `add` does; None for any other delta.
        """
        block = self._by_index.get(index) if type(index) is int else None
        if block is None or block.stopped or type(delta) is not dict:
            return None
        chunk: Callable[[str], TurnEvent]
        match delta.get("type"), block.kind:
            case "text_delta", "text":
                text, chunk = delta.get("text"), TextChunk
            case "thinking_delta", "thinking":
                text, chunk = delta.get("thinking"), ReasoningChunk
            case "input_json_delta", _ if block.call_id:
                text, chunk = delta.get("partial_json"), partial(ToolCallChunk, block.call_id, block.name)
            case _:
                return None
        if type(text) is not str or not text:
            return None
        pieces = block.pieces

        def append(text: str) -> Sequence[TurnEvent]:
            pieces.append(text)
            return (chunk(text),)

        return text, append

    def stop(self, index: int) -> Sequence[TurnEvent]:
        """Close a block and return the events of what is known only now.

        Raises `InvalidResponse` if it never started.
        """
        block = self._by_index.get(index)
        if block is None:
            raise InvalidResponse(f"the end of block {index}, which has not started")
        events: list[TurnEvent] = []
        if block.kind == "tool_use" and not block.stopped:
            given = block.data.get("input")
            if given not in (None, {}) and not block.text.strip():  # called by code: it comes with the start
                events += _add_input(block, content_text(given))
            same = self._same_call(block) if not block.call_id else None
            if not block.call_id and (same is None or block.text not in ("", same.text)):
                events += [*self._begin_call(block), ToolCallChunk(block.call_id, block.name, block.text)]
        block.stopped = True
        return events

    def whole(self, content: JsonValue) -> Sequence[TurnEvent]:
        """Add the content of a whole message and return its events. A text alone is one block of text."""
        items = content if isinstance(content, list) else [content]
        events: list[TurnEvent] = []
        for index, item in enumerate(items):
            if item is None:
                continue
            block: JsonObject = (
                item if isinstance(item, dict) else {"type": "text", "text": content_text(item)}
            )
            events += self.start(index, block)
            events += self.stop(index)
        return events

    @property
    def has_open(self) -> bool:
        """Whether a block has not stopped."""
        return any(not block.stopped for block in self._by_index.values())

    def in_order(self) -> list[Block]:
        """Return the blocks by index, without calls that a server has repeated."""
        ordered = sorted(self._blocks, key=lambda entry: entry[0])
        return [block for _, block in ordered if block.kind != "tool_use" or block.call_id]

    def _begin_call(self, block: Block) -> Sequence[TurnEvent]:
        block.call_id = self._ids.claim(block.wire_id)
        self._calls.setdefault(block.wire_id, block)
        return (ToolCallChunk(block.call_id, block.name, ""),)

    def _same_call(self, block: Block) -> Block | None:
        """Return the call that had the id first, if the server gives any.

        Under the same id it may be repeated, which counts once, or be another call, which its arguments tell.
        """
        return self._calls.get(block.wire_id) if block.wire_id else None

    def __len__(self) -> int:
        return len(self._blocks)


def content_text(value: JsonValue) -> str:
    """Return content as text; a number or an object, which some servers send instead, as its JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _grow(block: Block, text: str) -> Sequence[TurnEvent]:
    if not text:
        return ()
    block.pieces.append(text)
    return (ReasoningChunk(text) if block.kind == "thinking" else TextChunk(text),)


def _add_input(block: Block, text: str) -> Sequence[TurnEvent]:
    block.pieces.append(text)
    if block.call_id and text:
        return (ToolCallChunk(block.call_id, block.name, text),)
    return ()


def _merge(block: Block, delta: JsonObject) -> None:
    """Add a delta of an unknown type: its texts and lists continue those of the block, anything else
    replaces.
    """
    for name, value in delta.items():
        if name == "type":
            continue
        before = block.data.get(name)
        if isinstance(value, str) and (isinstance(before, str) or name in block.texts):
            block.texts.setdefault(name, [as_text(before)]).append(value)
        elif isinstance(value, list) and (isinstance(before, list) or name in block.lists):
            block.lists.setdefault(name, list(before) if isinstance(before, list) else []).extend(value)
        else:
            block.data[name] = value
