"""Tool calls out of their fragments, in every way servers were seen to cut and to label them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
from chat_completions.decode.calls import CallAssembler
from chat_core import Failed, Message, Messages, Native, Origin, Pending, ToolCall
from chat_core.types.call_ids import CallIds

ORIGIN = Origin("anyone", "http://localhost/v1", "m")
ANY_ID = "(minted)"


@dataclass(frozen=True)
class Vector:
    """What comes, and the calls it is: id, name, arguments."""

    says: str
    fragments: list[dict[str, Any]]
    calls: list[tuple[str, str, dict[str, Any] | str]]


def piece(
    arguments: object = None, *, index: object = None, id: str | None = None, name: str | None = None
) -> dict[str, Any]:
    """One element of `tool_calls`; what is None is left out."""
    function = {
        key: value for key, value in {"name": name, "arguments": arguments}.items() if value is not None
    }
    fragment = {"index": index, "id": id, "type": "function" if name else None, "function": function}
    return {key: value for key, value in fragment.items() if value not in (None, {})}


VECTORS = [
    Vector(
        "the head names the call and the rest follows by index",
        [piece("", index=0, id="a", name="add"), piece('{"x":', index=0), piece("1}", index=0)],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "two calls arrive one after the other",
        [
            piece("", index=0, id="a", name="add"),
            piece('{"x":1}', index=0),
            piece("", index=1, id="b", name="sub"),
            piece('{"y":2}', index=1),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "two calls arrive in turns",
        [
            piece("", index=0, id="a", name="add"),
            piece("", index=1, id="b", name="sub"),
            piece('{"x"', index=0),
            piece('{"y"', index=1),
            piece(":1}", index=0),
            piece(":2}", index=1),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "a new id at a used index opens a new call",
        [piece('{"x":1}', index=0, id="a", name="add"), piece('{"y":2}', index=0, id="b", name="sub")],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "after a new id at a used index the index belongs to the new call",
        [
            piece("", index=0, id="a", name="add"),
            piece('{"x":1}', index=0),
            piece("", index=0, id="b", name="add"),
            piece('{"x":2}', index=0),
        ],
        [("a", "add", {"x": 1}), ("b", "add", {"x": 2})],
    ),
    Vector(
        "a known id wins over the index it comes with",
        [
            piece('{"x":', index=0, id="a", name="add"),
            piece('{"y":', index=1, id="b", name="sub"),
            piece("1}", index=1, id="a"),
            piece("2}", index=0, id="b"),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "without an index the ids tell the calls apart",
        [
            piece("", id="a", name="add"),
            piece('{"x":1}'),
            piece("", id="b", name="sub"),
            piece('{"y":'),
            piece("2}"),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "neither id nor index continues the open call",
        [piece('{"x"', id="a", name="add"), piece(":"), piece("1}")],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "two whole calls without ids, at one index",
        [piece('{"x":1}', index=0, name="add"), piece('{"y":2}', index=0, name="sub")],
        [(ANY_ID, "add", {"x": 1}), (ANY_ID, "sub", {"y": 2})],
    ),
    Vector(
        "two whole calls without ids, at indexes of their own",
        [piece('{"x":1}', index=0, name="add"), piece('{"x":2}', index=1, name="add")],
        [(ANY_ID, "add", {"x": 1}), (ANY_ID, "add", {"x": 2})],
    ),
    Vector(
        "two whole calls without id and index",
        [piece('{"x":1}', name="add"), piece('{"x":2}', name="add")],
        [(ANY_ID, "add", {"x": 1}), (ANY_ID, "add", {"x": 2})],
    ),
    Vector(
        "two cut calls without ids, by index",
        [
            piece("", index=0, name="add"),
            piece('{"x":1}', index=0),
            piece("", index=1, name="sub"),
            piece('{"y":2}', index=1),
        ],
        [(ANY_ID, "add", {"x": 1}), (ANY_ID, "sub", {"y": 2})],
    ),
    Vector(
        "two calls without arguments, ids and indexes",
        [piece("", name="now"), piece("", name="here")],
        [(ANY_ID, "now", {}), (ANY_ID, "here", {})],
    ),
    Vector(
        "two whole calls under one id",
        [piece('{"x":1}', index=0, id="a", name="add"), piece('{"x":2}', index=0, id="a", name="add")],
        [("a", "add", {"x": 1}), (ANY_ID, "add", {"x": 2})],
    ),
    Vector(
        "two calls without arguments under one id",
        [piece("", index=0, id="a", name="now"), piece("", index=1, id="a", name="here")],
        [("a", "now", {}), (ANY_ID, "here", {})],
    ),
    Vector(
        "the tool's name serves as the id of both calls",
        [piece('{"x":1}', index=0, id="add", name="add"), piece('{"x":2}', index=1, id="add", name="add")],
        [("add", "add", {"x": 1}), (ANY_ID, "add", {"x": 2})],
    ),
    Vector(
        "id and name are repeated on every fragment",
        [piece(text, index=0, id="a", name="add") for text in ("", '{"x"', ":1", "}")],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "id and name are repeated on an empty fragment after the arguments",
        [piece('{"x":1}', index=0, id="a", name="add"), piece("", index=0, id="a", name="add")],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "every fragment has another id and only the first has a name",
        [
            piece("", index=0, id="a", name="add"),
            piece('{"x"', index=0, id="b"),
            piece(":1}", index=0, id="c"),
        ],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "continuations say null or nothing for id and name",
        [
            piece("", index=0, id="a", name="add"),
            {"index": 0, "id": None, "type": "function", "function": {"name": None, "arguments": '{"x":'}},
            {"index": 0, "id": "", "type": "", "function": {"name": "", "arguments": "1}"}},
        ],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "head and tail come at different indexes",
        [piece("", index=0, id="a", name="add"), piece('{"x":1}', index=1)],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "heads and tails of two calls come at four indexes",
        [
            piece("", index=0, id="a", name="add"),
            piece('{"x":1}', index=1),
            piece("", index=2, id="b", name="sub"),
            piece('{"y":2}', index=3),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "the id comes first and the name after it",
        [piece(index=0, id="a"), piece(index=0, name="add"), piece('{"x":1}', index=0)],
        [("a", "add", {"x": 1})],
    ),
    Vector(
        "the name comes first and the id after it",
        [piece("", index=0, name="add"), piece('{"x":1}', index=0, id="a")],
        [(ANY_ID, "add", {"x": 1})],
    ),
    Vector(
        "the name grows while it is sent",
        [piece("", index=0, id="a", name="get_"), piece("{}", index=0, id="a", name="get_weather")],
        [("a", "get_weather", {})],
    ),
    Vector(
        "an index is a float",
        [
            piece("", index=0.0, id="a", name="add"),
            piece("", index=1.0, id="b", name="sub"),
            piece('{"x":1}', index=0.0),
            piece('{"y":2}', index=1.0),
        ],
        [("a", "add", {"x": 1}), ("b", "sub", {"y": 2})],
    ),
    Vector(
        "arguments are an object", [piece({"x": 1}, index=0, id="a", name="add")], [("a", "add", {"x": 1})]
    ),
    Vector(
        "arguments are an object that is sent again, grown",
        [piece({"x": 1}, index=0, id="a", name="add"), piece({"x": 1, "y": 2}, index=0, id="a")],
        [("a", "add", {"x": 1, "y": 2})],
    ),
    Vector(
        "arguments are encoded twice",
        [piece('"{\\"x\\":1}"', index=0, id="a", name="add")],
        [("a", "add", {"x": 1})],
    ),
    Vector("arguments are empty", [piece("", index=0, id="a", name="now")], [("a", "now", {})]),
    Vector(
        "arguments are null",
        [{"index": 0, "id": "a", "function": {"name": "now", "arguments": None}}],
        [("a", "now", {})],
    ),
    Vector("arguments are missing", [piece(index=0, id="a", name="now")], [("a", "now", {})]),
    Vector(
        "arguments end in white space of their own",
        [piece('{"x":1}', index=0, id="a", name="add"), piece("\n", index=0)],
        [("a", "add", {"x": 1})],
    ),
    Vector("arguments are cut", [piece('{"x":1,', index=0, id="a", name="add")], [("a", "add", '{"x":1,')]),
    Vector("arguments are a list", [piece("[1]", index=0, id="a", name="add")], [("a", "add", "[1]")]),
    Vector(
        "arguments are a list outside a string",
        [piece([1], index=0, id="a", name="add")],
        [("a", "add", "[1]")],
    ),
    Vector("arguments are a number", [piece(3, index=0, id="a", name="add")], [("a", "add", "3")]),
    Vector(
        "two objects are glued",
        [piece('{"x":1}{"x":2}', index=0, id="a", name="add")],
        [("a", "add", '{"x":1}{"x":2}')],
    ),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.says)
def test_calls_come_out_whole_and_apart_when(vector: Vector) -> None:
    calls = assembled(vector.fragments)

    assert [call.name for call in calls] == [name for _, name, _ in vector.calls]
    assert [told(call) for call in calls] == [arguments for _, _, arguments in vector.calls]
    for call, (expected, _, _) in zip(calls, vector.calls, strict=True):
        assert call.id == expected or (expected == ANY_ID and call.id.startswith("call_"))
    assert len({call.id for call in calls}) == len(calls)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.says)
def test_what_a_chunk_is_called_is_what_its_call_is_called_when(vector: Vector) -> None:
    assembler = CallAssembler(ORIGIN, CallIds(Messages()))
    chunks = [assembler.add(fragment) for fragment in vector.fragments]

    assert list(dict.fromkeys(chunk.id for chunk in chunks)) == [call.id for call in assembler.calls()]


def test_a_call_whose_arguments_are_no_json_object_has_failed_and_keeps_its_text() -> None:
    [call] = assembled([piece('{"x":1,', index=0, id="a", name="add")])

    assert isinstance(call.status, Failed)
    assert call.status.error.startswith("The arguments of add are not a JSON object (")
    assert call.status.error.endswith("""; the call was not run: '{"x":1,'""")
    assert (call.arguments, call.arguments_text) == ({}, '{"x":1,')


def test_arguments_keep_the_models_own_text_byte_for_byte() -> None:
    [call] = assembled(
        [piece('{ "x" : 1.0,', index=0, id="a", name="add"), piece('\n"y":"é\\u00e9" }', index=0)]
    )

    assert call.arguments_text == '{ "x" : 1.0,\n"y":"é\\u00e9" }'
    assert (call.arguments, call.status) == ({"x": 1.0, "y": "éé"}, Pending())


def test_an_id_that_the_conversation_already_knows_is_replaced_by_a_minted_one() -> None:
    earlier = Messages([Message("model", [ToolCall("call_0", "add"), ToolCall("call_1", "add")])])
    assembler = CallAssembler(ORIGIN, CallIds(earlier))
    assembler.add(piece("", index=0, id="call_0", name="add"))
    assembler.add(piece('{"x":1}', index=0, id="call_0"))
    assembler.add(piece('{"x":2}', index=1, id="call_2", name="add"))

    first, second = assembler.calls()

    assert first.id not in ("call_0", "call_1", "call_2")
    assert (first.arguments, second.id) == ({"x": 1}, "call_2")


def test_the_input_of_a_custom_tool_is_text_and_joins() -> None:
    [call] = assembled(
        [
            {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": ""}},
            {"index": 0, "custom": {"input": "select "}},
            {"index": 0, "custom": {"input": '{"'}},
        ]
    )

    assert (call.id, call.name, call.arguments) == ("a", "sql", {"input": 'select {"'})
    assert call.native == Native(ORIGIN, {"type": "custom"})


@pytest.mark.parametrize("kind", ["function", "custom"])
def test_a_call_is_what_its_type_says_where_a_server_fills_in_both_forms(kind: str) -> None:
    both = {"function": {"name": "", "arguments": ""}, "custom": {"name": "", "input": ""}}
    both[kind] = {"name": "add", "arguments" if kind == "function" else "input": '{"x":1}'}
    [call] = assembled([{"index": 0, "id": "a", "type": kind, **both}])

    assert (call.name, call.arguments) == ("add", {"x": 1} if kind == "function" else {"input": '{"x":1}'})


def test_what_a_server_adds_to_a_call_rides_on_the_call() -> None:
    """Gemini's OpenAI surface signs its thoughts on the call, and refuses a history without the signature."""
    signed = {"google": {"thought_signature": "c2lnbmVk"}}
    [call] = assembled([piece('{"x":1}', index=0, id="a", name="add") | {"extra_content": signed}])

    assert call.native == Native(ORIGIN, {"extra_content": signed})


