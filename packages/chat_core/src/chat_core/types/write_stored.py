"""The stored form of a conversation, written from where it ended when it was stored last."""

from __future__ import annotations

from copy import copy

from chat_core.types.byte_pieces import add_piece
from chat_core.types.conversation import Conversation, keep_encoders
from chat_core.types.encode_prefix import encode_from_prefix
from chat_core.types.json_values import JsonObject
from chat_core.types.message import Message
from chat_core.types.stored import VERSION, dump, stored_adapter
from chat_core.types.written_form import written_form

_MOST_CHARACTERS = 1 << 24  # of a stored form that is kept in memory


def write_stored(messages: Conversation, revision: int, metadata: JsonObject) -> str:
    """Return what `stored.dump` returns. Messages that are as they were when stored last are not written
    again.
    """
    try:
        written = encode_from_prefix(messages, (_Writer,), _Writer, whole=True).pieces
        tail = f'],"revision":{revision}'
        if metadata:
            tail += f',"metadata":{stored_adapter(JsonObject).dump_json(metadata).decode()}'
    except ValueError:  # half a surrogate pair, which bytes cannot hold
        return dump(list(messages), revision, None, metadata)
    text = "".join([f'{{"version":{VERSION},"messages":[', *written, tail, "}"])
    if len(text) > _MOST_CHARACTERS:
        keep_encoders(messages, ())
    return text


class _Writer:
    """Messages as JSON text, with commas between them, in few pieces."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._adapter = stored_adapter(Message)

    def add(self, message: Message) -> None:
        text = self._adapter.dump_json(written_form(message)).decode()
        add_piece(self.pieces, f",{text}" if self.pieces else text)

    def fork(self) -> _Writer:
        forked = copy(self)
        forked.pieces = self.pieces.copy()
        return forked
