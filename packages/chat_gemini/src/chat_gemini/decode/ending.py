"""How a turn ended: the finish reason, and the notice that explains one that is out of the ordinary."""

from __future__ import annotations

from dataclasses import dataclass

from chat_core import FinishReason, JsonObject, JsonValue, Notice
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import finish_reason

# Words and numbers (of bridges that print enums as such) that the common list does not have.
_WORDS: dict[str, FinishReason] = {
    **dict[str, FinishReason].fromkeys(
        ("LANGUAGE", "MODEL_ARMOR", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        "content_filter",
    ),
    **dict[str, FinishReason].fromkeys(("3", "4", "6", "7", "8", "9", "11", "JAILBREAK"), "content_filter"),
    "CONTINUATION": "length",
    "2": "length",
    "1": "stop",
}
_UNSPECIFIED = ("", "0", "FINISH_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED", "null", "None")

# Reasons under which no call of the turn is run.
_BROKEN_OFF = frozenset(
    {
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"),
        *("MISSING_THOUGHT_SIGNATURE", "OTHER"),
    }
)
# Mistakes of the model, which it may not repeat: the same request can be sent again.
_WORTH_A_RETRY = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"}
)
_EXPLAINED = {
    "MALFORMED_FUNCTION_CALL": "the model wrote a function call that cannot be read",
    "UNEXPECTED_TOOL_CALL": "the model called a tool that the request does not have",
    "TOO_MANY_TOOL_CALLS": "the model called tools too often in a row",
    "MALFORMED_RESPONSE": "the model wrote a response that cannot be read",
    "MISSING_THOUGHT_SIGNATURE": "a call in the history has lost its thought signature",
    "NO_IMAGE": "the model made no image where one was requested",
    "IMAGE_OTHER": "the model made no image",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a turn ended, in the common word and in the server's; `message` is the server's explanation."""

    reason: FinishReason = "other"
    word: str | None = None
    message: str | None = None
    blocked: bool = False

    @property
    def is_broken_off(self) -> bool:
        """Whether the turn ended in a fault, so that no call of it may run."""
        return self.word in _BROKEN_OFF

    @property
    def is_worth_a_retry(self) -> bool:
        """Whether the same request may get another response."""
        return self.word in _WORTH_A_RETRY

    def outweighs(self, other: Ending) -> bool:
        """Return whether this ending counts where `other` came before: a vaguer one never replaces a cut or a
        fault.
        """
        return self.reason != "stop" or other.word is None or other.reason in ("stop", "tool_calls")

    def notice(self) -> Notice | None:
        """Return the notice that explains the ending, or None for an ordinary one."""
        if self.word is None or self.reason in ("stop", "tool_calls"):
            return None
        if self.reason == "length":
            return (
                Notice("finish_reason", self.message) if self.message and self.word != "MAX_TOKENS" else None
            )
        explained = _EXPLAINED.get(self.word, "the turn was ended by the server")
        return Notice("finish_reason", self.message or f"{self.word}: {explained}")


def read_ending(candidate: JsonObject) -> Ending | None:
    """Return the ending that a candidate has, or None where it has not ended."""
    word = _word(candidate.get("finishReason"))
    if word is None:
        return None
    reason, _ = finish_reason(word, _WORDS)
    return Ending(reason, word, as_text(candidate.get("finishMessage")) or None)


def read_block(feedback: JsonValue) -> Ending | None:
    """Return the ending of a turn whose prompt was blocked, or None where it was not."""
    block = as_object(feedback)
    word = _word(block.get("blockReason"))
    if word is None:
        return None
    message = as_text(block.get("blockReasonMessage")) or f"the prompt was blocked: {word}"
    return Ending("content_filter", word, message, blocked=True)


def _word(value: JsonValue) -> str | None:
    """Return an enum value as text, None for none and for "unspecified". Some bridges print its number."""
    if isinstance(value, str):
        word = value
    else:
        word = str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
    return None if word in _UNSPECIFIED else word[:200]