def assembled(fragments: list[dict[str, Any]]) -> list[ToolCall]:
    assembler = CallAssembler(ORIGIN, CallIds(Messages()))
    for fragment in fragments:
        assembler.add(fragment)
    return assembler.calls()


def told(call: ToolCall) -> dict[str, Any] | str | None:
    """The arguments, or the text where they are none."""
    return call.arguments_text if isinstance(call.status, Failed) else call.arguments


def calls_of(*fragments: dict[str, Any], whole: bool = False) -> list[ToolCall]:
    assembler = CallAssembler(ORIGIN, CallIds(Messages()))
    for fragment in fragments:
        assembler.add(fragment, whole=whole)
    return assembler.calls()


@pytest.mark.parametrize("whole", [False, True])
def test_a_call_that_is_repeated_whole_is_one_call(whole: bool) -> None:
    again = piece('{"x": 1}', index=0, id="a", name="add")
    [call] = calls_of(again, again, again, whole=whole)

    assert call.arguments == {"x": 1}


def test_the_whole_arguments_after_their_pieces_are_a_repetition() -> None:
    [call] = calls_of(
        piece('{"x"', index=0, id="a", name="add"),
        piece(": 1}", index=0),
        piece('{"x": 1}', index=0, id="a", name="add"),
    )

    assert (call.arguments, call.arguments_text) == ({"x": 1}, '{"x": 1}')


