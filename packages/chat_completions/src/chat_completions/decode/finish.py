"""Why a turn ended, where servers say so several times and in several words; and the calls that may not run
then.
"""

from __future__ import annotations

from typing import NamedTuple

from chat_core import FinishReason, JsonObject, Message
from chat_core.types.json_values import as_object
from chat_core.wire import fail_pending, finish_reason

_BROKEN_OFF = frozenset(
    {
        *("error", "network_error", "insufficient_system_resource", "abort", "aborted"),
        *("cancelled", "canceled", "failed", "timeout", "server_error", "content_error"),
    }
)
_MOST_EXACT = 3
_EXACTNESS: dict[FinishReason, int] = {"other": 0, "stop": 1, "tool_calls": 2}


class Finish(NamedTuple):
    """The common reason and the server's own word, None where it has given none."""

    reason: FinishReason = "other"
    word: str | None = None

    @property
    def exactness(self) -> int:
        """How much the word says: a cut weighs more than a call, a call more than a stop."""
        if self.word is None:
            return -1
        return _MOST_EXACT if self.word.lower() in _BROKEN_OFF else _EXACTNESS.get(self.reason, _MOST_EXACT)

    def then(self, later: Finish) -> Finish:
        """Return the more exact of two reasons; of two that say as much, the first."""
        if later.word is None:  # of nearly every chunk of a stream
            return self
        return later if later.exactness > self.exactness else self


_UNFINISHED = Finish()


def finish_of(choice: JsonObject, frame: JsonObject) -> Finish:
    """Return the reason in a choice, in its message, or beside the choices.

    Some gateways translate a cut into "stop" or "tool_calls" and keep the model's own word as
    `native_finish_reason`: a cut there counts.
    """
    value = choice.get("finish_reason")
    if not value:
        inner = as_object(choice.get("message")) or as_object(choice.get("delta"))
        value = inner.get("finish_reason") or frame.get("finish_reason")
    own_word = choice.get("native_finish_reason")
    if not value and not own_word:
        return _UNFINISHED
    finish = Finish(*finish_reason(value or None))
    if own_word is None:
        return finish
    native = Finish(*finish_reason(own_word))
    if finish.word is None:
        return native
    if native.reason == "length" and finish.reason != "length":
        return Finish("length", finish.word)
    return finish


def hold_back(message: Message, finish: Finish) -> None:
    """Fail the calls of a turn that broke off, and those without arguments in a turn that did not end well.

    That the arguments of a broken-off turn are JSON may be an accident; that there are none, a cut.
    """
    if finish.reason in ("stop", "tool_calls"):  # which no word of those that broke off stands for
        return
    if finish.word is not None and finish.word.lower() in _BROKEN_OFF:
        for call in message.tool_calls:
            fail_pending([call], f"The turn ended with {finish.word!r}, so {call.name} was not run.")
    else:
        for call in message.tool_calls:
            if not (call.arguments_text or "").strip():
                why = f"The turn ended with {finish.word!r} before its arguments, so {call.name} was not run."
                fail_pending([call], why)
