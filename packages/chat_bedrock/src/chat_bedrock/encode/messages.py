"""A conversation as Converse takes it: instructions apart, turns that alternate, results right after their
calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chat_core import (
    ConfigurationError,
    File,
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
from chat_core.types.cache_points import point_of
from chat_core.wire import encoded_once, foreign_block, misplaced, part_text

from chat_bedrock.blocks import MARKED
from chat_bedrock.capabilities import Capabilities
from chat_bedrock.encode.caching import point_block
from chat_bedrock.encode.calls import result_block
from chat_bedrock.encode.files import Files
from chat_bedrock.encode.replay import plain_text_block
from chat_bedrock.encode.turns import TurnEncoder
from chat_bedrock.wire import Block, SentMessage

Side: TypeAlias = Literal["user", "assistant"]

FILLER = "."  # several families refuse blank text, so this is the shortest
_SEE_DOCUMENT = "(See the attached document.)"
_CONTINUE = "Continue."


@dataclass(slots=True)
class _Turn:
    """What one side sends without a break. `results` are blocks of tool results."""

    side: Side
    blocks: list[Block] = field(default_factory=list[Block])
    results: bool = False


class Conversation:
    """The messages and the instructions of one request, with notices for what was left out.

    Raises `ConfigurationError` for what a user put in and the wire cannot carry, and `UnresolvedTool` for
    calls that have no outcome yet.
    """

    def __init__(self, messages: Messages, origin: Origin, capabilities: Capabilities) -> None:
        self._origin = origin
        self._capabilities = capabilities
        self._files = Files()
        self._notices: dict[Notice, None] = {}
        self._turns: list[_Turn] = []
        self.system: list[Block] = []
        self.points: list[Block] = []  # those of common marks
        self.called: dict[str, None] = {}
        for message in messages:
            self._add(message)
        self._close_ends()
        self.messages: list[SentMessage] = [
            {"role": turn.side, "content": turn.blocks} for turn in self._turns
        ]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was not sent, each kind once."""
        return tuple(self._notices)

    def _notice(self, notice: Notice) -> None:
        self._notices[notice] = None

    def _add(self, message: Message) -> None:
        match message.role:
            case "system":
                self.system += self._instructions(message.parts)
            case "user":
                self._append("user", self._with_text(self._user(message.parts)))
            case "model":
                outcomes = message.outcomes()
                self._append("assistant", self._assistant(message))
                results = [
                    result_block(call, text, self._files, self._capabilities, self._notice)
                    for call, text in outcomes
                ]
                self.called |= dict.fromkeys(call.name for call, _ in outcomes)
                self._append("user", results, results=True)

    def _append(self, side: Side, blocks: list[Block], *, results: bool = False) -> None:
        """Add blocks to the turn that is open, or open another one."""
        if not blocks:
            return
        last = self._turns[-1] if self._turns else None
        if last is not None and last.side == side:
            if not last.results or self._may_follow_results(blocks):
                last.blocks += blocks
                return
            self._turns.append(_Turn("assistant", [{"text": FILLER}]))
        self._turns.append(_Turn(side, blocks, results))

    def _may_follow_results(self, blocks: list[Block]) -> bool:
        """Return whether these blocks may stand in one message with the results of tools."""
        match self._capabilities.beside_results:
            case "anything":
                return True
            case "no documents":
                return not any(block.keys() & {"document", "video"} for block in blocks)
            case "nothing":
                return False

    def _close_ends(self) -> None:
        """See that the conversation starts and ends as the model takes it. Raises `ConfigurationError` for
        an empty one."""
        if not self._turns:
            raise ConfigurationError("Bedrock needs a message to respond to: messages.add_user(...) first")
        if self._turns[0].side == "assistant" and not self._capabilities.assistant_first:
            self._turns.insert(0, _Turn("user", [{"text": FILLER}]))
            self._notice(Notice("messages", f"this model needs a user's turn first: {FILLER!r} was sent"))
        last = self._turns[-1]
        if last.side != "assistant":
            return
        if not self._capabilities.assistant_last:
            self._turns.append(_Turn("user", [{"text": _CONTINUE}]))
            self._notice(
                Notice(
                    "messages", f"this model continues no turn of its own: {_CONTINUE!r} was sent after it"
                )
            )
        elif isinstance(text := last.blocks[-1].get("text"), str):
            last.blocks[-1] = {"text": text.rstrip()}

    def _instructions(self, parts: Iterable[Part]) -> list[Block]:
        blocks: list[Block] = []
        for part in parts:
            match part:
                case Text() | Structured():
                    blocks += _text(part)
                case Opaque(native):
                    self._add_marked(blocks, native)
                case _:
                    raise misplaced(part, "system")
        return blocks

    def _user(self, parts: Iterable[Part]) -> list[Block]:
        blocks: list[Block] = []
        for part in parts:
            match part:
                case Text() | Structured():
                    blocks += _text(part)
                case File():
                    blocks.append(self._files.block(part))
                case Opaque(native):
                    self._add_marked(blocks, native)
                case _:
                    raise misplaced(part, "user")
        return blocks

    def _add_marked(self, blocks: list[Block], native: Native) -> None:
        """Add a block that the application made, or the cache point that a common mark stands for."""
        if (point := point_of(native)) is None:
            blocks += self._marked_block(native)
        elif (block := point_block(point, blocks, self._capabilities, self._notice)) is not None:
            blocks.append(block)
            self.points.append(block)

    def _with_text(self, blocks: list[Block]) -> list[Block]:
        """Return the blocks with a text beside their documents: the wire takes no documents alone."""
        if any("document" in block for block in blocks) and not any("text" in block for block in blocks):
            self._notice(Notice("messages", f"a document needs a text beside it: {_SEE_DOCUMENT!r} was sent"))
            beside: Block = {"text": _SEE_DOCUMENT}
            return [*blocks, beside]
        return blocks

    def _marked_block(self, native: Native) -> Iterator[Block]:
        """Yield a block that the application made. Of any other give notice."""
        if native.origin != MARKED:
            self._notice(foreign_block(native))
        elif len(native.data) != 1:
            self._notice(Notice("messages", "a block that has not exactly one kind was not sent"))
        else:
            yield dict(native.data)

    def _assistant(self, message: Message) -> list[Block]:
        key = (TurnEncoder, self._origin)
        blocks, notices = encoded_once(message, key, lambda: TurnEncoder(self._origin).encode(message))
        for notice in notices:
            self._notice(notice)
        return list(blocks)  # the caller adds to it


def _text(part: Text | Structured) -> Iterator[Block]:
    """Yield the text of a part. Blank text is left out: the wire refuses it."""
    yield from plain_text_block(part_text(part))
