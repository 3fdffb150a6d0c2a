"""From a message of the Messages API to a core response."""

from __future__ import annotations

import json
from collections.abc import Callable

from chat_core import (
    ChatResponse,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Refusal,
    Turn,
    Usage,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.read import read_object

from chat_claude.assembly import Assembly
from chat_claude.conversation import CONTAINER
from chat_claude.errors import event_error


def decode(body: bytes, *, origin: Origin, ids: CallIds, prefix: Callable[[], str]) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    message = read_object(body, "a message")
    check_message(message)
    assembly = Assembly(origin, ids, prefix)
    for index, block in enumerate(as_list(message["content"])):
        assembly.start(index, as_object(block))
        assembly.stop(index)
    return response(message, assembly, origin)


def check_message(message: JsonObject) -> None:
    """Raise where a body under status 200 is an error, or no message."""
    if message.get("type") == "error" or (message.get("error") and "content" not in message):
        raise event_error(message)
    if not isinstance(message.get("content"), list):
        raise InvalidResponse(f"a message without content: {json.dumps(message)[:300]}")


def response(message: JsonObject, assembly: Assembly, origin: Origin) -> ChatResponse:
    """A turn, from what is said about it and its content."""
    parts: list[Part] = assembly.parts()
    if why := explanation(message):
        parts.append(Refusal(why))
    if container := as_object(message.get("container")):
        kept = {"type": CONTAINER, "id": container.get("id"), "expires_at": container.get("expires_at")}
        parts.append(Opaque(Native(origin, kept)))
    turn = Turn(
        *finish_reason(message.get("stop_reason")),
        usage=usage(message.get("usage")),
        model=assembly.served_by or as_text(message.get("model")) or None,
        id=as_text(message.get("id")) or None,
    )
    return ChatResponse(Message("model", parts, turn=turn), tuple(_transformed(message)), raw=message)


def explanation(message: JsonObject) -> str:
    """Why the model declined, where the provider says it."""
    if message.get("stop_reason") != "refusal":
        return ""
    return as_text(as_object(message.get("stop_details")).get("explanation"))


_FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}


def finish_reason(value: JsonValue) -> tuple[FinishReason, str | None]:
    """The common reason, and the provider's own word for it."""
    word = as_text(value)
    return _FINISH.get(word, "other"), word or None


def usage(value: JsonValue) -> Usage:
    """The provider's numbers. Its `input_tokens` are those that neither came from the cache nor went there."""
    said = as_object(value)
    uncached = as_count(said.get("input_tokens"))
    read, written = (
        as_count(said.get("cache_read_input_tokens")),
        as_count(said.get("cache_creation_input_tokens")),
    )
    return Usage(
        input_tokens=None if uncached is None else uncached + (read or 0) + (written or 0),
        output_tokens=as_count(said.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=as_count(as_object(said.get("output_tokens_details")).get("thinking_tokens")),
        raw=said,
    )


def _transformed(message: JsonObject) -> list[Notice]:
    changes = [as_object(change) for change in as_list(message.get("input_transformations"))]
    return [
        Notice(
            "thinking",
            f"the provider changed what was sent: {as_text(change.get('type'))} at {as_text(change.get('path'))}",
        )
        for change in changes
    ]


def decode_count(body: bytes) -> int:
    """The tokens of a request. Raises `InvalidResponse`."""
    count = as_count(read_object(body, "a token count").get("input_tokens"))
    if count is None:
        raise InvalidResponse(f"a token count without input_tokens: {body[:200]!r}")
    return count


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """A page of models, and the id after which the next page begins, or None."""
    page = read_object(body, "a list of models")
    models = [
        ModelInfo(as_text(model.get("id")), model)
        for model in as_list(page.get("data"))
        if isinstance(model, dict)
    ]
    return models, (as_text(page.get("last_id")) or None) if page.get("has_more") is True else None
