"""The messages of a conversation, as the server takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import cast

from chat_core import (
    ChatRequest,
    ConfigurationError,
    File,
    JsonValue,
    Message,
    Notice,
    Opaque,
    Origin,
    Part,
    Structured,
    Text,
)
from chat_core.types.cache_points import as_cache_point
from chat_core.types.describe import whole_text
from chat_core.types.message import parts_of
from chat_core.types.sealed import peek
from chat_core.wire import (
    SentList,
    encode_from_prefix,
    encoded_once,
    foreign_block,
    misplaced,
    part_text,
    text_of,
)
from chat_core.wire.characters import sendable

from chat_completions.dialect import Dialect
from chat_completions.encode.assistant import encode_assistant
from chat_completions.encode.caching import is_marked, limited, mark, takes_cache_points
from chat_completions.encode.files import encode_file
from chat_completions.encode.order import in_order
from chat_completions.encode.results import encode_results, texts_only
from chat_completions.wire import ContentPart, SentMessage, TextPart


def encode_messages(
    request: ChatRequest,
    origin: Origin,
    dialect: Dialect,
    notices: list[Notice],
    options: Mapping[str, object],
) -> list[SentMessage]:
    """Return the conversation as messages of this wire, in an order that the server takes.

    What the history holds and the wire cannot carry is left out with a notice. Raises `ConfigurationError`
    for what only the user can have put in, and `UnresolvedTool`. `options` are fields of the body.
    """
    demanded = dialect.reasoning.demanded and request.tools
    begins = _after_last_user(request) if demanded else None
    key = (_Messages, origin, dialect, begins)
    encoder = encode_from_prefix(request.messages, key, lambda: _Messages(origin, dialect, begins))
    notices += encoder.notices
    sent: list[SentMessage] = encoder.sent
    if encoder.points:
        sent = limited(sent, dialect, options, notices)
    return in_order(sent, dialect, notices)


def _after_last_user(request: ChatRequest) -> int:
    """Return the position after the last message of the user."""
    users = [at for at, message in enumerate(request.messages) if message.role == "user"]
    return users[-1] + 1 if users else 0


class _Messages:
    """What is sent of the messages so far. From `loop_begins` on, a position, each turn needs the reasoning
    that the server demands.
    """

    def __init__(self, origin: Origin, dialect: Dialect, loop_begins: int | None) -> None:
        self.sent: SentList[SentMessage] = SentList()
        self.notices: list[Notice] = []
        self._at = 0
        self._origin = origin
        self._dialect = dialect
        self._loop_begins = loop_begins
        self._takes_points = takes_cache_points(dialect, origin)
        self.points = 0  # cache points so far

    def fork(self) -> _Messages:
        forked = copy(self)
        forked.sent, forked.notices = self.sent.fork(), self.notices.copy()
        return forked

    def add(self, message: Message) -> None:
        self.sent += self._encode(message)
        self._at += 1

    def _encode(self, message: Message) -> Sequence[SentMessage]:
        role = message.role
        parts = parts_of(message)
        if role == "system":
            return self._system(parts)
        part = parts[0] if len(parts) == 1 else None
        if isinstance(part, Text):  # nearly all of a long history; this takes half the time of patterns
            if role == "user":
                return ({"role": "user", "content": part.text},)
            if part.native is None and self._loop_begins is None and not part.text.isspace() and part.text:
                return ({"role": "assistant", "content": whole_text(part.text)},)
        return self._user(message) if role == "user" else self._model(message)

    def _system(self, parts: Sequence[Part]) -> list[SentMessage]:
        if self._takes_points and any(as_cache_point(part) is not None for part in parts):
            return self._marked_system(parts)
        kept = [part for part in parts if not self._is_foreign(part)]
        texts = [text for part in kept if (text := text_of(part, "system")).strip()]
        if texts:
            return [{"role": self._dialect.messages.system_role, "content": "\n\n".join(texts)}]
        self.notices.append(Notice("messages", "a system message without text was not sent"))
        return []

    def _marked_system(self, parts: Sequence[Part]) -> list[SentMessage]:
        """Return instructions as a list of parts, those before a cache point marked."""
        content: list[ContentPart] = []
        for part in parts:
            if (point := as_cache_point(part)) is not None:
                mark(content, point, self._dialect, self.notices)
            elif not self._is_foreign(part) and (text := text_of(part, "system")).strip():
                content.append(TextPart(type="text", text=text))
        self.points += sum(map(is_marked, content))
        return [{"role": self._dialect.messages.system_role, "content": content}] if content else []

    def _user(self, message: Message) -> list[SentMessage]:
        key = (_UserMessage, self._origin, self._dialect)
        encode = _UserMessage(self._origin, self._dialect).encode
        sent, notices, points = encoded_once(message, key, lambda: encode(parts_of(message)))
        self.notices += notices
        self.points += points
        return sent

    def _model(self, message: Message) -> list[SentMessage]:
        demands = self._loop_begins is not None and self._at >= self._loop_begins
        key = (_turn, self._origin, self._dialect, demands)
        sent, notices = encoded_once(
            message, key, lambda: _turn(message, self._origin, self._dialect, demands)
        )
        self.notices += notices
        return sent

    def _is_foreign(self, part: Part) -> bool:
        return _is_foreign(part, self._origin, self.notices)


class _UserMessage:
    def __init__(self, origin: Origin, dialect: Dialect) -> None:
        self._origin = origin
        self._dialect = dialect
        self._notices: list[Notice] = []
        self._takes_points = takes_cache_points(dialect, origin)

    def encode(self, parts: Sequence[Part]) -> tuple[list[SentMessage], list[Notice], int]:
        """Return what is sent of the parts, with notices and the number of cache points."""
        content: list[ContentPart] = []
        for part in parts:
            point = as_cache_point(part) if self._takes_points else None
            if point is not None:
                mark(content, point, self._dialect, self._notices)
            else:
                content += self._content_part(part)
        filled = [part for part in content if part["type"] != "text" or part["text"].strip()]
        sent: list[SentMessage] = []
        if filled:
            sent.append({"role": "user", "content": texts_only(filled, self._dialect)})
        elif content:
            text = "".join(part_text(part) for part in parts if isinstance(part, Text))
            sent.append({"role": "user", "content": text})
        else:
            self._notices.append(Notice("messages", "a user's message without content was not sent"))
        return sent, self._notices, sum(map(is_marked, filled))

    def _content_part(self, part: Part) -> Iterator[ContentPart]:
        match part:
            case Text() | Structured():
                yield TextPart(type="text", text=part_text(part))
            case File():
                yield encode_file(part, self._dialect)
            case Opaque(native):
                if not _is_foreign(part, self._origin, self._notices):
                    raise ConfigurationError(
                        f"a user's message on this wire holds no {peek(native).get('type')!r} block"
                    )
            case _:
                raise misplaced(part, "user")


def _is_foreign(part: Part, origin: Origin, notices: list[Notice]) -> bool:
    """Return whether the part is a block of another provider, which is left out with a notice."""
    if not isinstance(part, Opaque) or part.native.origin == origin:
        return False
    notices.append(foreign_block(part.native))
    return True


def _turn(
    message: Message, origin: Origin, dialect: Dialect, demands: bool
) -> tuple[list[SentMessage], list[Notice]]:
    """Return a model's turn and the results of its calls."""
    notices: list[Notice] = []
    sent = encode_assistant(message, origin, dialect, notices, demands=demands)
    if sent is None:
        return [], notices
    turn = [sent, *encode_results(message, origin, dialect, notices)]
    return cast("list[SentMessage]", sendable(cast("JsonValue", turn))), notices
