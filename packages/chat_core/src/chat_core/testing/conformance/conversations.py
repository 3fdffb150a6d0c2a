"""Conversations that every provider has to take: calls, blocks of other providers, turns that were cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from chat_core.testing.conformance.requests import texts_in
from chat_core.types.call_status import Completed
from chat_core.types.files import File
from chat_core.types.json_values import JsonObject, JsonValue
from chat_core.types.message import Message
from chat_core.types.messages import Messages
from chat_core.types.native import Native, Origin
from chat_core.types.parts import Citation, Opaque, Reasoning, Refusal, Structured, Text, ToolCall

AGENT_TEXT = "canary-result-Sd7"
FOREIGN = Origin("another", "https://another.invalid/v1", "another-model")
SEALED = "canary-sealed-Nn4"
_ID_FIELDS = frozenset(("id", "call_id", "tool_call_id", "tool_use_id", "toolUseId", "toolCallId"))


def answered_call(id: str, arguments: JsonObject, result: JsonValue) -> ToolCall:
    """Return a call that has run."""
    call = ToolCall(id, "weather", arguments)
    call.status = Completed(result)
    return call


def wire_ids(body: JsonObject) -> list[str]:
    """Return the ids of calls, in fields that are named like ids of calls, that stand in a body only once."""
    counted = Counter(texts_in(body))
    return [id for id in _ids_in(body) if counted[id] == 1]


def _ids_in(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in _ID_FIELDS and isinstance(each, str):
                yield each
            yield from _ids_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _ids_in(each)


def foreign_history() -> Messages:
    """Return a conversation that another provider has taken part in, with all that it may leave behind."""
    call = ToolCall("toolu|1 é", "weather", {"city": "canary-city-Vv1"}, native=_native())
    call.status = Completed("canary-outcome-Ee2")
    drawn = File.from_bytes(b"\x89PNG\r\n\x1a\n drawn", "image/png")
    first = Message(
        "model",
        [
            Reasoning("canary-thought-Oo5", native=_native()),
            Text("canary-words-Aa3", (Citation(url="https://cited.invalid/"),), native=_native()),
            Structured({"canary_value": "canary-value-Ii6"}),
            Refusal("canary-refusal-Uu8"),
            Opaque(_native()),
            drawn,
            call,
        ],
    )
    last = Message("model", [Text("canary-end-Yy9")])
    return Messages.from_user("canary-question-Wm8").append(first).append(last).add_user("canary-next-Gf2")


def sealed_history() -> Messages:
    """Return a conversation with a block that only another provider can read, and with nothing else of it."""
    turn = Message("model", [Opaque(_native()), Text("canary-words-Aa3")])
    return Messages.from_user("canary-question-Wm8").append(turn).add_user("canary-next-Gf2")


def blank_histories() -> dict[str, Messages]:
    """Return conversations with turns that hold nothing, each by what it is."""
    turns = {
        "a blank text": Message("model", [Text("  \n")]),
        "an empty text": Message("model", [Text("")]),
        "no parts": Message("model", []),
        "reasoning alone": Message("model", [Reasoning("canary-thought-Oo5")]),
        "an interrupted turn": Message("model", [Text("It rai")], interrupted=True),
    }
    begun = {name: Messages.from_user("canary-question-Wm8").append(turn) for name, turn in turns.items()}
    return {name: messages.add_user("canary-next-Gf2") for name, messages in begun.items()}


def blank_texts(body: JsonObject) -> list[str]:
    """Return the texts of a body that are blank, where a wire has the text of a part."""
    return [text for text in texts_in(body) if text != "" and not text.strip()]


def _native() -> Native:
    return Native(FOREIGN, {"type": "sealed", "signature": SEALED, "encrypted_content": SEALED})
