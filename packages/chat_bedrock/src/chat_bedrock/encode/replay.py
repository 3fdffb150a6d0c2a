"""Blocks of the model's own turns, as they go back: with their signatures and citations, or as plain text."""

from __future__ import annotations

import re

from chat_core import JsonObject, Message, Opaque, Origin, Reasoning, Structured, Text
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import part_text

from chat_bedrock.wire import SERVER_TOOL, Block

_CITATION = {"title", "source", "sourceContent", "location"}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


def text_block(part: Text | Structured, origin: Origin) -> list[Block]:
    """Return the block of a text, with its citations where it came from here; none for blank text."""
    native = part.native.for_(origin) if part.native else None
    cited = as_object((native or {}).get("citationsContent"))
    if part_text(part).strip() and _is_cited(cited):
        return [{"citationsContent": cited}]
    return plain_text_block(part_text(part))


def _is_cited(cited: JsonObject) -> bool:
    """Return whether this is the content of a cited text: stored data may be anything."""
    texts = [as_object(item).get("text") for item in as_list(cited.get("content"))]
    return (
        cited.keys() == {"content", "citations"}
        and bool(texts)
        and all(isinstance(text, str) and text.strip() for text in texts)
        and all(
            isinstance(item, dict) and not item.keys() - _CITATION for item in as_list(cited["citations"])
        )
    )


def plain_text_block(text: str) -> list[Block]:
    """Return the block of a text; none for blank text, which the wire refuses."""
    return [{"text": text}] if text.strip() else []


def reasoning_block(part: Reasoning, origin: Origin) -> Block | None:
    """Return the block of a thought, or None for one that has no signature from here: the models refuse
    those."""
    native = part.native.for_(origin) if part.native else None
    if native is None:
        return None
    if redacted := as_text(native.get("redactedContent")):
        return {"reasoningContent": {"redactedContent": redacted}}
    if signature := as_text(native.get("signature")):
        return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": signature}}}
    return None


def replayed_blocks(message: Message, origin: Origin) -> dict[int, Block]:
    """Return the blocks that go back, by the identities of their parts: calls of Amazon's tools, with their
    results.

    A call that has no result, and a result without its call, would be refused. So would a block of
    another kind.
    """
    own = [
        (part, data)
        for part in message.parts
        if isinstance(part, Opaque) and (data := part.native.for_(origin)) is not None
    ]
    calls = [
        (as_text(as_object(data.get("toolUse")).get("toolUseId")), part)
        for part, data in own
        if _is_call(data)
    ]
    results = [
        (as_text(as_object(data.get("toolResult")).get("toolUseId")), part)
        for part, data in own
        if _is_result(data)
    ]
    found = {id for id, _ in calls} & {id for id, _ in results}
    if not _each_once(calls) or not _each_once(results):
        return {}
    paired = {id(part) for name, part in (*calls, *results) if name in found}
    return {id(part): data for part, data in own if id(part) in paired}


def _each_once(named: list[tuple[str, Opaque]]) -> bool:
    return len({name for name, _ in named}) == len(named)


def _is_call(data: Block) -> bool:
    call = as_object(data.get("toolUse"))
    return (
        data.keys() == {"toolUse"}
        and call.keys() == {"toolUseId", "name", "input", "type"}
        and call["type"] == SERVER_TOOL
        and isinstance(call["input"], dict)
        and _NAME.fullmatch(as_text(call["name"])) is not None
        and _ID.fullmatch(as_text(call["toolUseId"])) is not None
    )


def _is_result(data: Block) -> bool:
    result = as_object(data.get("toolResult"))
    content = as_list(result.get("content"))
    return (
        data.keys() == {"toolResult"}
        and not result.keys() - {"toolUseId", "content", "status", "type"}
        and bool(content)
        and all(_is_result_item(as_object(item)) for item in content)
    )


def _is_result_item(item: JsonObject) -> bool:
    match item:
        case {"text": str(text), **rest}:
            return bool(text.strip()) and not rest
        case {"json": dict(), **rest}:
            return not rest
        case _:
            return False