@pytest.mark.parametrize("placeholder", ["{}", "null", '""', " {} "])
@pytest.mark.parametrize(
    "labels", [{"index": 0}, {"index": 0, "id": "a"}, {"index": 0, "id": "a", "name": "add"}]
)
def test_arguments_after_a_placeholder_take_its_place(placeholder: str, labels: dict[str, Any]) -> None:
    [call] = calls_of(
        piece(placeholder, index=0, id="a", name="add"), piece('{"x"', **labels), piece(": 1}", index=0)
    )

    assert call.arguments == {"x": 1}
    assert isinstance(call.status, Pending)
    assert call.arguments_as_text() == '{"x": 1}'


def test_arguments_that_are_encoded_twice_go_back_encoded_once() -> None:
    [call] = calls_of(piece(json.dumps(json.dumps({"x": 1})), id="a", name="add"))

    assert call.arguments == {"x": 1}
    assert call.arguments_as_text() == '{"x": 1}'


def test_fields_of_the_servers_own_are_kept_with_the_call() -> None:
    [call] = calls_of(
        {
            **piece("{", index=0, id="a", name="add"),
            "provider_specific_fields": {"thought_signature": "s1"},
            "thought_signature": "s2",
        },
        {"index": 0, "function": {"arguments": "}", "extra": 1}, "provider_specific_fields": {"more": "s3"}},
    )

    assert call.native == Native(
        ORIGIN,
        {
            "provider_specific_fields": {"thought_signature": "s1", "more": "s3"},
            "thought_signature": "s2",
            "function": {"extra": 1},
        },
    )


def test_an_id_that_other_servers_would_refuse_is_kept_as_it_came() -> None:
    [call] = calls_of(piece("{}", id="functions.add:0", name="add"))

    assert call.native == Native(ORIGIN, {"id": "functions.add:0"})


@pytest.mark.parametrize("labels", [{"index": 0}, {"index": 0, "id": "a", "name": "add"}])
def test_the_cost_of_long_arguments_is_linear(labels: dict[str, Any]) -> None:
    text = json.dumps({"items": [{"a": "}{" * 5, "b": [1, 2]}] * 12_000})
    assert len(text) > 400_000
    pieces = [text[at : at + 12] for at in range(0, len(text), 12)]
    assembler = CallAssembler(ORIGIN, CallIds(Messages()))
    began = time.process_time()
    assembler.add(piece("", index=0, id="a", name="add"))
    for one in pieces:
        assembler.add(piece(one, **labels))
    [call] = assembler.calls()

    assert call.arguments_text == text
    assert (
        time.process_time() - began < 2
    )  # half a second on an idle machine; with the square it takes minutes
