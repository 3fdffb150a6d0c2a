"""A turn put together from content blocks. A whole block is one that starts and stops, so that every field is read in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chat_core import (
    Citation,
    InvalidResponse,
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
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.tool_calls import read_arguments, tool_call

_TEXTS = {
    "text": "text",
    "thinking": "thinking",
}  # the field that holds what is shown, by the type of its block


@dataclass(slots=True)
class _Block:
    """A block as it started, and what came for it since."""

    data: JsonObject
    id: str = ""
    pieces: list[str] = field(default_factory=list[str])
    signature: list[str] = field(default_factory=list[str])
    stopped: bool = False


class Assembly:
    """The parts of one turn, in the order of their indexes. `prefix` digests what stands before it, when it thinks."""

    def __init__(self, origin: Origin, ids: CallIds, prefix: Callable[[], str]) -> None:
        self._origin = origin
        self._ids = ids
        self._prefix = prefix
        self._blocks: dict[int, _Block] = {}

    def start(self, index: int, data: JsonObject) -> list[TurnEvent]:
        """Open a block; what it already says."""
        block = self._blocks[index] = _Block(dict(data))
        match data.get("type"):
            case "text" | "thinking" as kind:
                return self._show(block, as_text(data.get(_TEXTS[kind])))
            case "tool_use":
                block.id = self._ids.claim(as_text(data.get("id")))
                return [ToolCallChunk(block.id, as_text(data.get("name")), "")]
            case _:
                return []

    def delta(self, index: int, delta: JsonObject) -> list[TurnEvent]:
        """More of a block; what it says. Raises `InvalidResponse` for a block that never started."""
        block = self._blocks.get(index)
        if block is None:
            raise InvalidResponse(
                f"a delta for block {index}, which has not started: {json.dumps(delta)[:200]}"
            )
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                return self._show(block, text)
            case {"type": "thinking_delta", "thinking": str(text)}:
                return self._show(block, text)
            case {"type": "input_json_delta", "partial_json": str(text)}:
                block.pieces.append(text)
                if block.id and text:
                    return [ToolCallChunk(block.id, as_text(block.data.get("name")), text)]
            case {"type": "signature_delta", "signature": str(signature)}:
                block.signature.append(signature)
            case {"type": "citations_delta", "citation": citation}:
                block.data["citations"] = [*as_list(block.data.get("citations")), citation]
            case _:
                _merge(block.data, delta)
        return []

    def stop(self, index: int) -> list[TurnEvent]:
        """Close a block; what it says only now."""
        block = self._blocks.get(index)
        if block is None:
            raise InvalidResponse(f"the end of block {index}, which has not started")
        block.stopped = True
        if block.id and not "".join(block.pieces) and (given := block.data.get("input")) not in (None, {}):
            block.pieces = [
                json.dumps(given, ensure_ascii=False)
            ]  # called by code: its input comes with its start
            return [ToolCallChunk(block.id, as_text(block.data.get("name")), block.pieces[0])]
        return []

    def parts(self) -> list[Part]:
        """All of it. A call whose input is no JSON object is `Failed`."""
        return [self._part(self._blocks[index]) for index in sorted(self._blocks)]

    @property
    def served_by(self) -> str | None:
        """The model that answered, where one stepped in for another."""
        named = (
            as_text(as_object(block.data.get("to")).get("model"))
            for block in self._blocks.values()
            if _is_fallback(block)
        )
        return next(reversed([name for name in named if name]), None)

    def _show(self, block: _Block, text: str) -> list[TurnEvent]:
        if not text:
            return []
        block.pieces.append(text)
        return [ReasoningChunk(text) if block.data.get("type") == "thinking" else TextChunk(text)]

    def _part(self, block: _Block) -> Part:
        match block.data.get("type"):
            case "text":
                return self._text(block)
            case "thinking":
                return self._thinking(block)
            case "redacted_thinking":
                return Reasoning("", native=self._sealed(block.data))
            case "tool_use":
                return self._call(block)
            case _:
                return Opaque(Native(self._origin, dict(self._whole(block))))

    def _text(self, block: _Block) -> Text:
        cited = [citation for citation in as_list(block.data.get("citations")) if isinstance(citation, dict)]
        rest = {
            key: value
            for key, value in block.data.items()
            if key not in ("type", "text") and not (key == "citations" and cited)
        }
        native = Native(self._origin, rest) if rest or cited else None
        return Text("".join(block.pieces), tuple(map(_citation, cited)), native=native)

    def _thinking(self, block: _Block) -> Reasoning:
        data = {key: value for key, value in block.data.items() if key != "thinking"}
        if block.signature:
            data["signature"] = "".join(block.signature)
        return Reasoning("".join(block.pieces), native=self._sealed(data) if data.get("signature") else None)

    def _sealed(self, data: JsonObject) -> Native:
        return Native(self._origin, {"block": data, "prefix": self._prefix()})

    def _call(self, block: _Block) -> ToolCall:
        name, text = as_text(block.data.get("name")), "".join(block.pieces)
        rest = {key: value for key, value in block.data.items() if key not in ("type", "id", "name", "input")}
        return tool_call(block.id, name, text, Native(self._origin, rest) if rest else None)

    def _whole(self, block: _Block) -> Iterator[tuple[str, JsonValue]]:
        """A block of a server tool, or an unknown one, as it would have come in one piece."""
        text = "".join(block.pieces)
        if not text:
            yield from block.data.items()
            return
        try:
            arguments: JsonObject = {"input": read_arguments(text)}
        except ValueError:  # cut at the token limit; such a call has no result either
            arguments = {"input": {}, "partial_json": text}
        yield from {**block.data, **arguments}.items()


def _merge(data: JsonObject, delta: JsonObject) -> None:
    """A delta of a kind that has no name here: its texts continue those of the block, the rest is said anew."""
    for key, value in delta.items():
        if key == "type":
            continue
        before = data.get(key)
        if isinstance(before, str) and isinstance(value, str):
            data[key] = before + value
        elif isinstance(before, list) and isinstance(value, list):
            data[key] = [*before, *value]
        else:
            data[key] = value


def _is_fallback(block: _Block) -> bool:
    return block.data.get("type") == "fallback"


def _citation(raw: JsonObject) -> Citation:
    source = as_text(raw.get("source"))
    return Citation(
        url=as_text(raw.get("url")) or (source if source.startswith(("http://", "https://")) else None),
        title=as_text(raw.get("title")) or as_text(raw.get("document_title")) or None,
        quote=as_text(raw.get("cited_text")) or None,
        start=as_count(raw.get("start_char_index")),
        end=as_count(raw.get("end_char_index")),
        raw=raw,
    )
