"""The reasons why turns end, in the words of all servers, as our own."""

from __future__ import annotations

from collections.abc import Mapping

from chat_core.types.json_values import JsonValue
from chat_core.types.messages import FinishReason
from chat_core.types.response import Notice

_WORDS: dict[str, FinishReason] = {
    **dict.fromkeys(
        ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed"), "stop"
    ),
    **dict.fromkeys(
        (
            *("length", "max_tokens", "max_output_tokens", "max_length", "model_length", "token_limit"),
            *(
                "max_completion_tokens",
                "max_new_tokens",
                "context_length_exceeded",
                "context_window_exceeded",
            ),
            *("model_context_window_exceeded", "model_context_length_exceeded", "max_context_length"),
            *("output_limit", "incomplete", "truncated"),
        ),
        "length",
    ),
    **dict.fromkeys(("tool_calls", "tool_call", "tool_use", "function_call"), "tool_calls"),
    **dict.fromkeys(
        (
            *("content_filter", "content_filtered", "safety", "sensitive", "blocklist", "prohibited_content"),
            *("recitation", "spii", "guardrail_intervened", "error_toxic", "content_blocked"),
        ),
        "content_filter",
    ),
    "refusal": "refusal",
}


def finish_reason(
    value: JsonValue, words: Mapping[str, FinishReason] | None = None
) -> tuple[FinishReason, str | None]:
    """Return the common reason and the server's own word; "other" for an unknown word, None where there is
    none.

    `words` are a wire's own, looked up first and as they are written; case does not count in the common ones.
    The text "null" is no reason: some servers send it in place of the value.
    """
    if not isinstance(value, str) or value in ("", "null", "None"):
        return "other", None
    if words and value in words:
        return words[value], value
    return _WORDS.get(value) or _WORDS.get(value.lower(), "other"), value


def finish_notices(reason: FinishReason, word: str | None) -> tuple[Notice, ...]:
    """Return the notice of a turn that a filter ended, or that ended for a reason without a common word; on a
    wire that explains no more than that.
    """
    if word is None:
        return ()
    if reason == "content_filter":
        return (Notice("finish_reason", f"a filter of the server's ended the turn ({word})"),)
    if reason == "other":
        what = f"the turn ended with {word!r}, a reason that this library does not know"
        return (Notice("finish_reason", what),)
    return ()
