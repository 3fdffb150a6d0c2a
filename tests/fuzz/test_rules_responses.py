"""Each rule of the Responses wire is broken by one body, and by no good one."""

from __future__ import annotations

from typing import Any

import pytest
from rules_responses import broken_rules

HI = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "add", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "1"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"}
SAID = {"role": "assistant", "content": "Hello"}
APPROVAL = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f"}


def body(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": "m", "input": list(items), "store": False, **more}


def image(**fields: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "input_image", **fields}]}


GOOD = [
    body(HI),
    body(HI, CALL, OUTPUT),
    body(HI, THOUGHT, SAID, HI),
    body(HI, APPROVAL, {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True}),
    body(OUTPUT, previous_response_id="r1", store=True),
    body(image(image_url="data:image/png;base64,AA==")),
    body(HI, tools=[{"type": "function", "name": "add", "parameters": {"type": "object"}}]),
]
BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("input is a list of at least one item", body()),
    ("model is a name", body(HI, model="")),
    ("instructions are not empty", body(HI, instructions="")),
    (
        "a request continues a response or a conversation",
        body(HI, previous_response_id="r", conversation="c"),
    ),
    ("the body is JSON in UTF-8", body({"role": "user", "content": "\ud83d"})),
    ("a role is user, assistant, developer or system", body({"role": "model", "content": "Hi"})),
    ("a message of the model's or the developer's is not empty", body({"role": "assistant", "content": ""})),
    ("the content of a message is a text or parts", body({"role": "user"})),
    ("a part is an input text, image or file", body({"role": "user", "content": [{"type": "text"}]})),
    ("an input text has a text", body({"role": "user", "content": [{"type": "input_text"}]})),
    ("a file has one source", body(image())),
    ("a file has one source", body(image(image_url="https://a", file_id="f"))),
    ("a URL is http(s) or data", body(image(image_url="gs://a"))),
    ("a data URL has a plain MIME type", body(image(image_url="data:None;base64,AA=="))),
    ("a part of the model's message has a type", body({"role": "assistant", "content": [{}]})),
    (
        "an output text has annotations, which may be none",
        body({"role": "assistant", "content": [{"type": "output_text", "text": ""}]}),
    ),
    ("the id of a call has 1 to 64 letters, digits, _ and -", body(HI, {**CALL, "call_id": "a.b"})),
    ("the name of a tool has 1 to 64 letters, digits, _ and -", body(HI, {**CALL, "name": "a.b"}, OUTPUT)),
    ("the arguments of a call are the text of an object", body(HI, {**CALL, "arguments": "[]"}, OUTPUT)),
    ("the id of a call is its own", body(HI, CALL, OUTPUT, CALL, OUTPUT)),
    ("an output follows its call", body(HI, OUTPUT)),
    ("every call has its output", body(HI, CALL)),
    ("an output is a text or parts", body(HI, CALL, {**OUTPUT, "output": 1})),
    ("an action that the model asks for is answered", body(HI, APPROVAL, HI)),
    ("reasoning is followed by what it led to", body(HI, THOUGHT)),
    ("reasoning is followed by what it led to", body(HI, THOUGHT, HI)),
    ("reasoning has a summary, which may be empty", body({**THOUGHT, "summary": None}, SAID)),
    (
        "reasoning that nobody stores is sealed or in plain words",
        body({**THOUGHT, "encrypted_content": None}, SAID),
    ),
    ("a picture that nobody stores has its result", body({"type": "image_generation_call", "id": "ig_1"})),
    ("an action has no null members", body({"type": "web_search_call", "action": {"query": None}})),
    ("the type of an item is a word", body({"type": 5})),
    ("the names of tools differ", body(HI, tools=[{"type": "function", "name": "a", "parameters": {}}] * 2)),
    ("the parameters of a tool are an object", body(HI, tools=[{"type": "function", "name": "a"}])),
    ("the tool that is chosen is there", body(HI, tool_choice={"type": "function", "name": "a"})),
]


@pytest.mark.parametrize("good", GOOD)
def test_a_good_body_breaks_no_rule(good: dict[str, Any]) -> None:
    assert broken_rules(good) == []


@pytest.mark.parametrize(("rule", "bad"), BROKEN, ids=[rule for rule, _ in BROKEN])
def test_a_bad_body_breaks_its_rule(rule: str, bad: dict[str, Any]) -> None:
    assert rule in broken_rules(bad)


def test_what_a_server_lacks_is_a_rule_of_its_own() -> None:
    assert broken_rules(body(HI, include=["x"]), refused={"include"}) == ["the server has no include"]
    assert broken_rules(body(HI, store=True), stores=False) == ["the server stores no responses"]
    mixed = body(HI, CALL, SAID, OUTPUT)
    assert broken_rules(mixed, calls_last=True) == ["nothing stands between a call and its output"]
    assert broken_rules(mixed) == []
