"""From the body of a Gemini answer to a core response, and from an error body to an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chat_core import (
    InvalidResponse,
    JsonObject,
    JsonValue,
    ModelInfo,
    ProviderError,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.error_body import ErrorWords, error_from_object
from chat_core.wire.error_body import decode_error as decode_any_error
from chat_core.wire.read import read_object

from chat_gemini.assembly import Assembly


def decode(body: bytes, assembly: Assembly) -> JsonObject:
    """Put a whole answer into `assembly`; the answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for
    what is no answer."""
    chunks = chunks_of(body, "a Gemini answer")
    for chunk in chunks:
        assembly.add(chunk)
    if not chunks or not (assembly.anything or any("usageMetadata" in chunk for chunk in chunks)):
        raise InvalidResponse(f"a Gemini answer without candidates: {body[:300].decode('utf-8', 'replace')}")
    return chunks[-1]


def chunks_of(data: str | bytes, what: str) -> list[JsonObject]:
    """The chunks that a document holds: one, or an array of them where the server streams no events. Raises the error in it, and
    `InvalidResponse` for what is neither."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if text[:1] == "{" or text.lstrip()[:1] != "[":
        chunks = [read_object(text, what)]
    else:
        chunks = [
            as_object(chunk) for chunk in as_list(read_object(f'{{"chunks":{text}}}', what).get("chunks"))
        ]
    check_chunks(chunks)
    return chunks


def check_chunks(chunks: Iterable[JsonObject]) -> None:
    """Raise the error that a chunk holds."""
    for chunk in chunks:
        if "error" in chunk:
            raise error_of(chunk)


def decode_tokens(body: bytes) -> int:
    """How many tokens were counted."""
    answer = read_object(body, "a count of tokens")
    count = as_count(answer.get("totalTokens"))
    if count is None and "promptTokensDetails" not in answer and answer:
        raise InvalidResponse(f"not a count of tokens: {body[:300].decode('utf-8', 'replace')}")
    return count or 0  # zero is left out


def decode_models(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """A page of the models, and the token of the next page."""
    answer = read_object(body, "a list of models")
    listed = [model for model in as_list(answer.get("models")) if isinstance(model, dict)]
    models = [ModelInfo(as_text(model.get("name")).removeprefix("models/"), model) for model in listed]
    return models, as_text(answer.get("nextPageToken")) or None


_WORDS = ErrorWords(
    overrides={"API_KEY_INVALID": 401},  # it comes as a 400
    code_fields=("status",),
    request_ids=("x-request-id", "x-goog-request-id", "x-cloud-trace-context"),
)


def decode_error(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """Return the error of a response that is not 2xx. `code` is the reason that it gives, else its status word."""
    return _without_retry_today(decode_any_error(status, headers, body, _WORDS))


def error_of(value: JsonValue) -> ProviderError:
    """Return the error that a chunk, or a body under status 200, describes."""
    return _without_retry_today(error_from_object(value, words=_WORDS))


def _without_retry_today(error: ProviderError) -> ProviderError:
    """Return the error, not retryable where a quota of the day is used up: it comes back at midnight."""
    body = error.body
    envelope = as_object(body[0] if isinstance(body, list) and body else body)
    details = [as_object(detail) for detail in as_list(as_object(envelope.get("error")).get("details"))]
    violations = [as_object(item) for detail in details for item in as_list(detail.get("violations"))]
    if any("PerDay" in as_text(violation.get("quotaId")) for violation in violations):
        error.retryable = False
    return error
