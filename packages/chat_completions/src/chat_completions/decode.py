"""From the body of a Chat Completions answer to a core response, and from an error body to an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from chat_core import (
    AuthenticationError,
    ChatResponse,
    Failed,
    FinishReason,
    InvalidRequest,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    NotFound,
    Notice,
    Origin,
    Overloaded,
    Pending,
    PermissionDenied,
    ProviderError,
    RateLimited,
    Turn,
    Usage,
)
from chat_core.calls import CallIds
from chat_core.jsonvalue import as_count, as_list, as_object, as_text

from chat_completions.assembly import Assembly
from chat_completions.dialect import Dialect
from chat_completions.wire import read_object


def decode(body: bytes, *, origin: Origin, dialect: Dialect, ids: CallIds) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    answer = read_object(body, "a chat completion")
    if is_error(answer):
        raise decode_error(200, {}, body)
    answer = completion(answer)
    choices = [choice for choice in as_list(answer.get("choices")) if isinstance(choice, dict)]
    choice = next((choice for choice in choices if choice.get("index") == 0), choices[0])
    if error := choice.get("error"):
        raise decode_error(200, {}, json.dumps({"error": error}).encode())
    assembly = Assembly(origin, ids)
    assembly.add(as_object(choice.get("message")), whole=True)
    turn = Turn(
        *finish_reason(choice.get("finish_reason")),
        usage=usage(answer.get("usage"), dialect),
        model=as_text(answer.get("model")) or None,
        id=as_text(answer.get("id")) or None,
    )
    message = Message("model", assembly.parts(), turn=turn)
    hold_back(message)
    return ChatResponse(message, more_choices(len(choices)), raw=answer)


def completion(answer: JsonObject) -> JsonObject:
    """The completion that an answer is, or holds: some gateways wrap it once. Raises `InvalidResponse` without a choice."""
    if "choices" not in answer:
        answer = next((inner for inner in answer.values() if isinstance(inner, dict) and inner.get("choices")), answer)
    if not any(isinstance(choice, dict) for choice in as_list(answer.get("choices"))):
        raise InvalidResponse(f"a chat completion without choices: {json.dumps(answer)[:300]}")
    return answer


def more_choices(count: int) -> tuple[Notice, ...]:
    """What to say of choices beyond the first."""
    return (Notice("n", f"the server sent {count} choices; the response is the first of them"),) if count > 1 else ()


_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def finish_reason(value: JsonValue) -> tuple[FinishReason, str | None]:
    """The common reason, and the server's own word for it."""
    word = as_text(value)
    return _FINISH.get(word, "other"), word or None


_BROKEN_OFF = frozenset({"error", "network_error", "insufficient_system_resource", "abort", "cancelled"})


def hold_back(message: Message) -> None:
    """Keep the calls of a turn that broke off from running: that their arguments are JSON may be an accident."""
    reason = message.turn.raw_finish_reason if message.turn else None
    if reason in _BROKEN_OFF:
        for call in message.tool_calls:
            if isinstance(call.status, Pending):
                call.status = Failed(f"The turn ended with {reason!r}, so {call.name} was not run.")


