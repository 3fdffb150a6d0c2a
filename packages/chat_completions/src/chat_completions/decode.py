"""From the body of a Chat Completions response to a core response. `chat_core.wire.error_body` reads error bodies."""

from __future__ import annotations

import json

from chat_core import (
    ChatResponse,
    FinishReason,
    InvalidResponse,
    JsonObject,
    JsonValue,
    Message,
    ModelInfo,
    Notice,
    Origin,
    Turn,
    Usage,
)
from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire.error_body import error_from_object
from chat_core.wire.read import read_object
from chat_core.wire.tool_calls import fail_pending

from chat_completions.assembly import Assembly
from chat_completions.dialect import Dialect


def decode(body: bytes, *, origin: Origin, dialect: Dialect, ids: CallIds) -> ChatResponse:
    """The turn in a whole answer. Raises `ProviderError` for an error under status 200, `InvalidResponse` for anything else."""
    answer = read_object(body, "a chat completion")
    if is_error(answer):
        raise error_from_object(answer)
    answer = completion(answer)
    choices = [choice for choice in as_list(answer.get("choices")) if isinstance(choice, dict)]
    choice = next((choice for choice in choices if choice.get("index") == 0), choices[0])
    if error := choice.get("error"):
        raise error_from_object({"error": error})
    assembly = Assembly(origin, ids, dialect.think_tags)
    assembly.add(as_object(choice.get("message")), whole=True)
    assembly.flush()
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
        answer = next(
            (inner for inner in answer.values() if isinstance(inner, dict) and inner.get("choices")), answer
        )
    if not any(isinstance(choice, dict) for choice in as_list(answer.get("choices"))):
        raise InvalidResponse(f"a chat completion without choices: {json.dumps(answer)[:300]}")
    return answer


def more_choices(count: int) -> tuple[Notice, ...]:
    """What to say of choices beyond the first."""
    return (
        (Notice("n", f"the server sent {count} choices; the response is the first of them"),)
        if count > 1
        else ()
    )


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
            fail_pending([call], f"The turn ended with {reason!r}, so {call.name} was not run.")


def usage(value: JsonValue, dialect: Dialect) -> Usage:
    """The provider's numbers; unsaid ones are None."""
    said = as_object(value)
    prompt, completion = (
        as_object(said.get("prompt_tokens_details")),
        as_object(said.get("completion_tokens_details")),
    )
    output = as_count(said.get("completion_tokens"))
    reasoning = _first_count(completion.get("reasoning_tokens"), said.get("reasoning_tokens"))
    if dialect.reasoning_outside_output and output is not None:
        output += reasoning or 0
    return Usage(
        input_tokens=as_count(said.get("prompt_tokens")),
        output_tokens=output,
        cache_read_tokens=_first_count(
            prompt.get("cached_tokens"), said.get("prompt_cache_hit_tokens"), said.get("cached_tokens")
        ),
        cache_write_tokens=as_count(prompt.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        total_tokens=as_count(said.get("total_tokens")),
        raw=said,
    )


def _first_count(*values: JsonValue) -> int | None:
    for value in values:
        if (count := as_count(value)) is not None:
            return count
    return None


def decode_models(body: bytes) -> list[ModelInfo]:
    """The models of a list; a few servers send the bare array."""
    bare = body.lstrip()[:1] == b"["
    listed = as_list(read_object(b'{"data":%b}' % body if bare else body, "a list of models").get("data"))
    return [ModelInfo(as_text(model.get("id")), model) for model in listed if isinstance(model, dict)]


def is_error(body: JsonObject) -> bool:
    """Whether a body, or a stream's frame, is an error in one of the envelopes that come under status 200."""
    return bool(body.get("error")) or body.get("object") == "error"
