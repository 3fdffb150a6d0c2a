"""A turn that the server pauses, and that goes on with another request: the responses of one turn as one."""

from __future__ import annotations

from dataclasses import replace

from chat_core import ChatRequest, ChatResponse, Message, Messages, Notice, Turn


def continued(request: ChatRequest, message: Message) -> ChatRequest:
    """Return the request with the model's turn so far, which the response will continue."""
    return replace(request, messages=Messages([*request.messages, message]))


def joined(before: ChatResponse | None, response: ChatResponse) -> ChatResponse:
    """Return both as one turn."""
    if before is None:
        return response
    one, two = before.message, response.message
    turn = replace(two.turn or Turn(), usage=before.usage + response.usage)
    message = Message("model", [*one.parts, *two.parts], turn=turn, interrupted=two.interrupted)
    notices = tuple(dict.fromkeys(before.notices + response.notices))
    return ChatResponse(message, notices, response.raw)


def still_paused(response: ChatResponse, continuations: int) -> ChatResponse:
    """Return the turn with a notice that the server has paused it once more than it is continued."""
    text = (
        f"the turn is still paused after {continuations} continuations; complete(messages) again continues it"
    )
    return replace(response, notices=(*response.notices, Notice("pause_turn", text)))
