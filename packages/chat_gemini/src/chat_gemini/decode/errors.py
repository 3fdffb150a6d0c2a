"""From an error body, or an error among the frames of a stream, to an error."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core import JsonObject, ProviderError
from chat_core.wire import ErrorWords, error_from_object, is_error_object
from chat_core.wire import decode_error as decode_any_error

_WORDS = ErrorWords(
    overrides={"API_KEY_INVALID": 401},  # it comes as a 400
    code_fields=("status", "code", "type"),
    request_ids=("x-request-id", "x-goog-request-id", "x-cloud-trace-context"),
)
# of these a good frame has at least one
_GOOD = frozenset(
    {
        *("candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId", "modelStatus"),
        *("embeddings", "embedding", "predictions", "totalTokens", "models"),
    }
)


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx.

    `code` is the reason that it gives, else its status word.
    """
    return decode_any_error(status, headers, body, _WORDS)


def check_frame(frame: JsonObject) -> None:
    """Raise the error that a frame describes, if it does, in whatever envelope."""
    if "candidates" in frame and "error" not in frame:
        return
    if frame.get("error") or (not frame.keys() & _GOOD and is_error_object(frame)):
        raise error_from_object(frame, words=_WORDS)
