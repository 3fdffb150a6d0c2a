"""What a chat would send next, without sending it."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from typing import TypeVar

from chat_core.chat.calls import Calls
from chat_core.chat.setup import Setup
from chat_core.chat.step_tools import StepTools
from chat_core.chat.turn import turn_request
from chat_core.provider import ExplainingProvider
from chat_core.types.errors import ConfigurationError
from chat_core.types.explanation import Explanation
from chat_core.types.messages import Messages
from chat_core.types.request import AnyRequest, as_request
from chat_core.types.response import Notice

T = TypeVar("T")


def explain_turn(
    provider: ExplainingProvider, setup: Setup, messages: Messages, deps: object, *, stream: bool
) -> Explanation:
    """Return the request for the next turn of a conversation.

    Raises `ConfigurationError` for what cannot be sent, and where other things come before it.
    """
    if not len(messages):
        raise ConfigurationError("there is nothing to send: Messages.from_user(...) first")
    if unfinished := Calls(messages).open:
        names = ", ".join(f"{call.name} ({call.id})" for call in unfinished)
        raise ConfigurationError(
            f"calls are decided or run before the next request, so it is not known yet: {names}"
        )
    setup.tools.check_deps(deps)
    tools = _at_once(StepTools(setup.tools, messages, deps).of_next_turn())
    explained = provider.explain(turn_request(setup, messages, tools.definitions), stream=stream)
    hooks = setup.hooks
    if hooks is None or not hooks.names:
        return explained
    notice = Notice("middleware", f"not run here, and may change the request: {', '.join(hooks.names)}")
    return replace(explained, notices=(*explained.notices, notice))


def explain_difference(
    one: ExplainingProvider, other: ExplainingProvider, given: AnyRequest, /, *, stream: bool = False
) -> str:
    """Return how the request of one client differs from that of another, for the same turn, as a unified
    diff; empty where they send the same. Nothing is sent.

    `given` is a request, a conversation, or a text. Raises `ConfigurationError` where one of them cannot
    send it.
    """
    request = as_request(given)
    return one.explain(request, stream=stream).difference(other.explain(request, stream=stream))


def _at_once(coroutine: Coroutine[object, object, T]) -> T:
    """Return the result of a coroutine that does not wait for anything."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise ConfigurationError(
        "the function that chooses the tools of a turn waits for something, which explain(...) cannot: "
        "build the chat with a list of tools"
    )
