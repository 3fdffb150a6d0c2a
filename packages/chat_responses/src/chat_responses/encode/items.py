"""The input items of one message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Literal, NamedTuple

from chat_core import (
    ConfigurationError,
    File,
    JsonObject,
    Message,
    Notice,
    Opaque,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Structured,
    Text,
    ToolCall,
)
from chat_core.types.cache_points import as_cache_point
from chat_core.types.json_values import as_list
from chat_core.types.message import parts_of
from chat_core.types.sealed import peek
from chat_core.wire import (
    SentList,
    encoded_once,
    foreign_block,
    free_wire_id,
    generated_file,
    joined_text,
    part_text,
    wire_id,
    wire_name,
)

from chat_responses.approvals import answered_id, is_requested, note_actions
from chat_responses.client_calls import is_client_call
from chat_responses.encode.caching import is_marked, mark, takes_cache_points, written
from chat_responses.encode.characters import sendable
from chat_responses.encode.client_outputs import client_outputs
from chat_responses.encode.contents import content_part, item_of_text, message_of, output_of
from chat_responses.encode.files import file_part
from chat_responses.encode.native import are_of_one_message, can_be_resent, native_item, without_id
from chat_responses.items import CUSTOM, call_id
from chat_responses.memory import Conversation
from chat_responses.settings import RequestDefaults
from chat_responses.wire import ContentPart, InputItem, InputText


class _EncodedTurn(NamedTuple):
    """The items of a turn and of its outcomes; whether each of its calls has an id of its own."""

    items: list[InputItem]
    notices: list[Notice]
    call_ids: frozenset[str]
    is_alone: bool


class ItemEncoder:
    """Encodes the messages of one request. `sent` grows by their items, `notices` by what is left out.

    `open_actions` are those that turns from here ask for and that no user's message has answered so far, by
    their ids.
    """

    def __init__(self, origin: Origin, defaults: RequestDefaults) -> None:
        self.notices: list[Notice] = []
        self.sent: SentList[InputItem] = SentList()
        self.open_actions: dict[str, Opaque] = {}
        self.takes_points: bool = takes_cache_points(defaults.dialect, origin)
        self.points: int = 0
        self._origin = origin
        self._calls_last = defaults.dialect.calls_last
        self._is_stored = defaults.server_stores
        self._finds_ids = defaults.server_stores and defaults.server_remembers
        memory = defaults.memory
        self._conversation = memory.id if isinstance(memory, Conversation) else None
        self._call_ids: dict[int, str] = {}  # by the identity of the part
        self._used: set[str] = set()
        self.key: tuple[object, ...] = (
            *(ItemEncoder, origin, defaults.memory, defaults.server_remembers, self._calls_last),
            self.takes_points,
        )

    def add(self, message: Message) -> None:
        """Add the items of a message."""
        parts = parts_of(message)
        part = parts[0] if len(parts) == 1 else None
        if isinstance(part, Text) and (item := item_of_text(message.role, part)) is not None:
            self.sent.append(item)
            return
        self.sent += self.items(message)
        note_actions(message, self._origin, self.open_actions)

    def fork(self) -> ItemEncoder:
        """Return one that goes on from here."""
        forked = copy(self)
        forked.sent, forked.notices = self.sent.fork(), self.notices.copy()
        forked.open_actions, forked._used = self.open_actions.copy(), self._used.copy()
        forked._call_ids = self._call_ids.copy()
        return forked

    def items(self, message: Message) -> Iterator[InputItem]:
        """Yield the items of a message; of a model's turn also the outcomes of its calls."""
        match message.role:
            case "system" if self.takes_points and is_marked(message):
                yield from self._contents("developer", written(message))
            case "system":
                if text := joined_text(self.readable(parts_of(message)), "system"):
                    yield {"role": "developer", "content": text}
            case "user":
                yield from self._contents("user", parts_of(message))
            case "model":
                yield from self._model(message)

    def _model(self, message: Message) -> list[InputItem]:
        """Return what `_turn` and `outputs` give, from the last request where the message has not changed
        since.

        The ids of its calls are those of the request before, unless an earlier call has one of them now.
        """
        encoded = encoded_once(message, self.key, lambda: self._encode_apart(message))
        if encoded.is_alone and self._used.isdisjoint(encoded.call_ids):
            self._used |= encoded.call_ids
            self.notices += encoded.notices
            return encoded.items
        return [*map(sendable, self._turn(message)), *self.outputs(message)]

    def _encode_apart(self, message: Message) -> _EncodedTurn:
        """Encode a message as if no other call had an id."""
        apart = copy(self)
        apart.notices, apart._call_ids, apart._used = [], {}, set()
        items = [*map(sendable, apart._turn(message)), *apart.outputs(message)]
        is_alone = len(apart._used) == len(message.tool_calls)
        return _EncodedTurn(items, apart.notices, frozenset(apart._used), is_alone)

    def outputs(self, message: Message) -> Iterator[InputItem]:
        """Yield the outcomes of a turn's calls. Raises `UnresolvedTool` for a call that has none."""
        for call, text in message.outcomes():
            item = None if self._may_be_stored(message) else native_item(call, self._origin)
            if item is not None and is_client_call(item):
                id = self._call_id(call, item)
                yield from map(sendable, client_outputs(call, item, text, id, self._origin, self.notices))
                continue
            is_custom = item is not None and item.get("type") == "custom_tool_call"
            output: InputItem = {
                "type": "custom_tool_call_output" if is_custom else "function_call_output",
                "call_id": self._call_id(call, item),
                "output": output_of(call, text, self._origin, self.notices),
            }
            yield sendable(output)

    def readable(self, parts: Sequence[Part]) -> list[Part]:
        """Return the parts but for cache points and other providers' blocks, which get a notice."""
        return [part for part in parts if not (isinstance(part, Opaque) and self._is_left_out(part))]

    def _contents(self, role: Literal["user", "developer"], parts: Sequence[Part]) -> Iterator[InputItem]:
        """Yield blocks that are items of their own, then a message of the other parts."""
        content: list[ContentPart] = []
        for part in parts:
            if not isinstance(part, Opaque):
                content.append(content_part(part, self._origin))
            elif (point := as_cache_point(part)) is not None and self.takes_points:
                self.points += mark(content, point, self.notices)
            elif part.native.origin == CUSTOM:
                yield dict(peek(part.native))
            elif self._is_foreign(part):
                continue
            elif (item := native_item(part, self._origin)) and answered_id(item) != "":
                yield item  # such as the answer to an approval request
            else:
                self._leave_out("a block that fits no item of this wire")
        if content:
            yield message_of(role, content)

    def _turn(self, message: Message) -> list[InputItem]:
        """Return a model's turn: each part as the item that it came in, else as plain items."""
        parts = [item for part_items in self._items_of_parts(message) for item in part_items]
        items = list(self._with_what_it_led_to(parts))
        if self._calls_last:
            items.sort(key=lambda item: item.get("type") == "function_call")
        return items

    def _with_what_it_led_to(self, items: Sequence[InputItem]) -> Iterator[InputItem]:
        """Yield the items of a turn with each reasoning right before an item of the model's: a file that is
        sent as the user's goes before it, and reasoning that nothing follows is left out.
        """
        waiting: list[InputItem] = []
        for item in items:
            if item.get("type") == "reasoning":
                waiting.append(item)
                continue
            if item.get("role", "assistant") == "assistant":
                yield from waiting
                waiting.clear()
            yield item
        for _ in waiting:
            self._leave_out("reasoning that nothing of its turn follows")

    def _items_of_parts(self, message: Message) -> Iterator[list[InputItem]]:
        open_message: JsonObject | None = None  # one whose further contents are parts of their own
        orphaned = False  # the server looks for the reasoning before an item that has an id
        for part in parts_of(message):
            item = None if self._may_be_stored(message) else native_item(part, self._origin)
            if item is not None and item.get("type") == "reasoning" and not self._can_use(item):
                item, orphaned = None, True
            if item is not None and orphaned:
                item = without_id(part, item)
            if item is None:
                open_message = None
                yield list(self._plain(part))
            elif open_message is not None and are_of_one_message(open_message, item):
                as_list(open_message["content"]).extend(as_list(item["content"]))
            elif not isinstance(part, ToolCall) and self._is_refused(item, message):
                self._leave_out(f"{item.get('type')} without a result")
            else:
                open_message = item = dict(item)
                if item.get("type") == "message":  # it grows by the contents that follow
                    item["content"] = [*as_list(item.get("content"))]
                if isinstance(part, ToolCall):
                    item["call_id"] = self._call_id(part, item)
                yield [item]

    def _may_be_stored(self, message: Message) -> bool:
        """Return whether the server's conversation may hold items of a cut turn already, so that their ids
        are taken.
        """
        conversation = message.turn.conversation if message.turn else None
        return message.interrupted and conversation is not None and conversation == self._conversation

    def _can_use(self, reasoning: JsonObject) -> bool:
        return self._finds_ids or can_be_resent(reasoning)

    def _is_refused(self, item: JsonObject, message: Message) -> bool:
        """Return whether the server refuses an item: a failed picture not stored, an action of a cut turn."""
        if item.get("type") == "image_generation_call":
            return not self._is_stored and not item.get("result")
        return message.interrupted and is_requested(item)

    def _plain(self, part: Part) -> Iterator[InputItem]:
        match part:
            case Text() | Structured():
                if text := part_text(part):
                    yield {"role": "assistant", "content": text}
            case Refusal(text):
                if text:
                    yield {"role": "assistant", "content": text}
            case ToolCall():
                yield {
                    "type": "function_call",
                    "call_id": self._call_id(part, None),
                    "name": wire_name(part.name),
                    "arguments": part.arguments_as_text(),
                }
            case File():
                yield from self._generated(part)
            case Opaque():
                if not self._is_foreign(part):
                    self._leave_out("a block that fits no item of this wire")
            case Reasoning(native=native):
                if native is not None and native.origin != self._origin:
                    self.notices.append(foreign_block(native))

    def _generated(self, file: File) -> Iterator[InputItem]:
        """Yield a file that a model made elsewhere as the user's: the model's messages hold text only."""
        try:
            sent = file_part(file, self._origin)
        except ConfigurationError:
            self.notices.append(generated_file(file))
            return
        yield {"role": "user", "content": [InputText(type="input_text", text="A file that you made:"), sent]}

    def _call_id(self, call: ToolCall, item: JsonObject | None) -> str:
        """Return the id that pairs a call with its outcome: the server's, unless an earlier call has it."""
        known = self._call_ids.get(id(call))
        if known is None:
            given = wire_id(call_id(item) if item is not None else call.id)
            known = free_wire_id(given, wire_id(call.id), self._used)
            self._call_ids[id(call)] = known
        return known

    def _is_left_out(self, part: Opaque) -> bool:
        return (self.takes_points and as_cache_point(part) is not None) or self._is_foreign(part)

    def _is_foreign(self, part: Opaque) -> bool:
        if part.native.origin == self._origin:
            return False
        self.notices.append(foreign_block(part.native))
        return True

    def _leave_out(self, what: str) -> None:
        self.notices.append(Notice("messages", f"{what} was not sent"))
