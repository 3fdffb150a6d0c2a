"""A model's turn as blocks: its own as they were received, other parts as text."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from chat_core import (
    Citation,
    File,
    JsonObject,
    JsonValue,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.types.message import parts_of
from chat_core.types.sealed import peek
from chat_core.wire import generated_file, part_text, wire_name

from chat_claude.encode.state import EncodingState
from chat_claude.encode.tool_results import call_id
from chat_claude.marks import mark
from chat_claude.wire import CONTAINER, PAUSED, SIGNED, Block

_OTHER_PARTS = frozenset({*SIGNED, "text", "tool_use", "tool_result", "image", "document"})
_REQUIRED = {"thinking": "signature", "redacted_thinking": "data"}


class ModelBlock(NamedTuple):
    """A block of a model's turn; of a signed one also the digest of what stood before its turn when it was
    received.
    """

    block: Block
    prefix: str | None = None


def is_paused(message: Message) -> bool:
    """Return whether the server has paused a turn of the model, which the next request continues."""
    return message.turn is not None and message.turn.raw_finish_reason in PAUSED


def was_cut(message: Message) -> bool:
    """Return whether a turn of the model broke off: interrupted, or at its limit of tokens."""
    cut = message.turn is not None and message.turn.finish_reason == "length"
    return message.role == "model" and (message.interrupted or cut)


def model_blocks(message: Message, unsent: Collection[int], state: EncodingState) -> list[ModelBlock]:
    """Return the blocks of a model's turn, without the native ones whose ids (of `id()`) are in `unsent`."""
    return [block for part in parts_of(message) if id(part) not in unsent for block in _blocks(part, state)]


def _blocks(part: Part, state: EncodingState) -> Iterator[ModelBlock]:
    match part:
        case Text() | Structured():
            yield from _text(part, state)
        case Refusal(text) if text.strip():
            yield ModelBlock({"type": "text", "text": text})
        case Reasoning():
            yield from _thinking(part, state)
        case ToolCall():
            yield ModelBlock(_tool_use(part, state))
        case Opaque():
            yield from _native_block(part, state)
        case File():
            state.notices[generated_file(part)] = None
        case _:
            pass  # a refusal without words


def _text(part: Text | Structured, state: EncodingState) -> Iterator[ModelBlock]:
    text = part_text(part)
    if not text.strip():
        return
    native = state.native_data(part.native)
    block: JsonObject = {"type": "text", "text": text}
    if native is None:
        yield ModelBlock({**block, **mark(part, "cache_control")})
        return
    block |= {name: value for name, value in native.items() if name not in ("type", "text")}
    if isinstance(block.get("cache_control"), dict):
        del block["cache_control"]  # no response has one
    if isinstance(part, Text) and (citations := list(_citations(part.citations))):
        block["citations"] = citations
    yield ModelBlock(block)


def _citations(citations: tuple[Citation, ...]) -> Iterator[JsonValue]:
    """Yield citations as they may be sent back: without what only responses have, and with a title where one
    is required.
    """
    for citation in citations:
        raw = peek(citation)
        if as_text(raw.get("type")):
            titled: JsonObject = {"document_title": None} if "document_index" in raw else {}
            yield titled | {name: value for name, value in raw.items() if name != "file_id"}


def _thinking(part: Reasoning, state: EncodingState) -> Iterator[ModelBlock]:
    if part.native is None:
        return  # a cut left it without its signature, or another wire has none
    native = state.native_data(part.native)
    if native is None:
        state.note_foreign(part.native)
        return
    block = as_object(native.get("block"))
    kind = as_text(block.get("type"))
    if kind not in _REQUIRED or not as_text(block.get(_REQUIRED[kind])):
        state.note("thinking without its signature was not sent")
        return
    whole: JsonObject = {**block, "thinking": part.text} if kind == "thinking" else dict(block)
    yield ModelBlock(whole, as_text(native.get("prefix")) or None)


def _tool_use(call: ToolCall, state: EncodingState) -> Block:
    native = state.native_data(call.native) or {}
    extra = {name: value for name, value in native.items() if name not in ("type", "id", "name", "input")}
    if "caller" in extra and not as_text(as_object(extra["caller"]).get("type")):
        del extra["caller"]
    return {
        "type": "tool_use",
        "id": call_id(call),
        "name": wire_name(call.name),
        "input": peek(call),
        **extra,
    }


def _native_block(part: Opaque, state: EncodingState) -> Iterator[ModelBlock]:
    block = state.native_data(part.native)
    if block is None:
        if peek(part.native).get("type") != CONTAINER:
            state.note_foreign(part.native)
        return
    kind = as_text(block.get("type"))
    if kind == CONTAINER:
        state.container = block
    elif not kind or kind in _OTHER_PARTS:
        state.note("a block that is none of this wire was not sent")
    else:
        yield ModelBlock(block)
