"""Reasoning in the fields of all servers, with what they want back of it."""

from __future__ import annotations

from chat_core import JsonObject, JsonValue, Reasoning, ReasoningChunk, TurnEvent
from chat_core.types.json_values import as_list, as_object, as_text

from chat_completions.decode.blocks import Block, Blocks
from chat_completions.decode.values import text_of_value

FIELDS = ("reasoning_content", "reasoning")


def read_reasoning(delta: JsonObject, blocks: Blocks, events: list[TurnEvent]) -> None:
    """Read the reasoning fields of a delta. Servers that fill several of them put the same text into each."""
    text = ""
    for name in FIELDS:
        if text := text_of_value(delta.get(name)):
            blocks.append(Reasoning, text).native.setdefault("field", name)
            events.append(ReasoningChunk(text))
            break
    for detail in as_list(delta.get("reasoning_details")):
        if isinstance(detail, dict):
            more = "" if text else as_text(detail.get("text")) or as_text(detail.get("summary"))
            details = blocks.append(Reasoning, more).native.setdefault("reasoning_details", [])
            _merge_detail(as_list(details), detail)
            if more:
                events.append(ReasoningChunk(more))
    for thought in as_list(delta.get("thinking_blocks")):  # LiteLLM's, before Claude
        if isinstance(thought, dict):
            more = "" if text else as_text(thought.get("thinking"))
            thoughts = blocks.append(Reasoning, more).native.setdefault("thinking_blocks", [])
            _merge_thought(as_list(thoughts), thought)
            if more:
                events.append(ReasoningChunk(more))


def read_thinking_part(item: JsonObject, blocks: Blocks, events: list[TurnEvent], *, whole: bool) -> None:
    """Read a thinking part of the content, as Mistral and some gateways send it."""
    value = item.get("thinking") or item.get("text") or item.get("summary")
    text = (
        value
        if isinstance(value, str)
        else "".join(
            piece if isinstance(piece, str) else as_text(as_object(piece).get("text"))
            for piece in as_list(value)
        )
    )
    last = blocks.last(Reasoning)
    before = as_object(last.native.get("content")) if last is not None else {}
    if before and not whole and not before.get("closed"):
        blocks.append(Reasoning, text).native["content"] = _continued(before, item)
    else:
        blocks.items.append(Block(Reasoning, [text], {"content": item}))
    if text:
        events.append(ReasoningChunk(text))


def _merge_detail(details: list[JsonValue], detail: JsonObject) -> None:
    """Add a reasoning detail to those so far: fragments of one entry share its index and type, and their
    texts join.
    """
    last = details[-1] if details else None
    if not isinstance(last, dict) or not _continues(last, detail):
        details.append(dict(detail))
        return
    for key, value in detail.items():
        if key in ("text", "summary", "data") and isinstance(value, str):
            last[key] = as_text(last.get(key)) + value
        elif value is not None:
            last[key] = value


def _continues(last: JsonObject, detail: JsonObject) -> bool:
    if "index" not in detail or any(last.get(key) != detail.get(key) for key in ("index", "type")):
        return False
    return not last.get("id") or detail.get("id") in (None, last["id"])


def _merge_thought(thoughts: list[JsonValue], thought: JsonObject) -> None:
    """Add a block of signed thinking to those so far: fragments join until the one with the signature has
    come.
    """
    last = thoughts[-1] if thoughts else None
    if not isinstance(last, dict) or last.get("signature") or last.get("type") != "thinking":
        thoughts.append(dict(thought))
        return
    if thought.get("type") != "thinking":
        thoughts.append(dict(thought))
        return
    last["thinking"] = as_text(last.get("thinking")) + as_text(thought.get("thinking"))
    last["signature"] = thought.get("signature")


def _continued(block: JsonObject, more: JsonObject) -> JsonObject:
    """Return a thinking part with its next fragment: the texts join, other fields are replaced."""
    joined = {**block, **{key: value for key, value in more.items() if value is not None}}
    match block.get("thinking"), more.get("thinking"):
        case str(text), str(further):
            joined["thinking"] = text + further
        case [*pieces, {"type": "text", "text": str(text)}], [{"type": "text", "text": str(further)}, *rest]:
            joined["thinking"] = [*pieces, {"type": "text", "text": text + further}, *rest]
        case list(pieces), list(rest):
            joined["thinking"] = [*pieces, *rest]
        case _:
            for key in {"text", "summary"} & block.keys() & more.keys():
                joined[key] = as_text(block[key]) + as_text(more[key])
    return joined
