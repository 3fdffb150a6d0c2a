"""What reading the result of a request needs of the request, as plain data in a `BatchJob`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chat_core.types.call_ids import CallIds
from chat_core.types.json_values import JsonObject, as_list, as_object, as_text
from chat_core.types.messages import Messages
from chat_core.types.response import ChatResponse, Notice


def memory_of(messages: Messages, notices: Sequence[Notice] = ()) -> JsonObject:
    """Return the ids of the calls in a conversation, and the notices of its encoding; empty without any."""
    memory: JsonObject = {}
    if calls := [call.id for call in messages.calls]:
        memory["calls"] = list(calls)
    if notices:
        memory["notices"] = [{"about": notice.about, "message": notice.message} for notice in notices]
    return memory


def batch_body(
    body: Mapping[str, object], left_out: frozenset[str]
) -> tuple[dict[str, object], tuple[Notice, ...]]:
    """Return a body without the fields that a batch does not have, and a notice for each that was set."""
    notices = [
        Notice(name, f"a batch has no {name}: it was left out")
        for name in body
        if name in left_out and not name.startswith("stream") and body[name] not in (None, False)
    ]
    return {name: value for name, value in body.items() if name not in left_out}, tuple(notices)


def ids_of(memory: JsonObject) -> CallIds:
    """Return ids for the calls of a result that are new in its conversation."""
    ids = CallIds(Messages())
    for id in as_list(memory.get("calls")):
        ids.claim(as_text(id))
    return ids


def notices_of(memory: JsonObject) -> tuple[Notice, ...]:
    """Return the notices of the encoding."""
    kept = map(as_object, as_list(memory.get("notices")))
    return tuple(Notice(as_text(notice.get("about")), as_text(notice.get("message"))) for notice in kept)


def with_notices(response: ChatResponse, memory: JsonObject) -> ChatResponse:
    """Return the response with the notices of the encoding too."""
    notices = notices_of(memory)
    return replace(response, notices=response.notices + notices) if notices else response
