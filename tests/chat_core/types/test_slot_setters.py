"""Values with a constructor of their own are as those that a dataclass gives them."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import MISSING, Field, FrozenInstanceError, fields, replace
from typing import Any

import pytest
from chat_claude.encode import EncodedRequest
from chat_core import ChatRequest, ChatResponse, Message, Messages, Native, Origin, Request, Turn, Usage
from chat_core.wire import Encoded

MADE = {
    Usage: Usage(1, 2, 3, 4, 5, 6, {"a": 1}),
    Turn: Turn("stop", "end", Usage(1), "m", "r1", "c1", "0.5", Origin("p", "e", "m")),
    Native: Native(Origin("p", "e", "m"), {"a": 1}),
    ChatResponse: ChatResponse(Message("model"), (), {"a": 1}, Usage(2)),
    ChatRequest: ChatRequest(Messages.from_user("Hi")),
    Request: Request("POST", "http://localhost", {"a": "b"}, b"{}", reads_as="text/plain"),
    Encoded: Encoded({"a": 1}, ()),
    EncodedRequest: EncodedRequest({"a": 1}, (), ("b",), continues="r1"),
}
CLASSES = pytest.mark.parametrize("cls", MADE, ids=lambda cls: cls.__name__)


def default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return None  # the constructor makes a new one of it
    return inspect.Parameter.empty if field.default is MISSING else field.default


@CLASSES
def test_a_constructor_takes_the_fields_in_order_with_their_defaults(cls: type[Any]) -> None:
    parameters = inspect.signature(cls).parameters
    assert {name: one.default for name, one in parameters.items()} == {
        field.name: default(field) for field in fields(cls)
    }
    assert list(parameters) == list(cls.__match_args__)


@CLASSES
def test_each_field_is_what_was_given_and_stays_so(cls: type[Any]) -> None:
    value = MADE[cls]
    given = {field.name: getattr(value, field.name) for field in fields(cls)}

    again = cls(**given)

    assert {name: getattr(again, name) for name in given} == given
    assert again == value == cls(*given.values()) == replace(value) == copy.copy(value)
    with pytest.raises(FrozenInstanceError):
        setattr(value, next(iter(given)), None)


@pytest.mark.parametrize("cls", [Usage, Turn, Native, ChatResponse], ids=lambda cls: cls.__name__)
def test_what_is_stored_can_be_pickled(cls: type[Any]) -> None:
    assert pickle.loads(pickle.dumps(MADE[cls])) == MADE[cls]


def test_two_values_have_no_default_in_common() -> None:
    assert Usage().raw is not Usage().raw
    assert Request("GET", "http://localhost").headers is not Request("GET", "http://localhost").headers
