"""A conversation as Cohere takes it: a message per turn, a message per result, documents beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Messages,
    Native,
    Notice,
    Opaque,
    Origin,
    Part,
    Structured,
    Text,
)
from chat_core.types.json_values import as_object, as_text
from chat_core.wire import encoded_once, foreign_block, misplaced

from chat_cohere.documents import MARKED
from chat_cohere.encode.files import document_fields, image_block, is_image
from chat_cohere.encode.turns import TurnEncoder, text_block, text_blocks
from chat_cohere.wire import SentMessage

_CONTINUE = "Continue."


class Conversation:
    """The messages and the documents of one request, with notices for what was left out.

    Raises `ConfigurationError` for what a user put in and the wire cannot carry, and `UnresolvedTool` for
    calls that have no outcome yet.
    """

    def __init__(self, messages: Messages, origin: Origin) -> None:
        self._origin = origin
        self._notices: dict[Notice, None] = {}
        self.messages: list[SentMessage] = []
        self.documents: list[JsonObject] = []
        for message in messages:
            self._add(message)
        if not any(message.get("role") != "system" for message in self.messages):
            raise ConfigurationError("Cohere needs a message to respond to: messages.add_user(...) first")
        if self.messages[-1].get("role") == "assistant":
            self.messages.append({"role": "user", "content": _CONTINUE})
            self._notice(
                Notice(
                    "messages", f"a conversation cannot end with the model: {_CONTINUE!r} was sent after it"
                )
            )

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was not sent, each kind once."""
        return tuple(self._notices)

    def _notice(self, notice: Notice) -> None:
        self._notices[notice] = None

    def _add(self, message: Message) -> None:
        match message.role:
            case "system":
                self._append("system", list(self._instructions(message.parts)))
            case "user":
                before = len(self.documents)
                blocks = list(self._user(message.parts))
                if not blocks and len(self.documents) > before:
                    blocks = [text_block("(See the documents.)")]
                self._append("user", blocks)
            case "model":
                self._model(message)

    def _append(self, role: str, blocks: list[JsonObject]) -> None:
        """Add a message of text and images. One text alone is sent as it is."""
        match blocks:
            case []:
                return
            case [{"type": "text", "text": str(text)}]:
                content: str | list[JsonObject] = text
            case _:
                content = blocks
        self.messages.append({"role": "system" if role == "system" else "user", "content": content})

    def _instructions(self, parts: Iterable[Part]) -> Iterator[JsonObject]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from text_blocks(part)
                case Opaque(native) if native.origin != MARKED:
                    self._notice(foreign_block(native))
                case _:
                    raise misplaced(part, "system")

    def _user(self, parts: Iterable[Part]) -> Iterator[JsonObject]:
        for part in parts:
            match part:
                case Text() | Structured():
                    yield from text_blocks(part)
                case File() if is_image(part):
                    yield image_block(part)
                case File():
                    self._document(document_fields(part))
                case Opaque(native):
                    self._marked_document(native)
                case _:
                    raise misplaced(part, "user")

    def _document(self, fields: JsonObject, id: str | None = None) -> None:
        """Add a document for the whole request. Its id is what citations name."""
        taken = {as_text(document.get("id")) for document in self.documents}
        number = len(self.documents)
        while id is None or id in taken:
            id, number = f"doc:{number}", number + 1
        self.documents.append({"id": id, "data": fields})

    def _marked_document(self, native: Native) -> None:
        document = as_object(native.data.get("document")) if native.origin == MARKED else {}
        fields = as_object(document.get("data"))
        if fields:
            self._document(fields, as_text(document.get("id")) or None)
        else:
            self._notice(foreign_block(native))

    def _model(self, message: Message) -> None:
        key = (TurnEncoder, self._origin)
        sent, notices = encoded_once(message, key, lambda: TurnEncoder(self._origin).encode(message))
        self.messages += sent
        for notice in notices:
            self._notice(notice)
