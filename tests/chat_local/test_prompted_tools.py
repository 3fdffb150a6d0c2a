"""Tools without a place in the template: the schema that offers them, and what a turn in its form becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Completed,
    ConfigurationError,
    Done,
    Message,
    Messages,
    OutputSchema,
    Text,
    TextChunk,
    ToolCall,
    ToolCallChunk,
    ToolDefinition,
    Turn,
)
from chat_core.wire import CallIds
from chat_local.prompted_tools import PromptedToolsDecoder, prompt_tools

CITY: Any = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = ToolDefinition("get_weather", "The weather.", CITY)
MAIL = ToolDefinition("send_mail")
ASKED = Messages.from_user("?")


def prompted(choice: str | None = None, output: OutputSchema | None = None) -> ChatRequest:
    return prompt_tools(ChatRequest(ASKED, [WEATHER, MAIL], ChatOptions(tool_choice=choice), output))


def branches(request: ChatRequest) -> list[str]:
    assert request.output is not None
    listed: Any = request.output.schema["anyOf"]
    return [branch["properties"].get("tool", {"const": "answer"})["const"] for branch in listed]


def test_the_schema_offers_each_call_and_an_answer() -> None:
    request = prompted()
    assert branches(request) == ["get_weather", "send_mail", "answer"]
    assert request.tools == ()
    assert "- get_weather(city): The weather." in request.messages[0].text
    assert request.messages[1:] == ASKED
    assert len(ASKED) == 1


@pytest.mark.parametrize(
    ("choice", "offered"),
    [
        ("required", ["get_weather", "send_mail"]),
        ("send_mail", ["send_mail"]),
        ("auto", ["get_weather", "send_mail", "answer"]),
    ],
)
def test_a_choice_of_tools_is_kept_by_the_schema(choice: str, offered: list[str]) -> None:
    assert branches(prompted(choice)) == offered


def test_no_tool_may_be_called_and_one_that_is_not_there_is_refused() -> None:
    assert prompted("none").output is None
    assert prompted("none").messages == ASKED
    with pytest.raises(ConfigurationError, match="no such tool"):
        prompted("other")


def test_an_output_type_is_the_answer() -> None:
    schema: Any = prompted(output=OutputSchema("city", CITY)).output
    assert schema.schema["anyOf"][-1]["properties"] == {"answer": CITY}


def test_calls_and_results_of_the_history_are_texts_and_the_history_stays() -> None:
    call = ToolCall("c1", "get_weather", {"city": "Bern"}, Completed("18 degrees"))
    messages = Messages.from_user("?").append(Message("model", [Text("Let me see."), call])).add_user("So?")
    before = messages.to_json()
    sent = prompt_tools(ChatRequest(messages, [WEATHER])).messages
    assert [(message.role, message.text) for message in sent][1:] == [
        ("user", "?"),
        ("model", 'Let me see.{"tool": "get_weather", "arguments": {"city": "Bern"}}'),
        ("user", "The result of get_weather: 18 degrees"),
        ("user", "So?"),
    ]
    assert messages.to_json() == before


def test_without_tools_to_offer_the_calls_of_the_history_are_words() -> None:
    call = ToolCall("c1", "get_weather", {"city": "Bern"}, Completed("18 degrees"))
    messages = Messages.from_user("?").append(Message("model", [call]))
    for request in (ChatRequest(messages), ChatRequest(messages, [WEATHER], ChatOptions(tool_choice="none"))):
        sent = prompt_tools(request)
        assert (sent.tools, sent.output, sent.options) == ((), None, ChatOptions())
        assert [message.text for message in sent.messages] == [
            "?",
            'I call get_weather with {"city": "Bern"}.',
            "The result of get_weather: 18 degrees",
        ]


def decoded(text: str, finish: Any = "stop") -> list[Any]:
    decoder = PromptedToolsDecoder(CallIds(Messages()), None)
    message = Message("model", [Text(text)], turn=Turn(finish, finish))
    events = [TextChunk(text[:5]), TextChunk(text[5:]), Done(ChatResponse(message))]
    return [part for event in events for part in decoder.feed(event)]


def test_a_turn_in_the_form_of_a_call_is_one_and_says_how_it_was_offered() -> None:
    shown, done = decoded('{"tool": "get_weather", "arguments": {"city": "Bern"}}')
    [call] = done.response.tool_calls
    assert shown == ToolCallChunk(call.id, "get_weather", '{"city": "Bern"}')
    assert (call.name, call.arguments) == ("get_weather", {"city": "Bern"})
    assert (done.response.finish_reason, done.response.notices[0].about) == ("tool_calls", "tools")


@pytest.mark.parametrize(
    ("answer", "text"), [("Sunny", "Sunny"), ({"city": "Bern"}, '{"city": "Bern"}'), (None, "null")]
)
def test_a_turn_in_the_form_of_an_answer_is_its_text(answer: Any, text: str) -> None:
    shown, done = decoded(json.dumps({"answer": answer}))
    assert (shown, done.response.text, done.response.finish_reason) == (TextChunk(text), text, "stop")


@pytest.mark.parametrize("text", ['{"tool": "get_weather", "argum', '{"answer": "Lon', "no JSON"])
def test_a_turn_that_was_cut_is_shown_as_it_is_and_calls_nothing(text: str) -> None:
    shown, done = decoded(text, "length")
    assert (shown, done.response.text, done.response.tool_calls) == (TextChunk(text), text, [])


def test_arguments_that_are_no_object_never_run() -> None:
    _, done = decoded('{"tool": "get_weather", "arguments": [1]}')
    assert done.response.tool_calls[0].failed
