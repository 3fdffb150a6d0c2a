"""A conversation as the wire has it: instructions apart, turns that alternate, results directly after their
calls.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple, cast

from chat_core import ConfigurationError, JsonObject, Message, Messages, Text
from chat_core.types.describe import whole_text
from chat_core.types.json_values import as_text
from chat_core.types.message import parts_of
from chat_core.wire import SentList, encode_from_prefix

from chat_claude.capabilities import Capabilities
from chat_claude.encode.model_blocks import ModelBlock, is_paused, was_cut
from chat_claude.encode.server_tools import Pairs, unpaired_blocks
from chat_claude.encode.state import EncodingState
from chat_claude.encode.tool_changes import check_instructions
from chat_claude.encode.turn_blocks import turn_blocks
from chat_claude.encode.user_blocks import user_blocks
from chat_claude.wire import SIGNED, Block, SentMessage, TextBlock

_ENDED = ("end_turn", "stop_sequence", None)
_FIRST = "(The conversation begins here.)"
_GO_ON = "Go on."


class SignedBlock(NamedTuple):
    """A signed block that is sent: the index of its message, and the digest of what stood before that when it
    was received.
    """

    message: int
    prefix: str | None


@dataclass(frozen=True, slots=True)
class EncodedMessages:
    """`system` and `messages` of a request body, and the signed blocks in it."""

    system: str | list[Block] | None
    messages: list[SentMessage]
    signed: list[SignedBlock]


def encode_messages(
    messages: Messages, state: EncodingState, capabilities: Capabilities, *, may_end_in_model: bool = False
) -> EncodedMessages:
    """Return the conversation in the wire's order.

    `may_end_in_model` is for token counts. Raises `ConfigurationError` where there is nothing to respond to
    or the user has put in what Claude cannot read, `UnresolvedTool` for calls without an outcome.
    """
    leading, system = 0, list[Block]()
    for message in messages:
        if message.role != "system":
            break
        leading += 1
        system += user_blocks(parts_of(message), "system", state)
    check_instructions(system)
    key = (_Turns, state.origin, state.platform, capabilities)
    turns = encode_from_prefix(messages, key, lambda: _Turns(state.apart(), capabilities), leading)
    if turns.has_unpaired(messages):
        turns = _Turns(state.apart(), capabilities, unpaired_blocks(messages, state))
        for message in islice(messages, leading, None):
            turns.add(message)
    turns.close(messages, may_end_in_model)
    state.add(turns.state)
    return EncodedMessages(_compact(system) or None, turns.messages, turns.signed)


class _Between(NamedTuple):
    """Blocks that stand between two turns of the model."""

    role: Literal["user", "system"]
    blocks: list[Block]


class _Turns:
    """The messages as far as they are encoded.

    A turn of the model is open until something else follows: its further messages continue it, and one
    without blocks is none. `_between` is what stands before the open turn.
    """

    def __init__(
        self, state: EncodingState, capabilities: Capabilities, unsent: Collection[int] | None = None
    ) -> None:
        self.messages: SentList[SentMessage] = SentList()
        self.signed: list[SignedBlock] = []
        self.state = state
        self._capabilities = capabilities
        self._unsent = unsent or ()
        self._pairs = Pairs()
        self._between: list[_Between] = []
        self._turn: list[ModelBlock] = []
        self._cut = False  # the open turn

    def fork(self) -> _Turns:
        forked = copy(self)
        forked.messages = self.messages.fork()
        forked.signed, forked.state = self.signed.copy(), self.state.copy()
        forked._pairs, forked._between, forked._turn = self._pairs.fork(), [*self._between], [*self._turn]
        return forked

    def has_unpaired(self, messages: Messages) -> bool:
        """Return whether blocks of server tools have to be left out: then this is not what is to be sent."""
        return bool(self._pairs.unsent(messages)[0])

    def add(self, message: Message) -> None:
        """Add a message that is no leading instruction."""
        if (text := _plain_text(message)) is not None and not self._cut:  # nearly all of a long history
            block: Block = {"type": "text", "text": text}
            if message.role == "user":
                self._put_between("user", [block])
            else:
                self._turn.append(ModelBlock(block))
            return
        match message.role:
            case "system" | "user" as role:
                self._put_between(role, user_blocks(parts_of(message), role, self.state))
            case "model" if message.turn is not None and message.turn.raw_finish_reason == "refusal":
                self._pairs.add(message, self.state)  # the reference says not to send it again
                self.state.note("a turn that was refused was not sent again, as the wire demands")
            case "model":
                self._pairs.add(message, self.state)
                if self._cut and self._turn and not self._capabilities.prefill:
                    self._put_between("user", [TextBlock(type="text", text=_GO_ON)])  # as it was sent then
                self._cut = was_cut(message) and not is_paused(message)
                turn = turn_blocks(message, self._unsent, self.state)
                self._turn += turn.blocks
                if turn.results:
                    self._put_between("user", turn.results)

    def close(self, messages: Messages, may_end_in_model: bool) -> None:
        """Add what is still open, and see to it that the model can go on from there."""
        last = messages[-1] if len(messages) else None
        paused = last is not None and last.role == "model" and is_paused(last)
        if self._turn:
            self._close_turn(may_end_in_thinking=paused)
        self._flush()
        if not self.messages:
            raise ConfigurationError("Claude needs something to respond to: messages.add_user(...) first")
        if self.messages[-1]["role"] != "assistant":
            return
        if paused or self._capabilities.prefill:
            self.messages[-1] = _trimmed(self.messages[-1])
        elif last is not None and was_cut(last):
            self.messages.append({"role": "user", "content": _GO_ON})
            self.state.note(f"the model's turn was cut, and {_GO_ON!r} was sent after it")
        elif not may_end_in_model:
            raise ConfigurationError(
                f"{self.state.origin.model} does not go on from a turn of its own: "
                "messages.add_user(...) first"
            )

    def _put_between(self, role: Literal["user", "system"], blocks: Sequence[Block]) -> None:
        if blocks:
            if self._turn:
                self._close_turn()
            self._between.append(_Between(role, [*blocks]))

    def _close_turn(self, *, may_end_in_thinking: bool = False) -> None:
        """Add the open turn, with what stands before it. The wire refuses one that ends in thinking."""
        turn, self._turn = self._turn, []
        if len(turn) == 1 and turn[0].block["type"] == "text" and self.messages:
            self._flush()
            self.messages.append({"role": "assistant", "content": [turn[0].block]})
            return
        while turn and not may_end_in_thinking and turn[-1].block["type"] in SIGNED:
            turn.pop()
            self.state.note("thinking at the end of a turn, which nothing followed, was not sent")
        if not turn:
            return
        self._flush()
        if not self.messages:
            self.messages.append({"role": "user", "content": _FIRST})
            self.state.note(
                f"the conversation begins with a turn of the model; {_FIRST!r} was sent before it"
            )
        at = len(self.messages)
        self.messages.append({"role": "assistant", "content": [one.block for one in turn]})
        for one in turn:
            if one.block["type"] in SIGNED:
                self.signed.append(SignedBlock(at, one.prefix))

    def _flush(self) -> None:
        """Make one user message of what is between two turns; system messages at its end stay as they are."""
        between = self._between
        if not between:
            return
        self._between = []
        if len(between) == 1 and between[0].role == "user":  # as nearly always
            self.messages.append({"role": "user", "content": _compact(between[0].blocks)})
            return
        system: list[_Between] = []
        if self._capabilities.system_turns and any(one.role == "user" for one in between):
            while between[-1].role == "system":
                system.insert(0, between.pop())
        blocks = [block for one in between for block in self._as_user(one)]
        if blocks:
            self.messages.append({"role": "user", "content": _compact(blocks)})
        self.messages += [SentMessage(role="system", content=one.blocks) for one in system]

    def _as_user(self, between: _Between) -> Iterator[Block]:
        """Yield blocks of a user's message; instructions become tagged text, for models that follow them
        nowhere else.
        """
        if between.role == "user":
            yield from between.blocks
            return
        for block in between.blocks:
            match block:
                case {"type": "text", "text": str(text)}:
                    tagged: JsonObject = {**cast("JsonObject", block), "text": f"<system>\n{text}\n</system>"}
                    self.state.replace_point(block, tagged)
                    yield tagged
                case _:
                    raise ConfigurationError(
                        f"{self.state.origin.model} takes no {block['type']} amid a conversation"
                    )


def _plain_text(message: Message) -> str | None:
    """Return the text of a user's message, or of a turn of the model that ended by itself, with no more in it
    than that; else None.
    """
    if message.role == "system" or (message.role == "model" and not _ended_by_itself(message)):
        return None
    parts = parts_of(message)
    part = parts[0] if len(parts) == 1 else None
    if type(part) is not Text or part.native is not None or part.citations:
        return None
    text = part.text if message.role == "user" else whole_text(part.text)
    return text if text.strip() else None


def _ended_by_itself(message: Message) -> bool:
    turn = message.turn
    if turn is None:
        return not message.interrupted
    return turn.raw_finish_reason in _ENDED and turn.finish_reason != "length" and not message.interrupted


def _compact(blocks: list[Block]) -> str | list[Block]:
    """Return one plain text as a string, anything else as it is."""
    if len(blocks) == 1 and len(block := blocks[0]) == 2 and block["type"] == "text":
        text = block.get("text")
        return text if isinstance(text, str) else blocks
    return blocks


def _trimmed(message: SentMessage) -> SentMessage:
    """Return a turn that the model continues without white space at its end, which the wire refuses."""
    content = message["content"]
    last = cast("JsonObject", content[-1])
    if not isinstance(content, list) or last["type"] != "text":
        return message
    return {**message, "content": [*content[:-1], {**last, "text": as_text(last["text"]).rstrip()}]}
