"""A turn put together from content blocks, whole ones and those that come in pieces."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from chat_core import (
    File,
    FileReady,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Origin,
    Part,
    ReasoningChunk,
    TextChunk,
    ToolCallChunk,
    TurnEvent,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import CallIds

from chat_bedrock.decode.parts import (
    call_part,
    cited_text,
    media_part,
    opaque_part,
    plain_text,
    reasoning_part,
)
from chat_bedrock.wire import MEDIA, SERVER_TOOL


@dataclass(slots=True)
class Block:
    """One content block as far as it has come.

    `kind` is the name of its one key. `pieces` are those of its text, or of a call's arguments. `data`
    holds the rest.
    """

    kind: str
    data: JsonObject = field(default_factory=dict[str, JsonValue])
    id: str = ""
    pieces: list[str] = field(default_factory=list[str])
    signature: list[str] = field(default_factory=list[str])
    redacted: list[str] = field(default_factory=list[str])
    citations: list[JsonValue] = field(default_factory=list[JsonValue])
    items: list[JsonValue] = field(default_factory=list[JsonValue])
    stopped: bool = False


class Assembly:
    """The blocks of one turn, by their indexes.

    Text and reasoning are not announced by Bedrock: their first delta opens the block. A call is. A block
    that starts twice, that continues after its end, or a call that continues without a start raises
    `InvalidResponse`.
    """

    def __init__(self, origin: Origin, ids: CallIds) -> None:
        self._origin = origin
        self._ids = ids
        self._blocks: dict[int, Block] = {}

    def start(self, index: int, start: JsonObject) -> list[TurnEvent]:
        """Open a block that is announced. Return the events that it gives."""
        if index in self._blocks:
            raise InvalidResponse(f"block {index} starts twice: {_quote(start)}")
        kind = next(iter(start), "")
        block = self._blocks[index] = Block(kind, as_object(start.get(kind)))
        if kind != "toolUse" or block.data.get("type") == SERVER_TOOL:
            return []
        block.id = self._ids.claim(as_text(block.data.get("toolUseId")))
        return [ToolCallChunk(block.id, as_text(block.data.get("name")), "")]

    def delta(self, index: int, delta: JsonObject) -> list[TurnEvent]:
        """Add to a block. Return the events that it gives."""
        kind = next(iter(delta), "")
        block = self._blocks.get(index)
        if block is None:
            if kind == "toolUse":
                raise InvalidResponse(f"a call continues that has not started: {_quote(delta)}")
            block = self._blocks[index] = Block(_OPENS.get(kind, kind))
        if kind and block.kind != _OPENS.get(kind, kind):
            raise InvalidResponse(f"block {index} is of kind {block.kind}, not {kind}: {_quote(delta)}")
        if block.stopped:
            raise InvalidResponse(f"block {index} continues after its end: {_quote(delta)}")
        return self._add(block, kind, delta[kind]) if kind else []

    def stop(self, index: int) -> list[TurnEvent]:
        """Close a block. Return the events that only its end gives."""
        block = self._blocks.get(index)
        if block is None:  # an empty text is neither announced nor continued
            return []
        already, block.stopped = block.stopped, True
        part = None if already else self._media(block)
        return [FileReady(part)] if part else []

    def add_block(self, value: JsonValue) -> list[TurnEvent]:
        """Add a whole block. Return the events that it gives."""
        index = len(self._blocks)
        whole = as_object(value)
        kind = next((key for key in whole if key != "type"), "")
        events = self._open_whole(index, kind, whole.get(kind))
        return events + self.stop(index)

    def _open_whole(self, index: int, kind: str, content: JsonValue) -> list[TurnEvent]:
        fields = as_object(content)
        match kind:
            case "toolUse":
                events = self.start(index, {kind: fields})
                return events + self._add_arguments(self._blocks[index], fields.get("input"))
            case "reasoningContent":
                block = self._blocks[index] = Block(kind)
                return self._add_reasoning(block, {**fields, **as_object(fields.get("reasoningText"))})
            case "citationsContent":
                block = self._blocks[index] = Block("text", {kind: content})
                block.citations += as_list(fields.get("citations"))
                texts = [as_object(item).get("text") for item in as_list(fields.get("content"))]
                return [event for text in texts for event in self._add_text(block, text)]
            case "text":
                block = self._blocks[index] = Block(kind)
                return self._add_text(block, content)
            case _:
                self._blocks[index] = Block(kind, fields)
                return []

    def parts(self) -> list[Part]:
        """Return the parts of the turn, in the order of their blocks."""
        return [part for index in sorted(self._blocks) if (part := self._part(self._blocks[index]))]

    def _add(self, block: Block, kind: str, value: JsonValue) -> list[TurnEvent]:
        """Add a piece of this kind to a block that is open."""
        match kind:
            case "text":
                return self._add_text(block, value)
            case "reasoningContent":
                return self._add_reasoning(block, as_object(value))
            case "toolUse":
                return self._add_arguments(block, as_object(value).get("input"))
            case "citation":
                block.citations.append(value)
            case "toolResult":
                block.items += as_list(value)
            case _:
                _add_media(block, as_object(value))
        return []

    def _add_text(self, block: Block, value: JsonValue) -> list[TurnEvent]:
        text = plain_text(value)
        if not text:
            return []
        block.pieces.append(text)
        return [TextChunk(text)]

    def _add_reasoning(self, block: Block, value: JsonObject) -> list[TurnEvent]:
        block.signature.append(as_text(value.get("signature")))
        block.redacted.append(as_text(value.get("redactedContent")))
        text = plain_text(value.get("text"))
        if not text:
            return []
        block.pieces.append(text)
        return [ReasoningChunk(text)]

    def _add_arguments(self, block: Block, value: JsonValue) -> list[TurnEvent]:
        text = plain_text(value)
        if not text:
            return []
        block.pieces.append(text)
        return [ToolCallChunk(block.id, as_text(block.data.get("name")), text)] if block.id else []

    def _part(self, block: Block) -> Part | None:
        text = "".join(block.pieces)
        match block.kind:
            case "text":
                return cited_text(
                    text, block.citations, as_object(block.data.get("citationsContent")), self._origin
                )
            case "reasoningContent":
                return reasoning_part(text, "".join(block.signature), "".join(block.redacted), self._origin)
            case "toolUse" if block.id:
                return call_part(block.id, text, block.data, is_whole=block.stopped)
            case kind:
                return self._media(block) or opaque_part(kind, block.data, text, block.items, self._origin)

    def _media(self, block: Block) -> File | None:
        if block.kind not in MEDIA:
            return None
        return media_part(block.kind, block.data, "".join(block.pieces))


_OPENS = {"citation": "text"}  # a citation may come before the text that it belongs to


def _add_media(block: Block, value: JsonObject) -> None:
    """Add a piece of a file; fields that are no bytes are kept as they are."""
    source = as_object(value.get("source"))
    if data := as_text(source.get("bytes")):
        block.pieces.append(data)
    block.data |= {key: item for key, item in value.items() if key != "source" or not data}


def _quote(value: JsonObject) -> str:
    return json.dumps(value, ensure_ascii=False)[:300]
