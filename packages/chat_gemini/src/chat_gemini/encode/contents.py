"""From the messages of a conversation to the contents of a request."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

from chat_core import File, Message, Messages, Notice, Opaque, Origin, Part, Structured, Text
from chat_core.types.describe import whole_text
from chat_core.types.message import parts_of
from chat_core.wire import (
    SentList,
    encode_from_prefix,
    encoded_once,
    foreign_block,
    misplaced,
    part_text,
    text_of,
)

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


def encode_contents(
    messages: Messages, origin: Origin, capabilities: Capabilities, endpoint: Endpoint
) -> Contents:
    """Return what is sent of a conversation.

    Raises `ConfigurationError` for a part of the user's that the wire cannot carry, `UnresolvedTool` for open
    calls.
    """
    key = (Contents, origin, capabilities, endpoint)
    return encode_from_prefix(messages, key, lambda: Contents(origin, capabilities, endpoint))


class Contents:
    """The contents of one request.

    `contents` and `instructions` are filled by `add`, `notices` name what was left out. Parts keep their
    order and are never joined; only neighbouring messages of one role are. `is_beginning` says whether they
    begin a conversation, which the wire wants a user to do.
    """

    def __init__(
        self, origin: Origin, capabilities: Capabilities, endpoint: Endpoint, *, is_beginning: bool = True
    ) -> None:
        self.contents: SentList[Content] = SentList()
        self.instructions: list[SentPart] = []
        self.notices: list[Notice] = []
        self._origin = origin
        self._files_url = origin.endpoint if endpoint.has_file_store else None
        self._capabilities = capabilities
        self._endpoint = endpoint
        self._is_beginning = is_beginning

    def fork(self) -> Contents:
        """Return one that goes on from here. Its last content may grow yet."""
        forked = copy(self)
        forked.contents = self.contents.fork(max(0, len(self.contents) - 1))
        if forked.contents:
            last = forked.contents[-1]
            forked.contents[-1] = Content(role=last["role"], parts=last["parts"].copy())
        forked.instructions, forked.notices = self.instructions.copy(), self.notices.copy()
        return forked

    def add(self, message: Message) -> None:
        """Add a message."""
        role, parts = message.role, parts_of(message)
        part = parts[0] if len(parts) == 1 else None
        text = part.text if isinstance(part, Text) and not is_blank(part.text) else None  # of most messages
        if role == "system":
            self._instruct(message)
        elif role == "user":
            self._append("user", [{"text": text}] if text is not None else self._user(message))
        elif text is not None and part is not None and part.native is None and self.contents:
            self._append("model", [{"text": whole_text(text)}])
        else:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        key = (Contents, self._origin, self._capabilities, self._endpoint)
        parts, results, notices = encoded_once(message, key, lambda: self._encode_turn(message))
        self.notices += notices
        if parts and not self.contents and self._is_beginning:
            self.notices.append(Notice("messages", "a text was put before the model's turn at the beginning"))
            self._append("user", [{"text": BEGINNING}])
        self._append("model", parts)
        self._append("user", results)

    def _encode_turn(self, message: Message) -> tuple[list[SentPart], list[SentPart], list[Notice]]:
        """Return the parts of a model's turn, those of the results of its calls, and notices."""
        notices: list[Notice] = []
        signs, in_results = self._capabilities.signs_calls, self._capabilities.files_in_results
        ids = call_ids(message, self._origin)
        parts = ModelPartEncoder(self._origin, self._files_url, signs, notices).encode(message, ids)
        results = ResultEncoder(self._files_url, in_results, notices).encode(message, ids) if ids else ()
        return parts, list(results), notices

    def _append(self, role: str, parts: list[SentPart]) -> None:
        if not parts:
            return
        if self.contents and self.contents[-1]["role"] == role:
            self.contents[-1]["parts"] += parts
        else:
            self.contents.append(Content(role="model" if role == "model" else "user", parts=parts.copy()))

    def _instruct(self, message: Message) -> None:
        if self.contents:
            self.notices.append(
                Notice("messages", "a system message from within the conversation was sent at its beginning")
            )
        for part in parts_of(message):
            if isinstance(part, Opaque):
                self.notices.append(foreign_block(part.native))
            elif not is_blank(text := text_of(part)):
                self.instructions.append({"text": text})

    def _user(self, message: Message) -> list[SentPart]:
        if any(isinstance(part, File) for part in parts_of(message)):
            key = (File, self._origin, self._endpoint)
            parts, notices = encoded_once(message, key, lambda: self._encode_user(message))
        else:
            parts, notices = self._encode_user(message)
        self.notices += notices
        return parts

    def _encode_user(self, message: Message) -> tuple[list[SentPart], list[Notice]]:
        notices: list[Notice] = []
        return [sent for part in parts_of(message) for sent in self._user_part(part, notices)], notices

    def _user_part(self, part: Part, notices: list[Notice]) -> Iterator[SentPart]:
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
                    notices.append(foreign_block(native))
            case _:
                raise misplaced(part, "user")
