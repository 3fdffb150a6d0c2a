"""Which part of a conversation is sent, as input items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from chat_core import ChatRequest, ConfigurationError, Message, Notice, Opaque, Origin
from chat_core.types.message import parts_of
from chat_core.types.sealed import peek
from chat_core.wire import encode_from_prefix, joined_text, unwritten_points

from chat_responses.approvals import note_actions
from chat_responses.encode.caching import is_marked
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
        self._conversation = request.messages
        self._origin = origin
        self._messages = list(request.messages)
        self._begin = partial(ItemEncoder, origin, defaults)
        self._encoder = self._begin()
        self._cache_options = defaults.options.prompt_cache_options
        start = _after_instructions(self._messages)
        if start and self._encoder.takes_points and any(map(is_marked, self._messages[:start])):
            start = 0  # `instructions` are plain text, which cannot be marked
        self.instructions: str = _instructions(self._messages[:start], self._encoder) if start else ""
        self.continues: str | None = None
        self._remembered: Message | None = None
        known = _last_remembered(self._messages, origin, defaults) if defaults.server_remembers else None
        if known is not None:
            start = known + 1
            self._remembered = self._messages[known]
            if isinstance(defaults.memory, Chained) and self._remembered.turn:
                self.continues = self._remembered.turn.id
        self._start = start

    @property
    def notices(self) -> list[Notice]:
        """What of the conversation is not sent."""
        return self._encoder.notices

    def items(self) -> list[InputItem]:
        """Return the items to send, at least one: the server refuses instructions alone."""
        if self._remembered is None:
            self._encode_whole()
        else:
            self._encode_new(self._remembered)
        _refuse_unanswered(self._encoder.open_actions)
        self._encoder.notices += unwritten_points(self._encoder.points, self._cache_options)
        return self._encoder.sent or [{"role": "user", "content": ""}]

    def _encode_whole(self) -> None:
        """Encode all messages after the instructions."""
        first, start = self._encoder, self._start
        begin = self._begin if start else lambda: first  # which has read nothing then
        self._encoder = encode_from_prefix(self._conversation, first.key, begin, start)
        if start:
            self._encoder.notices = [*first.notices, *self._encoder.notices]

    def _encode_new(self, remembered: Message) -> None:
        """Encode the outcomes of the last turn that the server has, and what follows that turn."""
        encoder = self._encoder
        encoder.sent += encoder.outputs(remembered)
        for message in self._messages[: self._start]:
            note_actions(message, self._origin, encoder.open_actions)
        for message in self._messages[self._start :]:
            encoder.add(message)


def _after_instructions(messages: Sequence[Message]) -> int:
    for at, message in enumerate(messages):
        if message.role != "system":
            return at
    return len(messages)


def _instructions(messages: Sequence[Message], encoder: ItemEncoder) -> str:
    texts = (joined_text(encoder.readable(parts_of(message)), "system") for message in messages)
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
    origins = [part.native.origin for part in parts_of(message) if part.native is not None]
    return any(one.provider == origin.provider and one.endpoint == origin.endpoint for one in origins)


def _refuse_unanswered(open_actions: Mapping[str, Opaque]) -> None:
    """Raise for an action that a turn from here asks for and that no user's message answers."""
    if open_actions:
        named = ", ".join(f"{peek(part.native).get('type')} {id}" for id, part in open_actions.items())
        raise ConfigurationError(
            f"the model waits for an answer to {named}: messages.add_user(approval(part)) for an approval, "
            "messages.add_user(action_output(part, {...})) for any other action"
        )
