"""Each rule of Gemini's wire is broken by a body that breaks it, and by no good one."""

from __future__ import annotations

from typing import Any

import pytest
from rules_gemini import broken_rules

ASKED = {"role": "user", "parts": [{"text": "Hi"}]}
CALL = {"functionCall": {"name": "add", "args": {}, "id": "1"}, "thoughtSignature": "eA=="}
RESULT = {"functionResponse": {"name": "add", "response": {"output": 1}, "id": "1"}}
CALLED = [ASKED, {"role": "model", "parts": [CALL]}, {"role": "user", "parts": [RESULT]}]


def user(*parts: Any) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: Any) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def changed(part: dict[str, Any], **fields: Any) -> dict[str, Any]:
    [name] = part.keys() - {"thoughtSignature"}
    inner = {key: value for key, value in (part[name] | fields).items() if value is not None}
    return {**part, name: inner}


def test_a_good_body_breaks_none() -> None:
    tools = [{"functionDeclarations": [{"name": "add"}]}, {"googleSearch": {}}]
    instructions = {"parts": [{"text": "Be brief."}]}
    assert broken_rules({"contents": CALLED, "tools": tools, "systemInstruction": instructions}) == []


BROKEN: list[tuple[Any, str]] = [
    ({"contents": []}, "at least one content"),
    ({"contents": [model({"text": "Hi"})]}, "first content"),
    ({"contents": [ASKED, ASKED]}, "different roles"),
    ({"contents": [user()]}, "at least one part"),
    ({"contents": [{"role": "system", "parts": [{"text": "x"}]}]}, "no role system"),
    ({"contents": [ASKED], "max_tokens": 3}, "no field max_tokens"),
    ({"contents": [user({"text": " "})]}, "not blank"),
    (
        {"contents": [user({"text": "x", "inlineData": {"mimeType": "image/png", "data": ""}})]},
        "exactly one field",
    ),
    ({"contents": [user({"thought": True})]}, "exactly one field"),
    ({"contents": [ASKED, model({"text": "x", "thought": "yes"})]}, "a boolean"),
    ({"contents": [ASKED, model({"text": "x", "thoughtSignature": 3})]}, "signature is a text"),
    ({"contents": [ASKED, model({"executableCode": "x"})]}, "executableCode is an object"),
    ({"contents": [user({"inlineData": {"mimeType": "PNG", "data": ""}})]}, "not a type"),
    ({"contents": [user({"inlineData": {"data": ""}})]}, "has a type"),
    ({"contents": [user({"fileData": {"fileUri": "files/x"}})]}, "has an address"),
    ({"contents": [user(CALL)]}, "role model"),
    ({"contents": [ASKED, model(RESULT)]}, "role user"),
    (
        {"contents": [ASKED, model(changed(CALL, name="a b")), user(changed(RESULT, name="a b"))]},
        "name of a function",
    ),
    ({"contents": [ASKED, model(changed(CALL, args=None)), user(RESULT)]}, "arguments are an object"),
    ({"contents": [ASKED, model(changed(CALL, id="")), user(changed(RESULT, id=""))]}, "an id is"),
    ({"contents": [ASKED, model(CALL), user(changed(RESULT, response="x"))]}, "response is an object"),
    ({"contents": [ASKED, model(CALL), user(changed(RESULT, response={"a": [{"$ref": 1}]}))]}, "no key"),
    (
        {
            "contents": [
                *CALLED[:2],
                user(changed(RESULT, parts=[{"inlineData": {"mimeType": "audio/wav", "data": ""}}])),
            ]
        },
        "holds no audio/wav",
    ),
    ({"contents": CALLED[:2]}, "are answered"),
    ({"contents": [*CALLED[:2], user(changed(RESULT, id="2"))]}, "are answered"),
    ({"contents": [*CALLED[:2], user({"text": "x"}, RESULT)]}, "before anything else"),
    ({"contents": [ASKED, model(CALL, CALL), user(RESULT, RESULT)]}, "are different"),
    ({"contents": [user(RESULT)]}, "follows the content"),
    ({"contents": [ASKED, model({"functionCall": CALL["functionCall"]}), user(RESULT)]}, "is signed"),
    ({"contents": [ASKED], "systemInstruction": {"parts": [{"text": ""}]}}, "instructions"),
    (
        {"contents": [ASKED], "tools": [{"functionDeclarations": [{"name": "a"}, {"name": "a"}]}]},
        "different names",
    ),
    ({"contents": [ASKED], "toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}, "needs functions"),
    ({"contents": [ASKED], "cachedContent": "x", "tools": [{"googleSearch": {}}]}, "beside cached content"),
]


@pytest.mark.parametrize(("body", "rule"), BROKEN, ids=[rule for _, rule in BROKEN])
def test_a_body_that_breaks_a_rule_is_found(body: Any, rule: str) -> None:
    assert any(rule in broken for broken in broken_rules(body)), broken_rules(body)


def test_files_in_results_are_for_the_models_that_take_them() -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": ""}}
    body = {"contents": [*CALLED[:2], user(changed(RESULT, parts=[part]))]}
    assert broken_rules(body) == []
    assert broken_rules(body, files_in_results=False) == ["this model takes no files in results"]
