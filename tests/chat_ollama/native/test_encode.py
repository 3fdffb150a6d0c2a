"""What is in a conversation is sent, or left out with a notice; what only the user can have put in is
refused.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import (
    ChatRequest,
    ChatResponse,
    ConfigurationError,
    File,
    Message,
    Messages,
    Native,
    Opaque,
    Origin,
    Reasoning,
    Text,
    ToolCall,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_ollama import OllamaBuilder
from chat_ollama.native.encode.messages import MessageEncoder

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n"
LAST = {"model": "m", "message": {"content": "Hi"}, "done": True, "done_reason": "stop"}
ELSEWHERE = Origin("claude", "https://api.anthropic.com/v1", "claude-opus-5")


async def sent(*messages: Message, tools: Any = ()) -> tuple[ChatResponse, dict[str, Any]]:
    transport = FakeTransport().answer(LAST)
    client = OllamaBuilder().with_model("m").with_native().with_transport(transport).build()
    response = await client.complete(ChatRequest(Messages(messages), tools))
    return response, transport.last_body


def user(*parts: Any) -> Message:
    return Messages.from_user(*parts)[0]


def called(call: ToolCall, result: Any = "done") -> Message:
    call.complete(result)
    return Message("model", [call])


@pytest.mark.parametrize("role", ["user", "model", "system"])
async def test_a_block_of_another_provider_is_left_out_with_a_notice(role: Any) -> None:
    block = Opaque(Native(ELSEWHERE, {"type": "search_result"}))
    response, body = await sent(user("Hello"), Message(role, [Text("Look"), block]), user("So?"))
    assert [message["content"] for message in body["messages"]] == ["Hello", "Look", "So?"]
    assert "only claude" in response.notices[0].message


@pytest.mark.parametrize("parts", [[], [Text("")], [Reasoning("Hm")], [Opaque(Native(ELSEWHERE, {}))]])
async def test_a_turn_of_the_model_with_nothing_to_send_is_left_out(parts: Any) -> None:
    _, body = await sent(user("Hello"), Message("model", parts, interrupted=True), user("Go on"))
    assert [message["role"] for message in body["messages"]] == ["user", "user"]


async def test_a_request_with_nothing_in_it_is_refused_since_it_would_only_load_the_model() -> None:
    for messages in ([], [Message("model", [])]):
        with pytest.raises(ConfigurationError, match="nothing to send"):
            await sent(*messages)


async def test_an_invented_name_goes_back_as_one_that_every_server_takes() -> None:
    name = "get_weather<|channel|>commentary"
    call = ToolCall("functions.get_weather:0", name)
    _, body = await sent(user("?"), called(call), tools=[ToolDefinition("my.tool")])
    [shown] = body["messages"][1]["tool_calls"]
    mapped = shown["function"]["name"]
    assert mapped.startswith("get_weather_channel_commentary_")
    assert (body["messages"][2]["tool_name"], body["messages"][2]["tool_call_id"]) == (mapped, call.id)
    assert body["tools"][0]["function"]["name"].startswith("my_tool_")
    assert call.name == name


@pytest.mark.parametrize(
    ("data", "mimetype"),
    [(PNG, "image/jpeg"), (PNG, None), (b"\xff\xd8\xff", "a/b"), (b"RIFF1234WEBP", "image/gif")],
)
async def test_the_bytes_of_an_image_count_and_not_its_name(data: bytes, mimetype: Any) -> None:
    file = File(mimetype, data)
    _, body = await sent(user("Look", file))
    assert body["messages"][0]["images"] == [file.base64()]


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (File("image/png", b"GIF89a"), "reads JPEG, PNG and WebP"),
        (File("image/gif", b"GIF89a"), "reads JPEG, PNG and WebP"),
        (File("text/x-go", b"package main"), "takes no document"),
        (File("image/png", id="file_01"), "keeps no files"),
        (File("image/png", url="https://x.example/a.png"), "fetches no files"),
    ],
)
async def test_a_file_that_it_cannot_read_is_refused_to_the_user_and_described_for_a_tool(
    file: File, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        await sent(user("Look", file))
    call = ToolCall("c1", "draw", {}, files=(file, File("image/png", PNG)))
    response, body = await sent(user("Draw"), called(call))
    heading = body["messages"][3]
    assert "cannot be shown here" in heading["content"]
    assert len(heading["images"]) == 1
    assert why in response.notices[0].message


async def test_text_of_a_model_or_a_tool_that_utf8_cannot_hold_does_not_stop_the_conversation() -> None:
    call = ToolCall("c\ud800", "add", {})
    _, body = await sent(user("?"), Message("model", [Text("a\ud83d")]), called(call, "b\udc00"))
    assert [message["content"] for message in body["messages"]] == ["?", "a�", "", "b�"]


@pytest.mark.parametrize(
    "data", [{"call": []}, {"call": {"id": 5, "function": 5}}, {"function": {"name": 5}}, {"field": {}}, {}]
)
async def test_native_data_that_somebody_changed_does_no_harm(data: Any) -> None:
    origins = [Origin(provider, "http://127.0.0.1:11434/v1", "m") for provider in ("ollama", "ollama-native")]
    for origin in origins:
        native = Native(origin, data)
        call = ToolCall("c1", "add", {"a": 1}, native=native)
        history = Messages([user("?"), called(call)])
        history[1].parts.insert(0, Reasoning("Hm", native=native))
        _, body = await sent(*Messages.from_json(history.to_json()))
        [shown] = body["messages"][1]["tool_calls"]
        assert (shown["id"], shown["function"]) == ("c1", {"name": "add", "arguments": {"a": 1}})


async def test_lists_of_tokens_are_refused_as_inputs_of_embeddings() -> None:
    client = OllamaBuilder().with_model("m").with_embeddings().with_transport(FakeTransport()).build()
    with pytest.raises(ConfigurationError, match="pass the texts"):
        await client.embed([[1, 2], [3]])  # type: ignore[list-item]


async def test_extra_fields_reach_only_the_endpoint_that_they_are_for() -> None:
    transport = FakeTransport().answer(LAST).answer({"embeddings": [[1.0]]})
    client = (
        OllamaBuilder()
        .with_model("m")
        .with_native()
        .with_extra_body({"truncate": False})
        .with_extra_body({"dimensions": 9}, endpoint="embeddings")
        .with_embeddings()
        .with_transport(transport)
        .build()
    )
    await client.complete(ChatRequest(Messages.from_user("?")))
    await client.embed(["a"])
    assert transport.bodies[0]["truncate"] is False
    assert transport.bodies[1] == {"model": "m", "input": ["a"], "dimensions": 9}


async def test_sending_changes_nothing() -> None:
    messages = Messages([user("?"), called(ToolCall("c1", "a b", {}))])
    before = messages.to_json()
    await sent(*messages)
    assert json.loads(messages.to_json()) == json.loads(before)


def test_a_message_that_has_not_changed_is_not_encoded_again_and_one_that_has_is():
    call = ToolCall("c1", "add", {"a": 1})
    message, encoder = called(call), MessageEncoder(ELSEWHERE)
    first, second = encoder.encode(message), MessageEncoder(ELSEWHERE).encode(message)
    assert first is second
    call.arguments["a"] = 2
    third = encoder.encode(message)
    assert third is not first
    assert third[0]["tool_calls"][0]["function"]["arguments"] == {"a": 2}
