"""The rule checker of the Chat Completions wire finds each kind of body that a server refuses."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import Dialect
from rules_completions import broken_rules

CALL = {"id": "call_0001", "type": "function", "function": {"name": "add", "arguments": "{}"}}
NINE = {**CALL, "id": "a1b2c3d4e"}
RESULT = {"role": "tool", "tool_call_id": "call_0001", "content": "3"}
USER = {"role": "user", "content": "Hello"}
MODEL = {"role": "assistant", "content": "Hi"}


def turn(*calls: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": list(calls), **more}


def called(**changes: Any) -> list[Any]:
    changed = {**CALL, **changes}
    return [USER, turn(changed), {**RESULT, "tool_call_id": changed["id"]}]


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **more}


GOOD = [
    body(USER),
    body({"role": "system", "content": "Be brief."}, USER, turn(CALL), RESULT, MODEL, USER),
    body(
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]}
    ),
    body(USER, {"role": "assistant", "content": "", "refusal": "No."}),
]
BROKEN: list[tuple[str, dict[str, Any], Dialect]] = [
    ("there is at least one message", body(), Dialect()),
    ("model is a string", {**body(USER), "model": None}, Dialect()),
    ("a role is one of", body({"role": "model", "content": "x"}), Dialect()),
    ("instructions are a text", body({"role": "system", "content": " "}), Dialect()),
    ("content is a text, or a list", body({"role": "user", "content": []}), Dialect()),
    (
        "a text part is not blank",
        body({"role": "user", "content": [{"type": "text", "text": " "}]}),
        Dialect(),
    ),
    ("a content part has a known type", body({"role": "user", "content": [{"type": "x"}]}), Dialect()),
    (
        "takes content as one text",
        body({"role": "user", "content": [{"type": "text", "text": "a"}]}),
        Dialect.ai21(),
    ),
    ("content is null only beside", body(USER, {"role": "assistant", "content": None}), Dialect()),
    ("has content, calls, a refusal", body(USER, {"role": "assistant", "content": ""}), Dialect()),
    ("an assistant is not blank", body(USER, {"role": "assistant", "content": "\n"}), Dialect()),
    ("takes no null as content", body(USER, turn(NINE)), Dialect.mistral()),
    ("tool_calls is not empty", body(USER, turn()), Dialect()),
    ("a call has the alphabet", body(*called(id="a b")), Dialect()),
    ("a call has the alphabet", body(*called()), Dialect.mistral()),
    ("a tool has at most 64", body(*called(function={"name": "a.b", "arguments": "{}"})), Dialect()),
    ("the text of a JSON object", body(*called(function={"name": "a", "arguments": "[]"})), Dialect()),
    ("the text of a JSON object", body(*called(function={"name": "a", "arguments": {}})), Dialect()),
    ("a call is of a function", body(*called(type="x")), Dialect()),
    ("calls are different", body(USER, turn(CALL, CALL), RESULT, RESULT), Dialect()),
    ("every call is answered", body(USER, turn(CALL), USER), Dialect()),
    ("every call is answered", body(USER, turn(CALL)), Dialect()),
    ("answers a call of the turn before", body(USER, RESULT), Dialect()),
    ("answers a call of the turn before", body(USER, turn(CALL), RESULT, RESULT), Dialect()),
    ("wants reasoning_content with calls", body(USER, turn(CALL, content=""), RESULT), Dialect.deepseek()),
    ("takes one system message", body(USER, {"role": "system", "content": "x"}, USER), Dialect.mistral()),
    ("right after a tool's", body(USER, turn(NINE, content=""), RESULT, USER), Dialect.mistral()),
    ("to be a prefix", body(USER, MODEL), Dialect.mistral()),
    ("only the last message is a prefix", body(USER, {**MODEL, "prefix": True}, USER), Dialect.mistral()),
    ("ends with an assistant's", body(USER, MODEL), Dialect.deepseek()),
    ("does not end in white space", body(USER, {**MODEL, "content": "Hi "}), Dialect()),
    ("to alternate", body(USER, USER), Dialect.ai21()),
    ("no field but content is null", body(USER, {**MODEL, "refusal": None}), Dialect()),
    ("a name of the wire", body(USER, tools=[{"type": "function", "function": {"name": "a b"}}]), Dialect()),
]


@pytest.mark.parametrize("good", GOOD)
def test_a_good_body_breaks_no_rule(good: dict[str, Any]) -> None:
    assert broken_rules(good) == []


@pytest.mark.parametrize(("rule", "broken", "dialect"), BROKEN)
def test_a_broken_rule_is_found(rule: str, broken: dict[str, Any], dialect: Dialect) -> None:
    assert any(rule in found for found in broken_rules(broken, dialect)), broken_rules(broken, dialect)
