"""Values that JSON or UTF-8 cannot hold, wherever an application may put them: every wire sends the same of
them, or refuses them with a sentence. No request is invalid JSON.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_core import (
    ChatOptions,
    ChatRequest,
    Completed,
    ConfigurationError,
    Failed,
    Message,
    Messages,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolDefinition,
    tool,
)
from chat_core.testing import FakeTransport
from chat_core.types.request import OutputSchema
from chat_core.types.type_schema import schema_of_form
from chat_core.wire import dump
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_together import TogetherBuilder
from pydantic import BaseModel
from test_odd_values import WIRES, nested

HALF = "half \ud83d"
CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


class Named:
    def __str__(self) -> str:
        return "named"


ODD: dict[str, Any] = {
    "half a character": HALF,
    "half a character in a name": {HALF: 1},
    "a number as a name": {1: 2},
    "bytes": b"ab",
    "a set": {1},
    "a tuple": (1, 2),
    "an object": Named(),
}
PLAIN: dict[str, Any] = {
    "half a character": "half \ufffd",
    "half a character in a name": {"half \ufffd": 1},
    "a number as a name": {"1": 2},
    "bytes": "YWI=",
    "a set": [1],
    "a tuple": [1, 2],
    "an object": "named",
}
NUMBERS = {"nan": (math.nan, None), "infinite": (-math.inf, None), "huge": (1 << 2000, hex(1 << 2000))}
TOO_MUCH = {"a circle": CIRCLE, "too deep": nested(120)}


def sent(builder: Any, request: ChatRequest) -> Any:
    """The body that goes over the wire, as JSON that any reader takes."""

    def refuse(word: str) -> Any:
        raise AssertionError(f"{word} was sent")

    client = builder.with_transport(FakeTransport()).build()
    return json.loads(dump(client.request_body(request)), parse_constant=refuse)


def places(body: Any) -> list[Any]:
    """All values of a body, those in texts that are JSON too."""
    if isinstance(body, str):
        try:
            inner = json.loads(body)
        except ValueError:
            return [body]
        return [body] if isinstance(inner, str) else [body, *places(inner)]
    inside = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [body, *(value for item in inside for value in places(item))]


def history(call: ToolCall) -> ChatRequest:
    messages = Messages.from_user("Hi")
    messages.append(Message("model", [call]))
    return ChatRequest(messages, [ToolDefinition("add", "Add.", {"type": "object"})])


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_arguments_and_results_are_sent_alike(builder: Any, wire: object, value: str) -> None:
    call = ToolCall("call1", "add", {"odd": ODD[value]}, Completed({"result": ODD[value]}))
    found = places(sent(builder, history(call)))
    assert {"odd": PLAIN[value]} in found
    assert {"result": PLAIN[value]} in found


@pytest.mark.parametrize("value", NUMBERS)
@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_a_number_that_json_does_not_have_is_sent_alike_in_a_result(
    builder: Any, wire: object, value: str
) -> None:
    number, plain = NUMBERS[value]
    request = history(ToolCall("call1", "add", {}, Completed({"result": [number]})))
    assert {"result": [plain]} in places(sent(builder, request))
    assert Messages.from_json(request.messages.to_json()) == request.messages


@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_that_json_does_not_have_is_no_argument(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ToolCall\(arguments\) cannot be JSON: a number in it"):
        ToolCall("c", "add", {"a": [NUMBERS[value][0]]})


@pytest.mark.parametrize("value", ODD)
def test_what_is_stored_is_what_was_sent(value: str) -> None:
    call = ToolCall("call1", "add", {"odd": ODD[value]}, Completed([ODD[value]]))
    request = history(call)
    restored = Messages.from_json(request.messages.to_json())
    assert restored == request.messages
    assert restored[1].tool_calls[0].arguments == {"odd": PLAIN[value]}


@pytest.mark.parametrize("value", TOO_MUCH)
@pytest.mark.parametrize(
    "make", [lambda odd: ToolCall("c", "add", {"a": odd}), Completed, lambda odd: _completed(odd)]
)
def test_what_no_wire_can_carry_is_refused_where_it_is_made(
    make: Callable[[Any], object], value: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be JSON: (Circular|it is nested deeper than 100)"):
        make(TOO_MUCH[value])


def _completed(result: Any) -> ToolCall:
    call = ToolCall("c", "add")
    call.complete(result)
    return call


@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_a_turn_of_the_model_never_stops_a_conversation(builder: Any, wire: object) -> None:
    failed = ToolCall("call1", "add", {}, Failed(f"It said {HALF}"))
    turn = Message("model", [Reasoning(HALF), Text(f"model {HALF}"), failed])
    body = sent(builder, ChatRequest(Messages([Message("user", [Text("Hi")]), turn])))
    texts = [place for place in places(body) if isinstance(place, str)]
    assert any("model half \ufffd" in text for text in texts)
    assert any("It said half \ufffd" in text for text in texts)


@pytest.mark.parametrize("role", ["system", "user"])
@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_half_a_character_of_the_user_is_refused_with_a_way_out(
    builder: Any, wire: object, role: Any
) -> None:
    messages = Messages([Message(role, [Text(HALF)]), Message("user", [Text("Hi")])])
    with pytest.raises(ConfigurationError, match=r"a text has half of a character: text\.encode"):
        sent(builder, ChatRequest(messages))
    repaired = HALF.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # as the sentence says
    assert repaired == "half \ufffd"


@pytest.mark.parametrize("value", [math.nan, math.inf, 1 << 2000])
@pytest.mark.parametrize("name", ["temperature", "top_p", "frequency_penalty", "max_tokens", "seed"])
def test_a_number_that_json_does_not_have_is_no_option(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"ChatOptions\({name}="):
        ChatOptions(**{name: value})


SCHEMA = {"type": "object", "properties": {"a": {"type": "number", "maximum": math.inf}}}
DEEP = {"type": "object", "properties": {"a": {"default": nested(120)}}}


@pytest.mark.parametrize(("schema", "why"), [(SCHEMA, "not finite"), (DEEP, "nested deeper")])
@pytest.mark.parametrize(
    "make",
    [
        lambda schema: ToolDefinition("add", "", schema),
        lambda schema: Tool("add", "Add.", schema, print),
        lambda schema: OutputSchema("add", schema),
        schema_of_form,
    ],
)
def test_a_schema_that_json_cannot_hold_is_refused(
    make: Callable[[Any], object], schema: Any, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot be sent: .*{why}"):
        make(schema)


@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_extra_fields_that_json_cannot_hold_are_refused(builder: Any, wire: object) -> None:
    for extra in ({"limit": math.nan}, {"inside": [{"limit": math.inf}]}, {"deep": nested(120)}):
        with pytest.raises(ConfigurationError, match=r"with_extra_body\(...\) cannot be sent"):
            builder.with_extra_body(extra)


@tool
def look(near: float = math.inf, far: float = math.nan, last: int = 3) -> int:
    return last


class Range(BaseModel):
    low: float = -math.inf
    high: float | None = None


@pytest.mark.parametrize(("builder", "wire"), WIRES)
def test_defaults_that_json_does_not_have_are_left_out_of_schemas(builder: Any, wire: object) -> None:
    properties: Any = look.definition.parameters["properties"]
    assert [name for name, schema in properties.items() if "default" in schema] == ["last"]
    output = schema_of_form(Range)
    assert json.dumps(output.schema, allow_nan=False).count("default") == 1  # of `high`
    sent(builder, ChatRequest(Messages.from_user("Hi"), [look.definition], output=output))


ODD_OPTIONS: dict[str, Callable[[], object]] = {
    "ollama": lambda: OllamaBuilder().with_ollama_options({"mirostat_tau": math.nan}),
    "bedrock": lambda: BedrockBuilder().with_additional_fields({"top_k": math.inf}),
    "together": lambda: TogetherBuilder().with_sampling(min_p=math.nan),
    "gemini": lambda: GeminiBuilder().with_google_search(dynamic_threshold=math.nan),
}


@pytest.mark.parametrize("name", ODD_OPTIONS)
def test_an_option_of_a_provider_with_such_a_number_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be sent: a number in it is not finite"):
        ODD_OPTIONS[name]()


def test_a_number_that_nothing_has_refused_is_sent_as_a_text_so_that_the_server_names_its_field() -> None:
    assert dump({"a": [math.nan, {"b": math.inf}]}) == b'{"a":["NaN",{"b":"Infinity"}]}'
