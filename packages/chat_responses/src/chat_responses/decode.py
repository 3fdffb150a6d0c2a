"""From the body of a Responses answer to a core response, and from an error inside one to an error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from chat_core import (
    ChatResponse,
    Failed,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    Notice,
    Origin,
    Part,
    Pending,
    ProviderError,
    Refusal,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.error_body import ErrorWords, error_from_object
from chat_core.wire.read import read_object

from chat_responses.items import read_item, without


def decode(body: bytes, *, origin: Origin, ids: CallIds) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for a response that failed, `InvalidResponse` for what is none."""
    answer = read_object(body, "a response")
    check(answer)
    items = [item for item in as_list(answer.get("output")) if isinstance(item, dict)]
    return response(
        answer, (part for item in items for part in read_item(item, origin, ids.claim)), raw=answer
    )


def check(answer: JsonObject) -> None:
    """Raise what an answer says went wrong, under whatever HTTP status."""
    if answer.get("status") == "failed" or (answer.get("error") and "output" not in answer):
        raise event_error(answer)
    if not isinstance(answer.get("output"), list):
        raise InvalidResponse(f"not a response: {json.dumps(answer)[:300]}")


def response(answer: JsonObject, parts: Iterable[Part], *, raw: JsonObject) -> ChatResponse:
    """The turn that these parts make, with what the response object says besides."""
    message = Message("model", list(parts))
    message.turn = Turn(
        finish_reason(answer, message.parts),
        as_text(answer.get("status")) or None,
        usage=usage(answer.get("usage")),
        model=as_text(answer.get("model")) or None,
        id=as_text(answer.get("id")) or None,
    )
    if (
        message.turn.finish_reason == "other"
    ):  # cancelled, steered, or still going on: that arguments are JSON may be an accident
        for call in message.tool_calls:
            if isinstance(call.status, Pending):
                call.status = Failed(
                    f"The turn is {message.turn.raw_finish_reason!r}, so {call.name} was not run."
                )
    return ChatResponse(message, _notices(answer), raw=raw)


UNFINISHED = ("queued", "in_progress")  # the statuses of a response that is still being made

_INCOMPLETE: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}


def finish_reason(answer: JsonObject, parts: Sequence[Part]) -> FinishReason:
    """The common reason: this wire has a status, and the rest follows from what came."""
    match answer.get("status"):
        case "incomplete":
            return _INCOMPLETE.get(
                as_text(as_object(answer.get("incomplete_details")).get("reason")), "other"
            )
        case "completed" | None | "":
            pass
        case _:
            return "other"
    if any(isinstance(part, ToolCall) for part in parts):
        return "tool_calls"
    return "refusal" if any(isinstance(part, Refusal) for part in parts) else "stop"


def usage(value: JsonValue) -> Usage:
    """The provider's numbers; unsaid ones are None."""
    said = as_object(value)
    given, made = as_object(said.get("input_tokens_details")), as_object(said.get("output_tokens_details"))
    return Usage(
        input_tokens=as_count(said.get("input_tokens")),
        output_tokens=as_count(said.get("output_tokens")),
        cache_read_tokens=as_count(given.get("cached_tokens")),
        cache_write_tokens=as_count(given.get("cache_write_tokens")),
        reasoning_tokens=as_count(made.get("reasoning_tokens")),
        total_tokens=as_count(said.get("total_tokens")),
        raw=said,
    )


def event_error(said: JsonObject) -> ProviderError:
    """The error that a stream's frame or a failed response says: nested or flat, on a socket with its own status and headers."""
    inner = as_object(said.get("error"))
    envelope: JsonObject = said if inner or as_text(said.get("error")) else without(said, "type")
    if said.get("status") == "failed":
        envelope = {
            "error": inner or "the response failed, and does not say why",
            "response": without(said, "output"),
        }
    status = said.get("status")
    headers: Mapping[str, str] = {
        name.lower(): str(value)
        for name, value in as_object(inner.get("headers")).items()
        if isinstance(value, str | int | float)
    }
    http_status = status if isinstance(status, int) and status >= 400 else 200
    return error_from_object(envelope, status=http_status, headers=headers, words=ErrorWords(_STATUS))


_STATUS = {  # what each code is under HTTP
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "internal_error": 500,
    "server_is_overloaded": 503,
    "slow_down": 503,
    "vector_store_timeout": 504,
    "invalid_api_key": 401,
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    "invalid_encrypted_content": 400,
    "context_length_exceeded": 400,
    "previous_response_not_found": 400,
    "model_not_found": 400,
    "unsupported_file": 400,
    "bio_policy": 400,
    "misalignment_policy_violation": 400,
    "data_residency_mismatch": 400,
}


def decode_models(body: bytes) -> list[ModelInfo]:
    """The models of a list."""
    listed = as_list(read_object(body, "a list of models").get("data"))
    return [ModelInfo(as_text(model.get("id")), model) for model in listed if isinstance(model, dict)]


def decode_count(body: bytes) -> int:
    """The number of input tokens. Raises `InvalidResponse` where there is none."""
    answer = read_object(body, "a token count")
    if (count := as_count(answer.get("input_tokens"))) is None:
        raise InvalidResponse(f"not a token count: {json.dumps(answer)[:300]}")
    return count


def _notices(answer: JsonObject) -> tuple[Notice, ...]:
    """What the server says that it left out of the input."""
    return tuple(
        Notice(
            "input",
            f"the server {change.get('action')} {change.get('type')} {change.get('id')}: {change.get('reason')}",
        )
        for change in as_list(answer.get("input_transformations"))
        if isinstance(change, dict)
    )
