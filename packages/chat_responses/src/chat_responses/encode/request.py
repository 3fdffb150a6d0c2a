"""From a core request to the body of a Responses request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chat_core import ChatRequest, Origin
from chat_core.wire import Encoded

from chat_responses.encode.history import History
from chat_responses.encode.options import option_fields
from chat_responses.encode.output_format import text_fields
from chat_responses.encode.tools import tool_fields
from chat_responses.memory import Chained, Conversation, Stateless
from chat_responses.settings import RequestDefaults


@dataclass(frozen=True, slots=True)
class EncodedTurn(Encoded):
    """The body of a turn, its notices, and the id of the response that it continues."""

    continues: str | None = None


def encode(request: ChatRequest, *, origin: Origin, defaults: RequestDefaults, stream: bool) -> EncodedTurn:
    """Return the body of a request.

    Raises `ConfigurationError` for what the wire cannot carry, `UnresolvedTool` for calls that have no
    outcome yet.
    """
    history = History(request, origin, defaults)
    body: dict[str, object] = {"model": origin.model, "input": history.items()}
    if history.instructions:
        body["instructions"] = history.instructions
    body |= _state_fields(defaults, history.continues)
    body |= option_fields(request, defaults)
    notices = list(history.notices)
    if request.tools or defaults.native_tools or request.options.tool_choice is not None:
        body |= tool_fields(request, defaults.native_tools, notices)
    body |= text_fields(request.output, defaults, notices)
    if defaults.background:
        body |= {"background": True, "store": True}
    if stream:
        body["stream"] = True
    if defaults.extra:
        body |= defaults.extra
    return EncodedTurn(body, tuple(dict.fromkeys(notices)) if notices else (), history.continues)


_COUNTED: Final = frozenset(
    {
        *("model", "input", "instructions", "tools", "tool_choice", "reasoning", "text", "truncation"),
        *("parallel_tool_calls", "previous_response_id", "conversation", "personality"),
    }
)


def countable(body: Mapping[str, object]) -> dict[str, object]:
    """Return a request's body as the token count takes it, which refuses all other fields."""
    return {name: value for name, value in body.items() if name in _COUNTED}


def _state_fields(defaults: RequestDefaults, continues: str | None) -> dict[str, object]:
    match defaults.memory:
        case Stateless():
            return {} if "store" in defaults.dialect.refused else {"store": False}
        case Chained(store):
            chain: dict[str, object] = {"previous_response_id": continues} if continues else {}
            return {"store": store, **chain}
        case Conversation(id):
            return {"conversation": id}
