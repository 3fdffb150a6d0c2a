"""Each rule of Ollama's own API is broken by a body of its own, and the bodies that keep all pass."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from rules_ollama import broken_rules

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
CALL = {"id": "c1", "function": {"name": "add", "arguments": {"a": 1}}}
RESULT = {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": "c1"}
USER: dict[str, Any] = {"role": "user", "content": "Hello"}
CALLING: dict[str, Any] = {"role": "assistant", "content": "", "tool_calls": [CALL]}
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def body(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "m", "stream": False, "messages": list(messages), **fields}


@pytest.mark.parametrize(
    "whole",
    [
        body(USER),
        body({"role": "system", "content": "Be brief"}, {**USER, "images": [PNG]}, CALLING, RESULT, USER),
        body(USER, tools=[TOOL], format={"type": "object"}, think="high", options={"num_ctx": 9}),
    ],
)
def test_what_the_server_takes_breaks_no_rule(whole: Any) -> None:
    assert broken_rules(whole) == []


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (body(USER, tool_choice="auto"), "a request has no field tool_choice"),
        ({**body(USER), "model": ""}, "a request names its model"),
        ({**body(USER), "stream": None}, "a request says whether it streams: the server would"),
        (body(), "a request without messages only loads the model"),
        (body({"role": "model", "content": ""}), "a role is system, user, assistant or tool, not model"),
        (body({**USER, "thinking": "Hm"}), "a message of user has no field thinking"),
        (body({**USER, "content": [{"type": "text", "text": "Hi"}]}), "content is text"),
        (body({**USER, "images": ["R0lGODlh"]}), "an image is base64 of a JPEG, PNG or WebP file"),
        (body({**USER, "images": ["data:image/png"]}), "an image is base64 of a JPEG, PNG or WebP file"),
        (body({"role": "assistant", "content": ""}), "an assistant's message is not empty"),
        (body({**CALLING, "tool_calls": [{"id": "c1"}]}, RESULT), "a call has an id and a function"),
        (
            body({**CALLING, "tool_calls": [{"id": "c1", "function": {"name": "a b", "arguments": {}}}]}),
            "a call names its tool in letters, digits, _ and -",
        ),
        (
            body({**CALLING, "tool_calls": [{"id": "c1", "function": {"name": "a", "arguments": "{}"}}]}),
            "arguments are an object",
        ),
        (body({**RESULT, "tool_name": ""}), "a result names its tool in letters, digits, _ and -"),
        (body(USER, RESULT), "a result follows its call, in the order of the calls"),
        (
            body(CALLING, {**RESULT, "tool_call_id": "c2"}),
            "a result follows its call, in the order of the calls",
        ),
        (body(CALLING, USER, RESULT), "every call has its result before anything else is said"),
        (body(USER, CALLING), "every call has its result before anything else is said"),
        (
            body(USER, tools=[{"type": "function", "function": {"name": "a.b", "parameters": {}}}]),
            "a tool is a function with a name in letters, digits, _ and -",
        ),
        (
            body(USER, tools=[{"type": "function", "function": {"name": "ab"}}]),
            "the parameters of a tool are a schema",
        ),
        (body(USER, tools=[TOOL, TOOL]), "no two tools have one name"),
        (body(USER, format="xml"), "a format is json or a schema"),
        (body(USER, think="deep"), "thinking is a flag or one of four words"),
        (body({**USER, "content": "a\ud83d"}), "no text has half a surrogate pair"),
        (body(USER, options={"temperature": float("inf")}), "numbers are finite"),
    ],
)
def test_a_body_that_breaks_a_rule_is_named(broken: Any, rule: str) -> None:
    assert rule in broken_rules(broken)
