"""Actions that a turn asks the client for as `Opaque` parts: approvals of MCP calls, searches for tools.

The turn goes on once the user's next message holds an answer to each. Shell commands, clicks and patches are
calls of tools (`client_calls`); conversations that were stored when they were such parts can go on too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

from chat_core import ConfigurationError, JsonObject, Message, Native, Opaque, Origin, Part
from chat_core.types.json_values import as_object, as_text
from chat_core.types.message import parts_of
from chat_core.types.plain_json import as_json
from chat_core.types.sealed import peek

from chat_responses.items import call_id

APPROVAL: Final = "mcp_approval_request"

# the type of the item that answers an action, and the member that names the action in it
ANSWERS: Final = {
    APPROVAL: ("mcp_approval_response", "approval_request_id"),
    "computer_call": ("computer_call_output", "call_id"),
    "local_shell_call": ("local_shell_call_output", "call_id"),
    "shell_call": ("shell_call_output", "call_id"),
    "apply_patch_call": ("apply_patch_call_output", "call_id"),
    "tool_search_call": ("tool_search_output", "call_id"),
}


def approval_requests(message: Message) -> list[Opaque]:
    """Return the approvals that a turn asks for.

    `part.native.data` has the `server_label`, `name` and `arguments` of each call.
    """
    return [part for part in requested_actions(message) if peek(part.native).get("type") == APPROVAL]


def approval(request: Opaque, approve: bool = True, reason: str | None = None) -> Opaque:
    """Return the answer to an approval request, for `messages.add_user(approval(request))`.

    Raises `ConfigurationError` for a part that is no approval request.
    """
    if request.native.data.get("type") != APPROVAL:
        raise ConfigurationError("approval(part) answers a part out of approval_requests(response.message)")
    return action_output(request, {"approve": approve} | ({} if reason is None else {"reason": reason}))


def requested_actions(message: Message) -> list[Opaque]:
    """Return the actions that a turn asks the client for, in order."""
    return actions_in(parts_of(message))


def actions_in(parts: Iterable[Part]) -> list[Opaque]:
    """Return the actions that these parts of a turn ask the client for, in order."""
    return [part for part in parts if isinstance(part, Opaque) and is_requested(peek(part.native))]


def action_output(request: Opaque, fields: Mapping[str, object]) -> Opaque:
    """Return the answer to a requested action, for `messages.add_user(action_output(request, {...}))`.

    `fields` are the members of the answering item beside its type and the id of the action, such as
    `{"tools": [...]}` for a search. Raises `ConfigurationError` for a part that asks for no action.
    """
    item = request.native.data
    if not is_requested(item):
        raise ConfigurationError("action_output(part, {...}) answers a part that asks for an action")
    answer, named = ANSWERS[as_text(item.get("type"))]
    given = cast("JsonObject", as_json(dict(fields)))
    return Opaque(Native(request.native.origin, {"type": answer, named: action_id(item), **given}))


def is_requested(item: JsonObject) -> bool:
    """Return whether an item asks the client for an action, so that the turn goes on only with an answer.

    One without an id does not: no answer could name it.
    """
    return _asks(item) and bool(action_id(item))


def is_unanswerable(item: JsonObject) -> bool:
    """Return whether an item asks for an action without an id."""
    return _asks(item) and not action_id(item)


def _asks(item: JsonObject) -> bool:
    match item.get("type"):
        case "shell_call":  # one in a container of the provider's is run there
            return as_object(item.get("environment")).get("type") == "local"
        case "tool_search_call":
            return item.get("execution") == "client"
        case str(type):
            return type in ANSWERS
        case _:
            return False


def action_id(item: JsonObject) -> str:
    """Return the id by which an answer names a requested action."""
    return as_text(item.get("id")) if item.get("type") == APPROVAL else call_id(item)


def answered_id(item: JsonObject) -> str | None:
    """Return the id of the action that an item answers, or None for other items."""
    for answer, named in ANSWERS.values():
        if item.get("type") == answer:
            return as_text(item.get(named))
    return None


def note_actions(message: Message, origin: Origin, open_actions: dict[str, Opaque]) -> None:
    """Add the actions that a turn from `origin` asks for, by their ids, and take out those that a user's
    message answers.
    """
    asks = message.role == "model" and not message.interrupted
    for part in parts_of(message):
        if not isinstance(part, Opaque):
            continue
        item = peek(part.native)
        if message.role == "user":
            open_actions.pop(answered_id(item) or "", None)
        elif asks and part.native.origin == origin and is_requested(item):
            open_actions[action_id(item)] = part
