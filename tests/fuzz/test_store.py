"""Whatever entered a conversation can be stored, restored to an equal value, and sent without being
changed.
"""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from budget import budget, show
from chat_core import ChatBuilder, ChatError, InvalidHistory, Message, Messages, Structured, Text, ToolCall
from chat_core.testing import ScriptedProvider
from chat_core.types.json_values import MAX_DEPTH, JsonValue
from histories import LONG_TEXT, histories, json_values
from hypothesis import given, note
from hypothesis import strategies as st


@budget()
@given(histories())
def test_what_is_stored_comes_back_equal(messages: Messages) -> None:
    show(messages)
    stored = messages.to_json()
    again = Messages.from_json(stored)

    assert again == messages
    assert again.revision == messages.revision
    assert again.to_json() == stored  # also what equality leaves out: raw data, keys, and 1 being no True
    assert Messages.from_json(stored.encode()) == messages
    assert Messages.from_json(json.loads(stored)) == messages


@budget()
@given(histories())
def test_copies_are_equal(messages: Messages) -> None:
    show(messages)
    assert copy.deepcopy(messages) == messages
    assert pickle.loads(pickle.dumps(messages)) == messages


@budget(50)
@given(histories(open_calls=False))
def test_sending_changes_nothing(messages: Messages) -> None:
    import asyncio

    messages.add_user("go on")
    show(messages)
    before = json.loads(messages.to_json())["messages"]
    chat = ChatBuilder().with_model(ScriptedProvider(["done"])).build()

    asyncio.run(chat.complete(messages))

    assert json.loads(messages[:-1].to_json())["messages"] == before


@budget()
@given(st.data(), histories())
def test_hostile_json_is_refused_or_read_and_never_raises_anything_else(
    data: st.DataObject, messages: Messages
) -> None:
    tree = json.loads(messages.to_json())
    places = list(_places(tree))
    if places:
        container, key = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            del container[key]
        else:
            container[key] = data.draw(json_values | st.just(10**400) | st.just(_nested(300)))

    note(json.dumps(tree))
    for stored in (tree, json.dumps(tree)):
        try:
            read = Messages.from_json(stored)
        except InvalidHistory:
            continue
        except ChatError as error:
            pytest.fail(f"not an InvalidHistory: {error!r}")
        read.to_json()


def test_a_megabyte_of_text_and_every_depth_that_is_allowed() -> None:
    deep = _nested(MAX_DEPTH - 1)
    messages = Messages(
        [
            Message("user", [Text(LONG_TEXT), Structured(deep)]),
            Message("model", [ToolCall("c", "t", {"deep": deep}, edited={"deep": deep})]),
        ]
    )

    assert Messages.from_json(messages.to_json()) == messages


def _nested(depth: int) -> JsonValue:
    value: JsonValue = 1
    for _ in range(depth):
        value = [value]
    return value


def _places(tree: object) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found += [(node, key) for key in node]
            waiting += node.values()
        elif isinstance(node, list):
            found += [(node, at) for at in range(len(node))]
            waiting += node
    return found
