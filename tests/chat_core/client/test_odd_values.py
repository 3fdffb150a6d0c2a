"""On every wire, whole and streamed, arguments and fields that JSON or the depth limit cannot hold leave a
turn that can be stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from chat_bedrock import BedrockBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatRequest, ChatResponse, Done, Failed, Messages, Pending
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_ollama import OllamaBuilder
from chat_responses import ResponsesBuilder

pytestmark = pytest.mark.anyio

NAN = float("nan")


def completions(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    call = {
        "index": 0,
        "id": "c",
        "odd": odd,
        "function": {"name": "add", "arguments": json.dumps(arguments)},
    }
    usage = {"prompt_tokens": 3, "odd": odd}
    whole = {"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}], "usage": usage}
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": usage}
    return whole, [{"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}, end]


def claude(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    block = {"type": "tool_use", "id": "c", "name": "add", "input": arguments, "odd": odd}
    other = {"type": "new_block", "odd": odd}
    head = {"id": "r", "type": "message", "role": "assistant", "usage": {"input_tokens": 3, "odd": odd}}
    frames: list[Any] = [{"type": "message_start", "message": {**head, "content": []}}]
    for index, content in enumerate([block, other]):
        frames.append({"type": "content_block_start", "index": index, "content_block": content})
        frames.append({"type": "content_block_stop", "index": index})
    end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}}
    whole = {**head, "content": [block, other], "stop_reason": "tool_use"}
    return whole, [*frames, end, {"type": "message_stop"}]


def gemini(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    call = {"functionCall": {"name": "add", "args": arguments, "odd": odd}}
    candidate = {"content": {"role": "model", "parts": [{"newPart": odd}, call]}, "finishReason": "STOP"}
    whole = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 3, "odd": odd}}
    return whole, [whole]


def ollama(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    call = {"odd": odd, "function": {"name": "add", "arguments": arguments}}
    message = {"role": "assistant", "content": "", "tool_calls": [call]}
    whole = {"message": message, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "odd": odd}
    return whole, [whole]


def cohere(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    function = {"name": "add", "arguments": json.dumps(arguments)}
    call = {"id": "c", "type": "function", "odd": odd, "function": function}
    usage = {"tokens": {"input_tokens": 3}, "odd": odd}
    whole = {"id": "r", "finish_reason": "TOOL_CALL", "message": {"tool_calls": [call]}, "usage": usage}
    frames = [
        {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": call}}},
        {"type": "tool-call-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}, "usage": usage},
    ]
    return whole, frames


def bedrock(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    start = {"toolUse": {"toolUseId": "c", "name": "add"}}
    use = {"toolUse": {**start["toolUse"], "input": arguments}}
    other = {"newContent": {"odd": odd}}
    usage = {"inputTokens": 3, "odd": odd}
    whole = {"output": {"message": {"content": [use, other]}}, "stopReason": "tool_use", "usage": usage}
    delta = {"toolUse": {"input": json.dumps(arguments)}}
    frames: list[Any] = [
        {"contentBlockStart": {"contentBlockIndex": 0, "start": start}},
        {"contentBlockDelta": {"contentBlockIndex": 0, "delta": delta}},
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": "tool_use"}},
        {"metadata": {"usage": usage}},
    ]
    return whole, frames


def responses(arguments: Any, odd: Any) -> tuple[Any, list[Any]]:
    call = {"type": "function_call", "id": "fc", "call_id": "c", "name": "add", "odd": odd}
    output = [{"type": "new_item", "odd": odd}, {**call, "arguments": json.dumps(arguments)}]
    usage = {"input_tokens": 3, "odd": odd}
    whole = {"id": "r", "object": "response", "status": "completed", "output": output, "usage": usage}
    done = [
        {"type": "response.output_item.done", "output_index": at, "item": item}
        for at, item in enumerate(output)
    ]
    return whole, [*done, {"type": "response.completed", "response": whole}]


Make = Callable[[Any, Any], tuple[Any, list[Any]]]
HERE = "http://model.test/v1"
WIRES = [
    pytest.param(ChatCompletionsBuilder().with_base_url(HERE).with_model("m"), completions, id="completions"),
    pytest.param(ClaudeBuilder().with_api_key("k").with_model("m"), claude, id="claude"),
    pytest.param(GeminiBuilder().with_api_key("k").with_model("m"), gemini, id="gemini"),
    pytest.param(OllamaBuilder().with_model("m").with_keep_alive("5m"), ollama, id="ollama"),
    pytest.param(CohereBuilder().with_api_key("k").with_model("m"), cohere, id="cohere"),
    pytest.param(
        BedrockBuilder().with_region("us-east-1").with_api_key("k").with_model("m"), bedrock, id="bedrock"
    ),
    pytest.param(ResponsesBuilder().with_base_url(HERE).with_model("m"), responses, id="responses"),
]


async def turn(builder: Any, made: tuple[Any, list[Any]], *, stream: bool) -> ChatResponse:
    transport = FakeTransport().answer(made[1] if stream else made[0])
    client = builder.with_transport(transport).build()
    request = ChatRequest(Messages.from_user("Hi"))
    if not stream:
        response: ChatResponse = await client.complete(request)
        return response
    events = [event async for event in client.stream(request)]
    assert isinstance(events[-1], Done)
    return events[-1].response


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("builder", "make"), WIRES)
@pytest.mark.parametrize("arguments", [NAN, float("inf"), 10**400, nested(150), nested(250)], ids=repr)
async def test_arguments_that_cannot_be_stored_fail_their_call_and_nothing_else(
    builder: Any, make: Make, stream: bool, arguments: Any
) -> None:
    response = await turn(builder, make({"a": arguments}, 1), stream=stream)

    [call] = response.tool_calls
    assert isinstance(call.status, Failed)
    assert isinstance(arguments, list) == ("deeper than 100 levels" in call.status.error)
    messages = Messages([response.message])
    assert Messages.from_json(messages.to_json()) == messages


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("builder", "make"), WIRES)
async def test_arguments_as_deep_as_the_limit_run_however_deep_their_frame_is(
    builder: Any, make: Make, stream: bool
) -> None:
    response = await turn(builder, make({"a": nested(97)}, 1), stream=stream)

    [call] = response.tool_calls
    assert (call.status, call.arguments) == (Pending(), {"a": nested(97)})


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("builder", "make"), WIRES)
@pytest.mark.parametrize("odd", [NAN, [float("-inf"), 1], {"n": 10**400}], ids=repr)
async def test_a_number_that_is_no_json_beside_a_call_is_the_same_before_and_after_storing(
    builder: Any, make: Make, stream: bool, odd: Any
) -> None:
    response = await turn(builder, make({"a": 1}, odd), stream=stream)

    [call] = response.tool_calls
    assert (call.status, call.arguments) == (Pending(), {"a": 1})
    assert response.usage.input_tokens == 3
    messages = Messages([response.message])
    stored = messages.to_json()
    assert Messages.from_json(stored) == messages
    assert Messages.from_json(stored).to_json() == stored


def ended_by(word: str) -> dict[str, Any]:
    """Whole responses of each wire that end with a word and have no content."""
    usage = {"input_tokens": 1}
    return {
        "completions": {"choices": [{"message": {"content": ""}, "finish_reason": word}]},
        "claude": {
            "type": "message",
            "role": "assistant",
            "content": [],
            "stop_reason": word,
            "usage": usage,
        },
        "gemini": {"candidates": [{"content": {}, "finishReason": word}]},
        "ollama": {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": word},
        "cohere": {"id": "r", "finish_reason": word, "message": {"content": []}},
        "bedrock": {"output": {"message": {"content": []}}, "stopReason": word},
        "responses": {"id": "r", "object": "response", "status": word, "output": []},
    }


@pytest.mark.parametrize(("builder", "make"), WIRES)
async def test_a_reason_without_a_common_word_is_in_a_notice(builder: Any, make: Make) -> None:
    whole = ended_by("solar_flare")[make.__name__]
    response = await turn(builder, (whole, []), stream=False)

    assert (response.text, response.finish_reason, response.raw_finish_reason) == ("", "other", "solar_flare")
    assert any("solar_flare" in notice.message for notice in response.notices)


@pytest.mark.parametrize(
    "make", [completions, cohere, bedrock, gemini, ollama], ids=lambda make: make.__name__
)
async def test_a_turn_that_a_filter_ended_has_a_notice(make: Make) -> None:
    [builder] = [case.values[0] for case in WIRES if case.values[1] is make]
    whole = ended_by("SAFETY")[make.__name__]
    response = await turn(builder, (whole, []), stream=False)

    assert response.finish_reason == "content_filter"
    assert any("SAFETY" in notice.message for notice in response.notices)


async def test_a_call_without_arguments_does_not_run_where_gemini_gives_no_finish_reason() -> None:
    candidate = {"content": {"role": "model", "parts": [{"functionCall": {"name": "wipe"}}]}}
    builder = GeminiBuilder().with_api_key("k").with_model("m")
    response = await turn(builder, ({"candidates": [candidate]}, []), stream=False)
    ended = await turn(builder, ({"candidates": [candidate | {"finishReason": "STOP"}]}, []), stream=False)

    assert isinstance(response.tool_calls[0].status, Failed)
    assert ended.tool_calls[0].status == Pending()
