"""The errors of Bedrock: their names stand in a header, in the type of a stream's event, or in the body.

Facts: the service model `bedrock-runtime` 2023-09-30 and recorded responses, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from chat_core import InvalidResponse, JsonObject, JsonValue, ProviderError
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import ErrorWords, error_from_object

_STATUSES = {
    "ValidationException": 400,
    "ServiceQuotaExceededException": 400,
    "ConflictException": 400,
    "UnrecognizedClientException": 401,
    "InvalidSignatureException": 401,
    "IncompleteSignatureException": 401,
    "SignatureDoesNotMatch": 401,
    "MissingAuthenticationTokenException": 401,
    "ExpiredTokenException": 401,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 500,  # sent with 424; the same request may succeed
    "ModelStreamErrorException": 500,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "InternalFailure": 500,
    "ServiceUnavailableException": 503,
}
_WORDS = ErrorWords(
    overrides=_STATUSES,
    permanent=frozenset({"ConflictException"}),
    code_fields=("__type", "code", "type"),
    request_ids=("x-amzn-requestid", "x-amz-request-id", "x-request-id"),
)


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx."""
    text = body.decode("utf-8", "replace")
    try:
        value = cast("JsonValue", json.loads(text))
    except (ValueError, RecursionError):
        value = text
    return named_error(headers.get("x-amzn-errortype", ""), value, status=status, headers=headers)


def named_error(
    name: str, value: JsonValue, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> ProviderError:
    """Return the error of this name that a parsed body or a frame describes. Without a name, the body's own
    counts."""
    shown: JsonObject = {"message": value} if isinstance(value, str) else {**as_object(value)}
    if "message" not in shown and (message := as_text(shown.get("Message"))):
        shown["message"] = message
    if code := _name(name) or _name(as_text(shown.get("__type"))):
        shown["__type"] = code
    error = error_from_object(shown, status=status, headers=headers or {}, words=_WORDS)
    error.body = value
    return error


def stream_error(type: str, frame: JsonObject) -> ProviderError:
    """Return the error of an event that is one: its type names the exception."""
    return named_error(type.partition(":")[2], frame)


def unexpected(frame: JsonObject, what: str) -> ProviderError | InvalidResponse:
    """Return the error of an object that came in the place of `what`: the one that it describes, if it
    does.
    """
    inner = as_object(frame.get("Output"))  # how AWS answers for an operation that there is not
    for value in (frame, inner):
        if value.keys() & {"message", "Message", "__type", "error", "errors"}:
            return named_error("", value)
    return InvalidResponse(f"not {what}: {json.dumps(frame, ensure_ascii=False)[:300]}")


def _name(text: str) -> str:
    """Return the name in "com.amazon.coral#ThrottlingException:http://…", which streams write in lower camel
    case."""
    name = text[:300].partition(":")[0].rpartition("#")[2].strip()
    return name[:1].upper() + name[1:]
