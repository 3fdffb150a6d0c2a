"""Whole responses: a turn, a number of tokens, lists of models."""

from __future__ import annotations

from dataclasses import replace

from chat_core import (
    ChatResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    Notice,
    Origin,
    Part,
    ToolCall,
    Turn,
    Usage,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import CallIds, fail_pending, finish_notices, finish_reason, read_object

from chat_bedrock.decode.assembly import Assembly
from chat_bedrock.decode.errors import unexpected

_MALFORMED = ("malformed_model_output", "malformed_tool_use")
_RUN_CALLS = frozenset({"tool_calls", "stop"})


def decode(
    body: bytes,
    *,
    origin: Origin,
    ids: CallIds,
    request_id: str | None = None,
    notices: tuple[Notice, ...] = (),
) -> ChatResponse:
    """Return the turn of a whole response. Raises `ProviderError` and `InvalidResponse`."""
    frame = read_object(body, "a response of Converse")
    assembly = Assembly(origin, ids)
    for block in content_of(frame):
        assembly.add_block(block)
    return replace(
        response(assembly.parts(), frame, request_id), notices=notices + notices_of(frame), raw=frame
    )


def content_of(frame: JsonObject) -> list[JsonValue]:
    """Return the content blocks of a whole response. Raises the error that came in its place."""
    message = as_object(as_object(frame.get("output")).get("message"))
    if not message and "stopReason" not in frame:
        raise unexpected(frame, "a response of Converse")
    return as_list(message.get("content"))


def response(parts: list[Part], ending: JsonObject, request_id: str | None = None) -> ChatResponse:
    """Return a turn of these parts. `ending` holds the reason, the usage and the trace.

    No call runs of a turn that was cut at a limit, stopped by a guardrail or malformed.
    """
    reason, word = finish_reason(ending.get("stopReason"))
    router = as_object(as_object(ending.get("trace")).get("promptRouter"))
    turn = Turn(
        reason, word, usage(as_object(ending.get("usage"))), as_text(router.get("invokedModelId")) or None
    )
    if reason not in _RUN_CALLS and (word is not None):
        calls = [part for part in parts if isinstance(part, ToolCall)]
        fail_pending(calls, f"The turn ended with {word!r}; the call was not run.")
    return ChatResponse(Message("model", parts, turn=replace(turn, id=request_id)))


def usage(value: JsonObject) -> Usage:
    """Return the usage. Bedrock counts tokens that were read from a cache or written to it apart from the
    input."""
    read, written = as_count(value.get("cacheReadInputTokens")), as_count(value.get("cacheWriteInputTokens"))
    plain = as_count(value.get("inputTokens"))
    return Usage(
        input_tokens=None if plain is None else plain + (read or 0) + (written or 0),
        output_tokens=as_count(value.get("outputTokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        total_tokens=as_count(value.get("totalTokens")),
        raw=value,
    )


def notices_of(ending: JsonObject) -> tuple[Notice, ...]:
    """Return what has to be known about how a turn ended."""
    word = as_text(ending.get("stopReason"))
    if word == "guardrail_intervened":
        action = as_text(as_object(as_object(ending.get("trace")).get("guardrail")).get("actionReason"))
        return (
            Notice(
                "guardrail", f"a guardrail stepped in: {action or 'its trace says how, if it is enabled'}"
            ),
        )
    if word in _MALFORMED:
        return (Notice("finish_reason", f"the model wrote what cannot be read ({word}): ask again"),)
    return finish_notices(*finish_reason(word))


def decode_count(body: bytes) -> int:
    """Return the number of tokens. Raises `InvalidResponse`."""
    frame = read_object(body, "a number of tokens")
    count = as_count(frame.get("inputTokens"))
    if count is None:
        raise unexpected(frame, "a number of tokens")
    return count


def decode_models(body: bytes) -> list[ModelInfo]:
    """Return the foundation models of a region."""
    frame = read_object(body, "a list of models")
    return _models(frame, "modelSummaries", "modelId")


def decode_profiles(body: bytes) -> tuple[list[ModelInfo], str | None]:
    """Return inference profiles, and the token of the next page or None."""
    frame = read_object(body, "a list of inference profiles")
    return _models(frame, "inferenceProfileSummaries", "inferenceProfileId"), as_text(
        frame.get("nextToken")
    ) or None


def _models(frame: JsonObject, field: str, id_field: str) -> list[ModelInfo]:
    if not isinstance(frame.get(field), list):
        raise unexpected(frame, f"a list of models, which has {field}")
    found = [as_object(item) for item in as_list(frame[field])]
    return [ModelInfo(id, item) for item in found if (id := as_text(item.get(id_field)))]