def usage(value: JsonValue, dialect: Dialect) -> Usage:
    """The provider's numbers; unsaid ones are None."""
    said = as_object(value)
    prompt, completion = as_object(said.get("prompt_tokens_details")), as_object(said.get("completion_tokens_details"))
    output = as_count(said.get("completion_tokens"))
    reasoning = _first_count(completion.get("reasoning_tokens"), said.get("reasoning_tokens"))
    if dialect.reasoning_outside_output and output is not None:
        output += reasoning or 0
    return Usage(
        input_tokens=as_count(said.get("prompt_tokens")),
        output_tokens=output,
        cache_read_tokens=_first_count(prompt.get("cached_tokens"), said.get("prompt_cache_hit_tokens"), said.get("cached_tokens")),
        cache_write_tokens=as_count(prompt.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        total_tokens=as_count(said.get("total_tokens")),
        raw=said,
    )


def _first_count(*values: JsonValue) -> int | None:
    return next((count for count in map(as_count, values) if count is not None), None)


def decode_models(body: bytes) -> list[ModelInfo]:
    """The models of a list; a few servers send the bare array."""
    bare = body.lstrip()[:1] == b"["
    listed = as_list(read_object(b'{"data":%b}' % body if bare else body, "a list of models").get("data"))
    return [ModelInfo(as_text(model.get("id")), model) for model in listed if isinstance(model, dict)]


def is_error(body: JsonObject) -> bool:
    """Whether a body, or a stream's frame, is an error in one of the envelopes that come under status 200."""
    return bool(body.get("error")) or body.get("object") == "error"


_ERRORS: dict[int | None, type[ProviderError]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    403: PermissionDenied,
    404: NotFound,
    413: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
    498: Overloaded,  # Groq's flex tier
    503: Overloaded,
    529: Overloaded,
}
_REQUEST_IDS = ("x-request-id", "apim-request-id", "mistral-correlation-id", "inference-id", "cf-ray")


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error that a body says, in any of the envelopes seen; a body that is no JSON is its own message. Under status 200 the
    status that the error itself names decides what kind it is."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = None
    envelope = as_object(value[0] if isinstance(value, list) and value else value)
    inner = as_object(envelope.get("error"))
    code = _word(inner.get("code")) or _word(inner.get("type")) or _word(envelope.get("code")) or _word(envelope.get("type"))
    said = _said_status(inner, envelope) if status == 200 else status
    retry_after = _retry_after(headers)
    return _ERRORS.get(said, ProviderError)(
        _message(envelope, inner) or text.strip()[:1000] or f"status {status} without a body",
        status=status,
        code=code,
        request_id=next((headers[name] for name in _REQUEST_IDS if name in headers), None),
        retry_after=retry_after,
        retryable=_retryable(said, code, headers),
        body=text if value is None else value,
    )


_SAID_BY = {
    "server_error": 500,
    "rate_limit_error": 429,
    "overloaded_error": 529,
    "authentication_error": 401,
}  # types, as statuses


def _retryable(status: int | None, code: str | None, headers: Mapping[str, str]) -> bool:
    if (advice := headers.get("x-should-retry")) in ("true", "false"):
        return advice == "true"
    if code == "insufficient_quota":
        return False
    return status in (408, 409, 429, 498) or (status is not None and status >= 500)


def _said_status(inner: JsonObject, envelope: JsonObject) -> int | None:
    """The HTTP status that an error inside a stream names."""
    candidates = (
        inner.get("status_code"),
        envelope.get("status_code"),
        envelope.get("raw_status_code"),
        inner.get("code"),
        envelope.get("code"),
    )
    numbers = (int(value) for value in candidates if isinstance(value, int) and 400 <= value < 600)
    return next(numbers, _SAID_BY.get(as_text(inner.get("type")) or as_text(envelope.get("type"))))


def _message(envelope: JsonObject, inner: JsonObject) -> str:
    for value in (
        inner.get("message"),
        envelope.get("error"),
        envelope.get("message"),
        envelope.get("detail"),
        envelope.get("error_description"),
    ):
        if value:
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return ""


def _word(value: JsonValue) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" and not isinstance(value, bool) else None


_DURATION = r"(\d+\.?\d*)(ms|[dhms])"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from now: milliseconds, seconds, a duration such as 1m30s, or a date."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    if re.fullmatch(f"(?:{_DURATION})+", text.strip()):
        return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_DURATION, text))
    from email.utils import parsedate_to_datetime  # here, because hardly any server sends a date

    try:  # from the server's own clock to it
        until = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
        return max(0.0, until.total_seconds())
    except (ValueError, TypeError):
        return None


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
