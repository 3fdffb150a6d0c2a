"""From a message of the Messages API to a core response."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from chat_core import (
    ChatResponse,
    FinishReason,
    InvalidResponse,
    JsonObject,
    Message,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Refusal,
    ToolCall,
    Turn,
)
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.types.seal_turn import seal_turn
from chat_core.types.sealed import peek
from chat_core.wire import CallIds, fail_pending, finish_reason, is_error_object, read_object

from chat_claude.decode.errors import event_error
from chat_claude.decode.parts import whole_parts
from chat_claude.decode.usage import usage
from chat_claude.wire import CONTAINER, PAUSED


def decode(body: bytes, *, origin: Origin, ids: CallIds, prefix: Callable[[], str]) -> ChatResponse:
    """Return the turn in a whole response.

    Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else that is no
    message.
    """
    return decode_object(read_object(body, "a message"), origin=origin, ids=ids, prefix=prefix)


def decode_object(
    message: JsonObject, *, origin: Origin, ids: CallIds, prefix: Callable[[], str]
) -> ChatResponse:
    """Return the turn in a message, as `decode` does."""
    check_message(message)
    return response(message, whole_parts(message.get("content"), origin, ids, prefix), origin)


def check_message(message: JsonObject) -> None:
    """Raise where a body under status 200 is an error, or no message."""
    if message.get("content") is None and not message.get("stop_reason"):
        if is_error_object(message):
            raise event_error(message)
        raise InvalidResponse(f"a message without content: {json.dumps(message)[:300]}")
    if message.get("type") == "error":
        raise event_error(message)


def response(message: JsonObject, parts: list[Part], origin: Origin) -> ChatResponse:
    """Return a turn, from its message without the content, and the parts of its content."""
    reason, word = finish_reason(message.get("stop_reason"), _WORDS)
    if reason not in ("tool_calls", "stop"):
        _fail_without_arguments(parts, word)
    if word == "refusal" and (why := explanation(message)):
        parts.append(Refusal(why))
    container = message.get("container")
    if container and isinstance(container, dict):
        stored: JsonObject = {
            "type": CONTAINER,
            "id": container.get("id"),
            "expires_at": container.get("expires_at"),
        }
        parts.append(Opaque(Native(origin, stored)))
    model = _stepped_in(parts) or as_text(message.get("model")) or None
    turn = Turn(reason, word, usage(message.get("usage")), model, as_text(message.get("id")) or None)
    is_noted = reason in ("refusal", "other") or message.get("input_transformations")
    notices = tuple(_notices(message, turn)) if is_noted else ()
    return ChatResponse(seal_turn(Message("model", parts, turn=turn)), notices, message)


def explanation(message: JsonObject) -> str:
    """Return why the model declined, where the provider states it."""
    if message.get("stop_reason") != "refusal":
        return ""
    return as_text(as_object(message.get("stop_details")).get("explanation"))


_WORDS: dict[str, FinishReason] = {"compaction": "other", "pause_turn": "other"}


def _fail_without_arguments(parts: list[Part], word: str | None) -> None:
    """Keep calls without arguments from running where the turn did not end well: it is not known whether they
    had any.
    """
    calls = [part for part in parts if isinstance(part, ToolCall) and not (part.arguments_text or "").strip()]
    fail_pending(calls, f"The turn ended with {word!r} before the arguments came; the call was not run.")


def _stepped_in(parts: list[Part]) -> str | None:
    """Return the model that responded, where one stepped in for another."""
    for part in reversed(parts):
        if isinstance(part, Opaque) and (block := peek(part.native)).get("type") == "fallback":
            model = as_text(as_object(block.get("to")).get("model"))
            if model:
                return model
    return None


def _notices(message: JsonObject, turn: Turn) -> Iterator[Notice]:
    for change in map(as_object, as_list(message.get("input_transformations"))):
        kind, path = as_text(change.get("type")), as_text(change.get("path"))
        yield Notice("thinking", f"the provider changed what was sent: {kind} at {path}")
    word = turn.raw_finish_reason
    if turn.finish_reason == "refusal" and not explanation(message):
        category = as_text(as_object(message.get("stop_details")).get("category"))
        why = f"category {category}" if category else "without an explanation"
        yield Notice("finish_reason", f"the provider declined to respond: {why}")
    elif turn.finish_reason == "other" and word is not None and word not in PAUSED:
        yield Notice(
            "finish_reason", f"the turn ended with {word!r}, a reason that this library does not know"
        )
