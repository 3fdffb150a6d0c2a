"""Which part of a conversation is sent, as input items."""

from __future__ import annotations

from collections.abc import Sequence

from chat_core import ChatRequest, ConfigurationError, Message, Notice, Opaque, Origin
from chat_core.wire import joined_text

from chat_responses.approvals import action_id, answered_id, requested_actions
from chat_responses.encode.items import ItemEncoder
from chat_responses.memory import Chained, Conversation
from chat_responses.settings import RequestDefaults
from chat_responses.wire import InputItem


class History:
    """A conversation as input items. Turns that the server remembers are left out.

    `instructions` is the text of the system messages before all others, `continues` the id of the response
    that the request goes on from, `notices` what is not sent.
    """

    def __init__(self, request: ChatRequest, origin: Origin, defaults: RequestDefaults) -> None:
        self._messages = list(request.messages)
        self._origin = origin
        self._encoder = ItemEncoder(origin, defaults)
        start = _after_instructions(self._messages)
        self.instructions = _instructions(self._messages[:start], self._encoder)
        self.continues: str | None = None
        self._remembered: Message | None = None
        known = _last_remembered(self._messages, origin, defaults) if defaults.server_remembers else None
        if known is not None:
            start = known + 1
            self._remembered = self._messages[known]
            if isinstance(defaults.memory, Chained) and self._remembered.turn:
                self.continues = self._remembered.turn.id
        self._new = self._messages[start:]

    @property
    def notices(self) -> list[Notice]:
        """What of the conversation is not sent."""
        return self._encoder.notices

    def items(self) -> list[InputItem]:
        """Return the items to send, at least one: the server refuses instructions alone."""
        _refuse_unanswered(self._messages, self._origin)
        items: list[InputItem] = []
        if self._remembered is not None:
            items += self._encoder.outputs(self._remembered)
        for message in self._new:
            items += self._encoder.items(message)
        return items or [{"role": "user", "content": ""}]


def _after_instructions(messages: Sequence[Message]) -> int:
    return next((at for at, message in enumerate(messages) if message.role != "system"), len(messages))


def _instructions(messages: Sequence[Message], encoder: ItemEncoder) -> str:
    texts = (joined_text(encoder.readable(message.parts), "system") for message in messages)
    return "\n\n".join(text for text in texts if text)


def _last_remembered(messages: Sequence[Message], origin: Origin, defaults: RequestDefaults) -> int | None:
    """Return where the last finished turn stands that the server has, whatever its model.

    A conversation is searched for the last turn that went to it. A chain of responses ends at a turn that
    came from elsewhere.
    """
    for at in range(len(messages) - 1, -1, -1):
        turn, message = messages[at].turn, messages[at]
        if message.role != "model" or message.interrupted:
            continue
        match defaults.memory:
            case Conversation(id):
                if turn is not None and turn.conversation == id:
                    return at
            case _:
                return at if turn is not None and turn.id and _is_from(message, origin) else None
    return None


def _is_from(message: Message, origin: Origin) -> bool:
    """Return whether a turn came from this server."""
    origins = [part.native.origin for part in message.parts if part.native is not None]
    return any(one.provider == origin.provider and one.endpoint == origin.endpoint for one in origins)


def _refuse_unanswered(messages: Sequence[Message], origin: Origin) -> None:
    """Raise for an action that a turn from here asks for and that no user's message answers."""
    open_actions: dict[str, Opaque] = {}
    for message in messages:
        if message.role == "model" and not message.interrupted:
            actions = (action for action in requested_actions(message) if action.native.origin == origin)
            open_actions |= {action_id(action.native.data): action for action in actions}
        elif message.role == "user":
            blocks = (part.native.data for part in message.parts if isinstance(part, Opaque))
            for id in map(answered_id, blocks):
                open_actions.pop(id or "", None)
    if open_actions:
        named = ", ".join(f"{part.native.data.get('type')} {id}" for id, part in open_actions.items())
        raise ConfigurationError(
            f"the model waits for an answer to {named}: messages.add_user(approval(part)) for an approval, "
            "messages.add_user(action_output(part, {...})) for any other action"
        )
