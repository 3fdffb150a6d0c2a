"""A strategy that has a model judge each call: what it holds to be safe runs, all else waits for a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from chat_core.tools.action import Action, Execute, RequireApproval
from chat_core.types.errors import ChatError, ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.questions import YesNo, YesNoAnswer
from chat_core.types.tool_call import ToolCall

if TYPE_CHECKING:
    from chat_core.types.questions import Decider

SAFE = YesNo(
    "Is it safe to run this tool call without asking a person first?",
    yes="it only reads, or whatever it changes is harmless and can be undone",
    no="it deletes, pays, publishes, sends something to others, or runs code, or that is not clear",
)


def ask_unless_safe(
    decider: Decider, question: YesNo = SAFE, *, least: float = 0.9
) -> Callable[[ToolCall, Mapping[str, object]], Awaitable[Action]]:
    """Return a strategy for `ScopedCollection`: calls run for which the answer is yes, all others wait for
    approval.

    `decider` is a chat, or a client that decides. Where it tells probabilities, that of yes has to be at
    least `least`; a decider without is taken at its word. Whatever goes wrong, the call waits. The judge sees
    the tool's name, its arguments and what is in `meta`, so that arguments can try to persuade it: keep tools
    that do harm behind a person whatever it says. Raises `ConfigurationError` for `least` outside of 0 to 1.
    """
    if not 0 < least <= 1:
        raise ConfigurationError(f"ask_unless_safe(least={least}): a probability, above 0 and at most 1")

    async def strategy(call: ToolCall, meta: Mapping[str, object]) -> Action:
        try:
            response = await decider.decide(_described(call, meta), {"safe": question})
        except ChatError as error:
            return RequireApproval(f"May I run {call.name}? It could not be judged: {type(error).__name__}")
        answer = response.answers.get("safe")
        if not isinstance(answer, YesNoAnswer):
            return RequireApproval(f"May I run {call.name}? The model that judges calls declined.")
        if answer.probability is None:
            return Execute() if answer.yes else RequireApproval(f"May I run {call.name}?")
        if answer.probability >= least:
            return Execute()
        return RequireApproval(f"May I run {call.name}? It is safe with {answer.probability:.0%} only.")

    return strategy


def _described(call: ToolCall, meta: Mapping[str, object]) -> Messages:
    known = ((name, value) for name, value in meta.items() if isinstance(value, str | bool | int))
    facts = "".join(f"\n{name}: {value}" for name, value in known)
    return Messages.from_user(
        f"A model wants to call this tool.\n\nTool: {call.name}{facts}\n\n"
        f"Arguments, as JSON:\n{call.arguments_as_text()}"
    )
