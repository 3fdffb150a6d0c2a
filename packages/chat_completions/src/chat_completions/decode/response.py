"""The turn in a whole response."""

from __future__ import annotations

from chat_core import ChatResponse, JsonObject, Message, Notice, Origin, Turn
from chat_core.types.json_values import as_text
from chat_core.types.seal_turn import seal_turn
from chat_core.wire import CallIds, finish_notices, read_object

from chat_completions.decode.finish import finish_of, hold_back
from chat_completions.decode.frames import check_choice, completion, message_of, usage_of
from chat_completions.decode.parts import whole_parts
from chat_completions.decode.usage import usage
from chat_completions.dialect import Dialect


def decode(body: bytes, *, origin: Origin, dialect: Dialect, ids: CallIds) -> ChatResponse:
    """Return the turn in a response body.

    Raises `ProviderError` for an error under status 200, and `InvalidResponse` for anything else.
    """
    return decode_object(
        read_object(_single(body), "a chat completion"), origin=origin, dialect=dialect, ids=ids
    )


def decode_object(answer: JsonObject, *, origin: Origin, dialect: Dialect, ids: CallIds) -> ChatResponse:
    """Return the turn in a chat completion, as `decode` does."""
    response, choices = completion(answer)
    choice = choices[0]
    if choice.get("index") != 0:
        choice = next((choice for choice in choices if choice.get("index") == 0), choice)
    check_choice(choice)
    parts = whole_parts(message_of(choice), origin, ids, dialect.reasoning.think_tags)
    finish = finish_of(choice, response)
    turn = Turn(
        *finish,
        usage=usage(usage_of(response, choices), dialect),
        model=as_text(response.get("model")) or None,
        id=as_text(response.get("id")) or None,
    )
    message = Message("model", parts, turn=turn)
    hold_back(message, finish)
    seal_turn(message)
    return ChatResponse(message, finish_notices(*finish) + more_choices(len(choices)), raw=response)


def more_choices(count: int) -> tuple[Notice, ...]:
    """Return the notice for choices beyond the first."""
    if count <= 1:
        return ()
    return (Notice("n", f"the server sent {count} choices; the response is the first of them"),)


def _single(body: bytes) -> bytes:
    """Return the body without the list that a few gateways put around the one completion."""
    if body.startswith(b"{"):
        return body
    stripped = body.strip()
    return stripped[1:-1] if stripped[:1] == b"[" and stripped[-1:] == b"]" else body
