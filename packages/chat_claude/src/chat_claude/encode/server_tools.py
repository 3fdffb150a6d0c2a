"""Which blocks of server tools must be left out: the wire takes calls and results only in pairs."""

from __future__ import annotations

from chat_core import JsonObject, Message, Messages, Opaque, Part
from chat_core.types.json_values import as_text
from chat_core.types.message import parts_of

from chat_claude.encode.model_blocks import is_paused, was_cut
from chat_claude.encode.state import EncodingState
from chat_claude.wire import CALLED_BY_SERVER


def unpaired_blocks(messages: Messages, state: EncodingState) -> set[int]:
    """Return the ids (of `id()`) of the parts with a call that has no result or a result that has no call,
    with a notice.

    The calls of the last turn may be open: their tools are still at work. They are not after a turn that was
    interrupted or reached its limit of tokens, which is asked to go on by a text: the wire takes an open call
    only where nothing but results of other tools follows.
    """
    pairs = Pairs()
    for message in messages:
        if message.role == "model":
            pairs.add(message, state)
    found, has_open_calls = pairs.unsent(messages)
    if has_open_calls:
        state.note("calls of server tools that never had a result were not sent")
    return found


class Pairs:
    """Calls and results of server tools in the turns so far: those without counterpart, and open calls."""

    def __init__(self) -> None:
        self._unpaired: set[int] = set()
        self._open_calls: dict[str, Part] = {}

    def add(self, message: Message, state: EncodingState) -> None:
        """Read a turn of the model."""
        for part in parts_of(message):
            if isinstance(part, Opaque):
                self._unpaired |= _unpaired_in(message, self._open_calls, state)
                return

    def fork(self) -> Pairs:
        """Return one that goes on from here."""
        forked = Pairs()
        forked._unpaired, forked._open_calls = self._unpaired.copy(), self._open_calls.copy()
        return forked

    def unsent(self, messages: Messages) -> tuple[set[int], bool]:
        """Return the ids of what must be left out of these messages, all of which have been read, and whether
        calls are among them that never had a result.
        """
        if not self._open_calls:
            return self._unpaired, False
        last, open_calls = messages[-1], self._open_calls
        if last.role == "model" and (is_paused(last) or not was_cut(last)):
            at_work = {id(part) for part in parts_of(last)}
            open_calls = {key: part for key, part in open_calls.items() if id(part) not in at_work}
        return self._unpaired | {id(part) for part in open_calls.values()}, bool(open_calls)


def _unpaired_in(message: Message, open_calls: dict[str, Part], state: EncodingState) -> set[int]:
    """Open and close calls as a turn does; return the ids of its blocks that cannot be sent."""
    found: set[int] = set()
    for part in parts_of(message):
        block = state.native_data(part.native) if isinstance(part, Opaque) else None
        if block is None:
            continue
        if as_text(block.get("type")) in CALLED_BY_SERVER:
            paired = _is_whole_call(block) and as_text(block.get("id")) not in open_calls
            if paired:
                open_calls[as_text(block.get("id"))] = part
        else:
            paired = (
                not _is_result(block) or open_calls.pop(as_text(block.get("tool_use_id")), None) is not None
            )
        if not paired:
            found.add(id(part))
            state.note("a call or a result of a server tool that has no counterpart was not sent")
    return found


def _is_whole_call(block: JsonObject) -> bool:
    named = as_text(block.get("id")) and as_text(block.get("name"))
    return bool(named) and isinstance(block.get("input"), dict) and "partial_json" not in block


def _is_result(block: JsonObject) -> bool:
    return "tool_use_id" in block or as_text(block.get("type")).endswith("tool_result")
