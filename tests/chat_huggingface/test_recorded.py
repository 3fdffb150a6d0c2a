"""Recorded exchanges of the router through `HuggingFaceBuilder`: the same is sent, and what is expected is
read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from chat_completions import ChatCompletionsClient
from chat_core import (
    ChatOptions,
    ChatRequest,
    ChatResponse,
    Done,
    File,
    Message,
    Messages,
    StreamTruncated,
    Text,
    ToolDefinition,
)
from chat_core.testing import FakeTransport, LoopbackServer, Raw
from chat_huggingface import HuggingFaceBuilder

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings" / "huggingface"
if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio


def recorded(wire: str) -> list[Any]:
    """Every recorded exchange on a wire, with what is expected of it."""
    return list(_recorded(wire))


def _recorded(wire: str) -> Iterator[Any]:
    for path in sorted(RECORDINGS.glob("*.expected.json")):
        expectations = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
        exchanges = json.loads(
            path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8")
        )["exchanges"]
        for at, (exchange, expected) in enumerate(zip(exchanges, expectations, strict=True)):
            if expected["wire"] == wire:
                yield pytest.param(exchange, expected, id=f"{path.name.removesuffix('.expected.json')}-{at}")


def conversation(sent: dict[str, Any]) -> ChatRequest:
    """What was asked, in our words."""
    messages = Messages()
    for said in sent["messages"]:
        content = said["content"]
        items = [{"type": "text", "text": content}] if isinstance(content, str) else content
        parts = [_part(item) for item in items]
        match said["role"]:
            case "system":
                messages.add_system(*parts)
            case "user":
                messages.add_user(*parts)
            case "assistant":
                messages.append(Message("model", list(parts)))
            case role:
                raise AssertionError(f"no recording has said {role} yet")
    tools = [
        ToolDefinition(
            tool["function"]["name"], tool["function"].get("description", ""), tool["function"]["parameters"]
        )
        for tool in sent.get("tools") or []
    ]
    return ChatRequest(messages, tools, ChatOptions(tool_choice=sent.get("tool_choice")))


def _part(item: dict[str, Any]) -> Text | File:
    if item["type"] == "text":
        return Text(item["text"])
    return File.from_url(item["image_url"]["url"], "image/jpeg")


def plain(value: Any) -> Any:
    """A body without what says nothing: nulls, empty lists, `stream: false`, and the list around a single
    text.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    silent = (("tools", []), ("stream", False))
    told = {key: plain(item) for key, item in value.items() if item is not None and (key, item) not in silent}
    match told:
        case {"role": _, "content": [{"type": "text", "text": text}]}:
            told["content"] = text
        case _:
            pass
    return told


def answer(exchange: dict[str, Any]) -> bytes:
    response = exchange["response"]
    body: str = response["body"]
    return base64.b64decode(body) if response["body_encoding"] == "base64" else body.encode()


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
    figures = expected["usage"] or {}
    usage = tuple(figures.get(name) for name in ("input", "output", "total", "cached", "reasoning"))
    names = ("text", "reasoning_text", "tool_calls", "finish_reason", "response_id", "model")
    return {name: expected[name] for name in names} | {
        "usage": usage,
        "usage_raw": expected["usage_raw"] or {},
    }


async def turn(client: ChatCompletionsClient, request: ChatRequest, stream: bool) -> ChatResponse:
    if not stream:
        return await client.complete(request)
    async with aclosing(client.stream(request)) as events:
        *_, last = [event async for event in events]
    assert isinstance(last, Done)
    return last.response


@pytest.mark.parametrize(("exchange", "expected"), recorded("chat-completions"))
async def test_the_recorded_request_is_sent_and_its_answer_read(
    exchange: dict[str, Any], expected: dict[str, Any]
) -> None:
    sent, url = exchange["request"]["json"], exchange["request"]["url"]
    response = exchange["response"]
    transport = FakeTransport().answer(
        answer(exchange), status=response["status"], headers=response["headers"]
    )
    builder = (
        HuggingFaceBuilder().with_model(sent["model"]).with_base_url(url.removesuffix("/chat/completions"))
    )
    client = builder.with_api_key("hf_x").with_transport(transport).build()

    got = await turn(client, conversation(sent), response["is_stream"])

    assert transport.requests[0].url == url
    assert plain(transport.last_body) == plain(sent)
    assert neutral(got) == wanted(expected)
    assert got.notices == ()  # a `retry-after` of 15 or 30 seconds on some asks for nothing


@pytest.mark.parametrize(("exchange", "expected"), recorded("chat-completions"))
async def test_the_same_comes_over_a_socket_in_pieces(
    exchange: dict[str, Any], expected: dict[str, Any]
) -> None:
    sent, stream = exchange["request"]["json"], exchange["response"]["is_stream"]
    kind = exchange["response"]["headers"]["content-type"]
    whole = answer(exchange)
    with LoopbackServer([Raw(whole, kind, chunk=7)]) as server:
        async with HuggingFaceBuilder().with_model(sent["model"]).with_base_url(server.url).build() as client:
            assert neutral(await turn(client, conversation(sent), stream)) == wanted(expected)


STREAMS = [case for case in recorded("chat-completions") if case.values[0]["response"]["is_stream"]]


@pytest.mark.parametrize(("exchange", "expected"), STREAMS)
async def test_a_cut_stream_is_an_error(exchange: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expected["text"]
    whole = answer(exchange)
    for end in range(0, whole.index(b'"finish_reason":"stop"'), 37):
        transport = FakeTransport().answer(whole[:end], headers={"content-type": "text/event-stream"})
        client = HuggingFaceBuilder().with_model("m").with_api_key("hf_x").with_transport(transport).build()
        with pytest.raises(StreamTruncated):
            await turn(client, ChatRequest(Messages.from_user("Hello")), stream=True)


@pytest.mark.parametrize(("exchange", "expected"), recorded("models"))
async def test_the_models_tell_who_serves_them(exchange: dict[str, Any], expected: dict[str, Any]) -> None:
    transport = FakeTransport().answer(answer(exchange))
    builder = HuggingFaceBuilder().with_model("m").with_api_key("hf_x").with_transport(transport)
    models = await builder.build().list_models()
    assert transport.requests[0].url == exchange["request"]["url"]
    listed = json.loads(answer(exchange))["data"]
    assert [model.id for model in models] == [model["id"] for model in listed]
    assert [model.raw["providers"] for model in models] == [model["providers"] for model in listed]
