"""The stream decoder of one request: it finds the answer among what the server sends."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import Event

from chat_mcp.wire import Answer, WireMessage, read_messages


class AnswerDecoder:
    """Reads the events of the response to one request. The terminal sign is the answer.

    state   | message                   | what happens
    --------|---------------------------|----------------------------------------
    waiting | notification, request     | it is returned
    waiting | answer to this request    | it is returned; finished
    waiting | answer to another request | it is passed over
    waiting | error without an id       | it is this request's; finished
    """

    def __init__(self, id: int) -> None:
        self._id = id
        self.finished: bool = False

    @property
    def complete(self) -> bool:
        """Whether the bytes may end here: the answer has come."""
        return self.finished

    def feed(self, event: Event, /) -> Sequence[WireMessage]:
        """Return the messages of one event. Raises `InvalidResponse` for one that cannot be read."""
        found: list[WireMessage] = []
        for message in read_messages(event.data) if event.data.strip() else ():
            if isinstance(message, Answer):
                if not answers(message, self._id):
                    continue
                self.finished = True
            found.append(message)
        return found


def answers(answer: Answer, id: int) -> bool:
    """Return whether an answer is that to the request `id`. Some servers send the number as text."""
    if answer.id is None:
        return answer.error is not None
    return not isinstance(answer.id, bool) and str(answer.id) == str(id)
