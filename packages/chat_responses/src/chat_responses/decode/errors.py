"""Errors: those of a status that is not 2xx, and those inside a response that began well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chat_core import JsonObject, JsonValue, NotFound, ProviderError
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import ErrorWords, error_from_object, is_error_object
from chat_core.wire import decode_error as decode_any_error

from chat_responses.items import without

_STATUSES: Final = {  # what each code is under HTTP
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
WORDS: Final = ErrorWords(_STATUSES)


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx, with the next step where the cause is known."""
    return _with_advice(decode_any_error(status, headers, body, WORDS))


def event_error(frame: JsonObject) -> ProviderError:
    """Return the error that a frame of a stream, a failed response or a whole body describes.

    It may be nested under `error` or flat. On a socket it has a status and headers of its own.
    """
    inner = as_object(frame.get("error"))
    nested = bool(inner or as_text(frame.get("error")))
    envelope: JsonObject = frame if nested else without(frame, "type", "sequence_number")
    if frame.get("status") == "failed":
        envelope = {
            "error": inner or frame.get("error") or "the response failed, and does not say why",
            "response": without(frame, "output"),
        }
    headers = {
        name.lower(): str(value)
        for name, value in as_object(inner.get("headers")).items()
        if isinstance(value, str | int | float)
    }
    return _with_advice(error_from_object(envelope, status=_status(frame), headers=headers, words=WORDS))


def is_error_frame(frame: JsonObject, type: str) -> bool:
    """Return whether a frame that no handler knows is an error, in any of the shapes that servers use."""
    if type == "error":
        return True
    return not type.startswith("response.") and is_error_object(frame)


def _status(frame: JsonObject) -> int:
    """Return the HTTP status that a frame names, as a number or as digits, or 200."""
    value: JsonValue = frame.get("status")
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and 400 <= value < 600 else 200


_STRICT_HINTS = ("additionalproperties", "json_schema", "response_format", "text.format", "'strict'")


def _with_advice(error: ProviderError) -> ProviderError:
    """Add to an error what its reader can change, where the server's words leave that open."""
    advice = ""
    words = error.message.lower()
    if isinstance(error, NotFound) and "model" not in words and "response" not in words:
        advice = "is the base URL right? It usually ends in /v1, and /responses is added to it"
    elif error.status in (400, 422) and any(hint in words for hint in _STRICT_HINTS):
        advice = "where the server does not know strict schemas, .with_strict_output(False) leaves them out"
    if advice:
        error.args = (f"{error.args[0]}; {advice}", *error.args[1:])
    return error
