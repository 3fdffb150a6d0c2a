"""Whole responses: a turn, a number of tokens, a list of models."""

from __future__ import annotations

from dataclasses import replace

from chat_core import (
    ChatResponse,
    JsonObject,
    Message,
    ModelInfo,
    Notice,
    Origin,
    Part,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import CallIds, fail_pending, finish_notices, finish_reason, read_object

from chat_cohere.decode.errors import failed_generation, unexpected
from chat_cohere.decode.parts import cited_text, plain_text, plan_text, thinking_part, whole_call
from chat_cohere.wire import PLAN, THINKING

_RUN_CALLS = frozenset({"tool_calls", "stop"})


def decode(body: bytes, *, origin: Origin, ids: CallIds, notices: tuple[Notice, ...] = ()) -> ChatResponse:
    """Return the turn of a whole response. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "a chat response")
    turn = response(parts_of(frame, origin, ids), frame)
    return replace(turn, notices=notices + turn.notices, raw=frame)


def parts_of(frame: JsonObject, origin: Origin, ids: CallIds) -> list[Part]:
    """Return the parts of a whole response, of the second version of the API or of the first."""
    message = as_object(frame.get("message"))
    if not message and "text" not in frame:
        raise unexpected(frame, "a chat response")
    plan = plain_text(message.get("tool_plan"))
    citations = [
        item for item in as_list(message.get("citations") or frame.get("citations")) if isinstance(item, dict)
    ]
    content = message.get("content") if message else frame.get("text")
    alone: JsonObject = {"type": "text", "text": content}
    blocks = as_list(content) if isinstance(content, list) else [alone]
    first = next((at for at, block in enumerate(blocks) if "thinking" not in as_object(block)), 0)
    parts: list[Part] = [plan_text(plan)] if plan else []
    for index, block in enumerate(blocks):
        parts += _block_parts(as_object(block), citations_of(citations, index, first), origin)
    calls = as_list(message.get("tool_calls") or frame.get("tool_calls"))
    return parts + [whole_call(call, ids) for call in calls]


def _block_parts(block: JsonObject, citations: list[JsonObject], origin: Origin) -> list[Part]:
    if "thinking" in block:
        text = plain_text(block.get("thinking"))
        return [thinking_part(text, origin)] if text else []
    text = plain_text(block.get("text"))
    return [cited_text(text, citations, origin)] if text else []


def citations_of(citations: list[JsonObject], index: int, first: int) -> list[JsonObject]:
    """Return the citations of a content block. One that names no block belongs to the first text, at index
    `first`."""
    return [
        citation
        for citation in citations
        if citation.get("type") not in (PLAN, THINKING)
        and (found if (found := as_count(citation.get("content_index"))) is not None else first) == index
    ]


def response(parts: list[Part], ending: JsonObject) -> ChatResponse:
    """Return a turn of these parts. `ending` holds the reason and the usage. Raises the error of a failed
    generation.

    No call runs of a turn that was cut at a limit.
    """
    reason, word = finish_reason(ending.get("finish_reason"))
    if error := failed_generation(word or "", ending):
        raise error
    id = as_text(ending.get("id")) or as_text(ending.get("response_id")) or None
    if reason not in _RUN_CALLS and word is not None:
        calls = [part for part in parts if isinstance(part, ToolCall)]
        fail_pending(calls, f"The turn ended with {word!r}; the call was not run.")
    counted = as_object(ending.get("usage")) or as_object(ending.get("meta"))
    turn = Turn(reason, word, usage(counted), id=id)
    return ChatResponse(Message("model", parts, turn=turn), finish_notices(reason, word))


def usage(value: JsonObject) -> Usage:
    """Return the usage in tokens, with those of Cohere's own template; what is billed stands in `raw`."""
    tokens = as_object(value.get("tokens")) or as_object(value.get("billed_units"))
    return Usage(
        input_tokens=as_count(tokens.get("input_tokens")),
        output_tokens=as_count(tokens.get("output_tokens")),
        cache_read_tokens=as_count(value.get("cached_tokens")),
        reasoning_tokens=as_count(tokens.get("reasoning_tokens")),
        raw=value,
    )


def decode_tokens(body: bytes) -> int:
    """Return the number of tokens of a text. Raises `InvalidResponse`."""
    frame = read_object(body, "the tokens of a text")
    if not isinstance(frame.get("tokens"), list):
        raise unexpected(frame, "the tokens of a text")
    return len(as_list(frame["tokens"]))


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """Return a page of models, and the token of the next page or None. Raises `InvalidResponse`."""
    frame = read_object(body, "a list of models")
    if not isinstance(frame.get("models"), list):
        raise unexpected(frame, "a list of models")
    found = [as_object(item) for item in as_list(frame["models"])]
    models = [ModelInfo(name, item) for item in found if (name := as_text(item.get("name")))]
    return models, as_text(frame.get("next_page_token")) or None
