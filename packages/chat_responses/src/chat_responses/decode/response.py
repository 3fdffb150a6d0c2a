"""From the body of a response to a turn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chat_core import (
    ChatResponse,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    Notice,
    Opaque,
    Origin,
    Part,
    Refusal,
    ToolCall,
    Turn,
)
from chat_core.types.json_values import as_list, as_text
from chat_core.types.seal_turn import seal_turn
from chat_core.types.sealed import peek
from chat_core.wire import CallIds, fail_pending, finish_reason, is_error_object, read_object

from chat_responses.approvals import actions_in
from chat_responses.decode.errors import event_error
from chat_responses.decode.parts import call_key, read_item
from chat_responses.decode.usage import usage

UNFINISHED: Final = ("queued", "in_progress")  # the statuses of a response that is still being made


def decode(body: bytes, *, origin: Origin, ids: CallIds, conversation: str | None = None) -> ChatResponse:
    """Return the turn in a whole response. `conversation` is the id of the one that the request named.

    Raises `ProviderError` for one that failed and for an error in any shape, `InvalidResponse` for what is
    neither.
    """
    return decode_object(read_object(body, "a response"), origin=origin, ids=ids, conversation=conversation)


def decode_object(
    answer: JsonObject, *, origin: Origin, ids: CallIds, conversation: str | None = None
) -> ChatResponse:
    """Return the turn in a response object, as `decode` does."""
    check(answer)
    parts = (part for item in output_items(answer) for part in read_item(item, origin, ids.claim))
    return response(answer, parts, raw=answer, conversation=conversation)


def check(answer: JsonObject) -> None:
    """Raise the error that a response object contains, under whatever HTTP status."""
    output = answer.get("output")
    is_response = type(output) is list or type(output) is dict
    if answer.get("status") == "failed" or (not is_response and _is_error(answer)):
        raise event_error(answer)
    if not is_response:
        raise InvalidResponse(f"not a response: {json.dumps(answer)[:300]}")


def output_items(answer: JsonObject) -> list[JsonObject]:
    """Return the items of a response, a call that the server sent twice once.

    A few servers send a single item without a list.
    """
    output = answer.get("output")
    items: list[JsonObject] = []
    calls: set[tuple[str, str, str]] = set()
    for item in [output] if isinstance(output, dict) else as_list(output):
        if isinstance(item, dict) and (key := call_key(item)) not in calls:
            items.append(item)
            if key is not None:
                calls.add(key)
    return items


def response(
    answer: JsonObject, parts: Iterable[Part], *, raw: JsonObject, conversation: str | None = None
) -> ChatResponse:
    """Return the turn of these parts, with what the response object contains besides them."""
    parts = list(parts)
    actions = actions_in(parts)
    reason, word = _finish(answer, parts, actions)
    if isinstance(named := answer.get("conversation"), dict):
        conversation = as_text(named.get("id")) or conversation
    model, id = as_text(answer.get("model")) or None, as_text(answer.get("id")) or None
    turn = Turn(reason, word, usage(answer.get("usage")), model, id, conversation)
    message = Message("model", parts, turn=turn)
    if (
        reason == "other"
    ):  # cancelled, steered or still being made: that the arguments are JSON may be an accident
        for call in message.tool_calls:
            fail_pending([call], f"The turn is {word!r}, so {call.name} was not run.")
    sealed = seal_turn(message)
    is_noted = actions or not parts or reason not in ("stop", "tool_calls")
    is_noted = is_noted or "input_transformations" in answer
    notices = tuple(_notices(answer, turn, parts, actions)) if is_noted else ()
    return ChatResponse(sealed, notices, raw)


def _is_error(answer: JsonObject) -> bool:
    return bool(answer.get("error")) or is_error_object(answer)


def _finish(
    answer: JsonObject, parts: Sequence[Part], actions: Sequence[Opaque]
) -> tuple[FinishReason, str | None]:
    """Return the common reason and the server's status: the wire has no reason, it follows from what came."""
    status = as_text(answer.get("status")) or None
    details = answer.get("incomplete_details")
    cut, _ = finish_reason(details.get("reason")) if isinstance(details, dict) else ("other", None)
    match status:
        case "completed" | None:
            return (cut if cut in ("length", "content_filter") else _completed(parts, actions)), status
        case "incomplete":
            return (cut if cut in ("length", "content_filter") else "other"), status
        case _:
            return "other", status


def _completed(parts: Sequence[Part], actions: Sequence[Opaque]) -> FinishReason:
    reason: FinishReason = "tool_calls" if actions else "stop"
    for part in parts:
        if isinstance(part, ToolCall):
            return "tool_calls"
        if isinstance(part, Refusal) and not actions:
            reason = "refusal"
    return reason


def _notices(
    answer: JsonObject, turn: Turn, parts: Sequence[Part], actions: Sequence[Opaque]
) -> Iterator[Notice]:
    for change in as_list(answer.get("input_transformations")):
        if isinstance(change, dict):
            words = (change.get("action"), change.get("type"), change.get("id"))
            yield Notice("input", f"the server {' '.join(map(str, words))}: {change.get('reason')}")
    if actions:
        yield _waiting_for(actions)
    if turn.finish_reason == "other" and turn.raw_finish_reason not in UNFINISHED:
        yield Notice("finish_reason", f"the turn did not end by itself: {_why(answer)}")
    if turn.finish_reason == "content_filter":
        yield Notice("finish_reason", "a filter of the server's ended the turn")
    if turn.finish_reason == "stop" and not parts:
        yield Notice("output", "the response is empty")


def _waiting_for(actions: Sequence[Opaque]) -> Notice:
    names = ", ".join(_action_name(peek(part.native)) for part in actions)
    return Notice(
        "requested_actions",
        f"the turn waits for what it asks of you: {names}; "
        "messages.add_user(approval(part)) answers an approval request, action_output(part, {...}) any other",
    )


def _action_name(item: JsonObject) -> str:
    name = as_text(item.get("name"))
    return f"{item.get('type')} {item.get('id')}" + (f" ({name})" if name else "")


def _why(answer: JsonObject) -> str:
    details: JsonValue = answer.get("incomplete_details")
    return f"{answer.get('status')} ({json.dumps(details)})" if details else str(answer.get("status"))
