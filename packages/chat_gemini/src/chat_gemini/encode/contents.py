"""From the messages of a conversation to the contents of a request."""

from __future__ import annotations

from collections.abc import Iterator

from chat_core import File, Message, Messages, Notice, Opaque, Origin, Part, Structured, Text
from chat_core.wire import foreign_block, misplaced, part_text, text_of

from chat_gemini.capabilities import Capabilities, Endpoint
from chat_gemini.encode.files import file_part
from chat_gemini.encode.model_parts import ModelPartEncoder, call_ids
from chat_gemini.encode.native import block
from chat_gemini.encode.results import ResultEncoder
from chat_gemini.encode.text import is_blank
from chat_gemini.wire import Content, SentPart

BEGINNING = "(The conversation begins with the model's turn.)"
"""The user's text where a conversation begins with the model: the wire wants a user's content before a call.
"""


class Contents:
    """The contents of one request.

    `contents` and `instructions` are filled by `add`, `notices` name what was left out. Parts keep their
    order and are never joined; only neighbouring messages of one role are.
    """

    def __init__(self, origin: Origin, capabilities: Capabilities, endpoint: Endpoint) -> None:
        self.contents: list[Content] = []
        self.instructions: list[SentPart] = []
        self.notices: list[Notice] = []
        self._origin = origin
        self._files_url = files_url = origin.endpoint if endpoint.has_file_store else None
        self._model = ModelPartEncoder(origin, files_url, capabilities.signs_calls, self.notices)
        self._results = ResultEncoder(files_url, capabilities.files_in_results, self.notices)

    def add(self, messages: Messages) -> None:
        """Add the messages of a conversation.

        Raises `ConfigurationError` for a part of the user's that the wire cannot carry, `UnresolvedTool` for
        open calls.
        """
        for message in messages:
            match message.role:
                case "system":
                    self._instruct(message)
                case "user":
                    self._append("user", [sent for part in message.parts for sent in self._user_part(part)])
                case "model":
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        ids = call_ids(message, self._origin)
        parts = self._model.encode(message, ids)
        if parts and not self.contents:
            self.notices.append(Notice("messages", "a text was put before the model's turn at the beginning"))
            self._append("user", [{"text": BEGINNING}])
        self._append("model", parts)
        if ids:
            self._append("user", list(self._results.encode(message, ids)))

    def _append(self, role: str, parts: list[SentPart]) -> None:
        if not parts:
            return
        if self.contents and self.contents[-1]["role"] == role:
            self.contents[-1]["parts"] += parts
        else:
            self.contents.append(Content(role="model" if role == "model" else "user", parts=parts))

    def _instruct(self, message: Message) -> None:
        if self.contents:
            self.notices.append(
                Notice("messages", "a system message from within the conversation was sent at its beginning")
            )
        for part in message.parts:
            if isinstance(part, Opaque):
                self.notices.append(foreign_block(part.native))
            elif not is_blank(text := text_of(part)):
                self.instructions.append({"text": text})

    def _user_part(self, part: Part) -> Iterator[SentPart]:
        match part:
            case Text() | Structured():
                if not is_blank(text := part_text(part)):
                    yield {"text": text}
            case File():
                yield file_part(part, self._files_url)
            case Opaque(native):
                if (own := block(native, self._origin)) is not None:
                    yield own
                else:
                    self.notices.append(foreign_block(native))
            case _:
                raise misplaced(part, "user")
