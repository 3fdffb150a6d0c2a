"""The parts of a turn, from its content blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chat_core import (
    Citation,
    Failed,
    JsonObject,
    JsonValue,
    Native,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Text,
    ToolCall,
)
from chat_core.types.json_values import as_count, as_text
from chat_core.wire import CallIds, read_arguments, tool_call

from chat_claude.decode.blocks import Block, TurnBlocks


def whole_parts(content: JsonValue, origin: Origin, ids: CallIds, prefix: Callable[[], str]) -> list[Part]:
    """Return the parts of a whole message's content. Arguments and errors are those of `parts_of`."""
    if type(content) is list and len(content) == 1:
        block = content[0]  # nearly always one text: what assembles turns would take ten times as long
        if type(block) is dict and len(block) == 2 and block.get("type") == "text":
            text = block.get("text")
            if type(text) is str:
                return [Text(text)]
    blocks = TurnBlocks(ids)
    blocks.whole(content)
    return parts_of(blocks.in_order(), origin, prefix)


def parts_of(blocks: Sequence[Block], origin: Origin, prefix: Callable[[], str]) -> list[Part]:
    """Return the parts of a turn, in order. A call whose input is not whole is `Failed`.

    `prefix` returns the digest of what stands before the turn; it is called only where the model has thought.
    """
    return [_part(block, origin, prefix) for block in blocks]


def _part(block: Block, origin: Origin, prefix: Callable[[], str]) -> Part:
    match block.kind:
        case "text":
            return _text(block, origin)
        case "thinking":
            data = {name: value for name, value in block.whole_data().items() if name != "thinking"}
            native = Native(origin, {"block": data, "prefix": prefix()}) if data.get("signature") else None
            return Reasoning(block.text, native=native)
        case "redacted_thinking":
            return Reasoning("", native=Native(origin, {"block": block.whole_data(), "prefix": prefix()}))
        case "tool_use":
            return _call(block, origin)
        case _:
            return Opaque(Native(origin, _native_block(block)))


def _text(block: Block, origin: Origin) -> Text:
    cited = [citation for citation in block.citations if isinstance(citation, dict)]
    rest = {
        name: value
        for name, value in block.whole_data().items()
        if name not in ("type", "text") and not (name == "citations" and cited)
    }
    native = Native(origin, rest) if rest or cited else None
    return Text(block.text, tuple(map(_citation, cited)), native=native)


def _call(block: Block, origin: Origin) -> ToolCall:
    rest = {
        name: value
        for name, value in block.whole_data().items()
        if name not in ("type", "id", "name", "input")
    }
    call = tool_call(block.call_id, block.name, block.text, Native(origin, rest) if rest else None)
    if not block.stopped and not block.text.strip():
        call.status = Failed(f"The arguments of {block.name} never came; the call was not run.")
    return call


def _native_block(block: Block) -> JsonObject:
    """Return a block of a server tool, or an unknown one, as it would have come in one piece."""
    data, text = block.whole_data(), block.text
    if not text:
        return data
    try:
        return {**data, "input": read_arguments(text)}
    except ValueError:  # cut at the token limit; such a call has no result either
        return {**data, "input": {}, "partial_json": text}


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
