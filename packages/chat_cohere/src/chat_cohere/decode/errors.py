"""The errors of Cohere: a message under a status, and generations that fail under status 200.

Facts: Cohere's SDK 7.3 and recorded responses, November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from chat_core import InvalidResponse, JsonObject, ProviderError
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import ErrorWords, error_from_object, is_error_object
from chat_core.wire import decode_error as decode_any_error

_STATUSES = {"ERROR": 500, "TIMEOUT": 504}  # of generations that ended in these words
_WORDS = ErrorWords(statuses=_STATUSES, request_ids=("x-debug-trace-id", "x-request-id"))
_BLOCKED_TOKEN = 498


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx. Status 498 is of a token that is invalid or blocked."""
    error = decode_any_error(401 if status == _BLOCKED_TOKEN else status, headers, body, _WORDS)
    error.status = status
    return error


def failed_generation(word: str, detail: JsonObject) -> ProviderError | None:
    """Return the error of a generation that ended in this word, None for one that ended well."""
    if word not in _STATUSES:
        return None
    message = as_text(detail.get("error")) or as_text(as_object(detail.get("error")).get("message"))
    failed: JsonObject = {"message": message or f"the generation failed: {word}", "code": word}
    return error_from_object(failed, words=_WORDS)


def unexpected(frame: JsonObject, what: str) -> ProviderError | InvalidResponse:
    """Return the error of an object that came in the place of `what`: the one that it describes, if it
    does.
    """
    if is_error_object(frame):
        return error_from_object(frame, words=_WORDS)
    return InvalidResponse(f"not {what}: {json.dumps(frame, ensure_ascii=False)[:300]}")
