"""Recorded conversations with Cerebras through `CerebrasBuilder`: the same is sent, and what is expected is
read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from chat_cerebras import CerebrasBuilder
from chat_core import ChatOptions, ChatRequest, ChatResponse, Done, Messages, ToolDefinition
from chat_core.testing import FakeTransport, LoopbackServer, Raw

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "cerebras"
if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio


def recorded(folder: Path = RECORDINGS) -> Iterator[Any]:
    """Every recording: its exchanges, and what is expected of each."""
    for path in sorted(folder.glob("*.expected.json")):
        expectations = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
        exchanges = json.loads(
            path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8")
        )["exchanges"]
        yield pytest.param(exchanges, expectations, id=path.name.removesuffix(".expected.json"))


CONVERSATIONS = list(recorded())


def neutral(response: ChatResponse) -> dict[str, Any]:
    usage = response.usage
    return {
        "text": response.text,
        "reasoning_text": response.reasoning,
        "tool_calls": [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in response.tool_calls
        ],
        "finish_reason": response.raw_finish_reason,
        "usage": (
            usage.input_tokens,
            usage.output_tokens,
            usage.total_tokens,
            usage.cache_read_tokens,
            usage.reasoning_tokens,
        ),
        "usage_raw": usage.raw,
        "response_id": response.id,
        "model": response.model,
    }


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    usage = tuple(expected["usage"].get(name) for name in ("input", "output", "total", "cached", "reasoning"))
    names = ("text", "reasoning_text", "tool_calls", "finish_reason", "response_id", "model", "usage_raw")
    return {name: expected[name] for name in names} | {"usage": usage}


def requests(
    exchanges: list[dict[str, Any]], messages: Messages
) -> Iterator[tuple[ChatRequest, dict[str, Any]]]:
    """What is asked turn by turn, in our words, and what was sent.

    What the model said is what it was read as.
    """
    for exchange in exchanges:
        sent = exchange["request"]["json"] or {"messages": [{"role": "user", "content": "Hello"}]}
        assert sent["messages"][-1]["role"] == "user"
        messages.add_user(sent["messages"][-1]["content"])
        tools = [
            ToolDefinition(
                tool["function"]["name"], tool["function"]["description"], tool["function"]["parameters"]
            )
            for tool in sent.get("tools", [])
        ]
        yield ChatRequest(messages, tools, ChatOptions(tool_choice=sent.get("tool_choice"))), sent


@pytest.mark.parametrize(("exchanges", "expectations"), CONVERSATIONS)
async def test_the_recorded_conversation_is_had(
    exchanges: list[dict[str, Any]], expectations: list[dict[str, Any]]
) -> None:
    transport = FakeTransport()
    for exchange in exchanges:
        response = exchange["response"]
        transport.answer(response["body"], status=response["status"], headers=response["headers"])
    model = (exchanges[0]["request"]["json"] or {}).get("model", "zai-glm-4.7")
    client = CerebrasBuilder().with_model(model).with_api_key("k").with_transport(transport).build()
    messages = Messages()
    for at, (request, sent) in enumerate(requests(exchanges, messages)):
        got = await client.complete(request)
        messages.append(got.message)
        assert neutral(got) == wanted(expectations[at])
        answer = json.loads(exchanges[at]["response"]["body"])
        assert got.raw is not None
        assert got.raw["time_info"] == answer["time_info"]
        assert got.usage.raw == answer["usage"]
        assert transport.requests[at].url == exchanges[at]["request"]["url"]
        body = dict(transport.last_body)
        assert body.pop("clear_thinking", None) == (
            False if model.startswith("zai-glm") else None
        )  # which the recorder left out
        if "model" in sent:
            assert body == {key: value for key, value in sent.items() if key != "stream"}
    assert len(transport.requests) == len(exchanges)


def test_a_conversation_in_which_thoughts_go_back_is_among_them() -> None:
    bodies = [exchange["request"]["json"] for case in CONVERSATIONS for exchange in case.values[0]]
    said = [
        message["content"]
        for body in bodies
        if body
        for message in body["messages"]
        if message["role"] == "assistant"
    ]
    assert any(text.startswith("<think>\n") for text in said)


async def test_streams_of_cerebras_that_came_by_way_of_a_router_are_read_with_their_timings() -> None:
    played = 0
    for exchanges, expectations in (case.values for case in recorded(RECORDINGS.parent / "huggingface")):
        for exchange, expected in zip(exchanges, expectations, strict=True):
            headers, body = exchange["response"]["headers"], exchange["response"]["body"]
            if headers.get("x-inference-provider") != "cerebras":
                continue
            transport = FakeTransport().answer(body, headers=headers)
            client = CerebrasBuilder().with_model("m").with_api_key("k").with_transport(transport).build()
            async with aclosing(client.stream(ChatRequest(Messages.from_user("Hello")))) as events:
                *_, last = [event async for event in events]
            assert isinstance(last, Done)
            assert neutral(last.response) == wanted(expected)
            chunks = [
                json.loads(line.removeprefix("data: "))
                for line in body.splitlines()
                if line.startswith("data: {")
            ]
            assert last.response.raw is not None
            assert last.response.raw["time_info"] == chunks[-1]["time_info"]
            played += 1
    assert played >= 4


@pytest.mark.parametrize(("exchanges", "expectations"), CONVERSATIONS)
async def test_the_same_comes_over_a_socket_in_pieces(
    exchanges: list[dict[str, Any]], expectations: list[dict[str, Any]]
) -> None:
    answers = [
        Raw(exchange["response"]["body"].encode(), "application/json", chunk=7) for exchange in exchanges
    ]
    with LoopbackServer(answers) as server:
        async with (
            CerebrasBuilder().with_model("m").with_base_url(server.url).with_api_key("k").build() as client
        ):
            for expected in expectations:
                assert neutral(await client.complete(ChatRequest(Messages.from_user("Hello")))) == wanted(
                    expected
                )
