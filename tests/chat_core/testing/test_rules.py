"""A server that answers by rules, or by answers in order, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chat_core import ConfigurationError
from chat_core.testing import Call, Failure, Reply
from chat_core.testing.loopback.conversation import answered_tool, last_text, output_schema
from chat_core.testing.loopback.sample import sample_value
from chat_core.testing.rules import Rules, rules_from, script_from

CALL: Any = {"name": "forecast", "arguments": {"city": "Bern"}}


def said(text: str, **more: Any) -> Any:
    return {"messages": [{"role": "user", "content": text}], **more}


RESULTS: dict[str, Any] = {
    "chat completions": {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": "t1", "function": {"name": "forecast"}}]},
            {"role": "tool", "tool_call_id": "t1", "content": "dry weather"},
        ]
    },
    "responses": {
        "input": [
            {"type": "function_call", "call_id": "t1", "name": "forecast"},
            {"type": "function_call_output", "call_id": "t1", "output": "dry weather"},
        ]
    },
    "claude": {
        "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "forecast"}]},
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "dry weather"}],
                    }
                ],
            },
        ]
    },
    "gemini": {
        "contents": [
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "forecast", "response": {"output": "dry weather"}}}],
            }
        ]
    },
    "ollama": {"messages": [{"role": "tool", "tool_name": "forecast", "content": "dry weather"}]},
}
TEXTS: list[Any] = [
    said("Hello"),
    said([{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "x"}}]),  # type: ignore[arg-type]
    {"input": "Hello"},
    {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}]},
    {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
    {"contents": {"parts": [{"text": "Hello"}]}},
    {"prompt": "Hello"},
]


@pytest.mark.parametrize("body", TEXTS)
def test_the_last_message_is_read_on_every_wire(body: Any) -> None:
    assert (last_text(body), answered_tool(body)) == ("Hello", None)
    assert Rules([])(body) == Reply("You said: Hello")


@pytest.mark.parametrize("body", RESULTS.values(), ids=RESULTS)
def test_a_result_of_a_tool_is_known_on_every_wire(body: Any) -> None:
    assert (last_text(body), answered_tool(body)) == ("dry weather", "forecast")
    rules = Rules([{"when": "weather", "calls": [CALL]}, {"after": "forecast", "reply": "It is dry."}])
    assert rules(body) == Reply("It is dry.")  # the words of a result make no call again
    assert rules(said("Weather?")) == Reply(calls=(Call("forecast", {"city": "Bern"}),))
    assert Rules([{"after": True, "calls": [CALL]}])(body) == Reply(calls=(Call(**CALL),))


def test_conditions_are_all_to_hold_and_the_first_rule_counts() -> None:
    rules = Rules(
        [
            {"when": "busy", "error": {"status": 503, "retry_after": 1}, "times": 2},
            {"when": "busy", "model": "large", "reply": "large"},
            {"when": "busy", "reply": "small", "reasoning": "hm", "chunk": 3, "cut_after": 2},
        ]
    )
    body, large = said("BUSY?", model="m"), said("busy", model="large")
    assert [rules(body), rules(large)] == [Failure(503, "an error by rule", retry_after=1)] * 2
    assert rules(large) == Reply("large")
    assert rules(body) == Reply("small", reasoning="hm", chunk=3, cut_after=2)
    assert rules(said("Else")) == Reply("You said: Else")


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ([{"wenn": "a"}], "rule 1 has 'wenn'; there are after, "),
        ([{"reply": "a"}, "b"], "rule 2 is no object: 'b'"),
        ([{"calls": [{"tool": "a"}]}], "rule 1, a call has 'tool'; there are arguments, id, name"),
        ([{"error": {"code": "x"}}], "rule 1: status"),
        ([{"error": {"status": 7}}], "an error has a status"),
        ([{"reply": "a", "chunk": 0}], "at least 1"),
        ([{"reply": "a", "pause": "long"}], "rule 1: pause"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_place(rules: Any, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Rules(rules)
    assert fault in str(caught.value)


def test_rules_are_json_or_toml(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"rules": [{"value": {"a": 1}}]}')
    (tmp_path / "b.toml").write_text('[[rules]]\nwhen = "a"\nreply = "b"\n')
    assert rules_from(tmp_path / "a.json")({}) == Reply('{"a": 1}')
    assert rules_from(tmp_path / "b.toml")(said("a")) == Reply("b")
    for name, text in ("c.json", "{"), ("d.json", "3"), ("e.toml", "a ="):
        (tmp_path / name).write_text(text)
        with pytest.raises(ConfigurationError, match=name):
            rules_from(tmp_path / name)
    with pytest.raises(ConfigurationError, match=r"nowhere\.json"):
        rules_from(tmp_path / "nowhere.json")


def test_a_script_is_answers_in_order_or_a_function(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[[script]]\nreply = "one"\n[[script]]\nerror = { status = 500 }\n')
    (tmp_path / "b.py").write_text("def answer(body):\n    return body['x']\n")
    (tmp_path / "c.py").write_text("")
    assert script_from(tmp_path / "a.toml") == [Reply("one"), Failure(500, "an error by rule")]
    function: Any = script_from(tmp_path / "b.py")
    assert function({"x": 3}) == 3
    with pytest.raises(ConfigurationError, match=r"answer\(body\)"):
        script_from(tmp_path / "c.py")
    (tmp_path / "d.json").write_text('[{"when": "a", "reply": "b"}]')
    with pytest.raises(ConfigurationError, match="answer 1 has 'when'"):
        script_from(tmp_path / "d.json")


SCHEMA: Any = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 3},
        "kind": {"enum": ["a", "b"]},
        "one": {"const": 1},
        "count": {"type": "integer", "minimum": 5},
        "ratio": {"type": ["number", "null"], "exclusiveMaximum": 1},
        "day": {"type": "string", "format": "date"},
        "tree": {"$ref": "#/$defs/Tree"},
        "some": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "null"}],
            "items": {"type": "string"},
            "minItems": 2,
        },
        "both": {"allOf": [{"type": "object"}, {"properties": {"x": {"type": "INTEGER"}}}]},
    },
    "$defs": {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Tree"}}}},
}


@pytest.mark.parametrize(
    "body",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
        {"text": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"generationConfig": {"responseJsonSchema": SCHEMA}},
        {"format": SCHEMA},
    ],
)
def test_the_schema_of_the_output_is_found_on_every_wire(body: Any) -> None:
    assert output_schema(body) == SCHEMA
    assert output_schema(said("a")) is None
    answer = Rules([])(body)
    assert isinstance(answer, Reply)
    assert answer.text.startswith("{")


def test_a_sample_fits_its_schema() -> None:
    assert sample_value(SCHEMA, "words") == {
        "name": "wor",
        "kind": "a",
        "one": 1,
        "count": 5,
        "ratio": 0.5,
        "day": "2026-01-01",
        "tree": {"next": {}},
        "some": True,
        "pair": [None, "words"],
        "both": {"x": 1},
    }
