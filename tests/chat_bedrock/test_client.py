"""What is sent where: the paths, the signature, the lists of models, and a conversation through the
engine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import pytest
from chat_bedrock import AwsCredentials, BedrockBuilder
from chat_core import (
    Chat,
    ChatBuilder,
    ChatRequest,
    Messages,
    ModelInfo,
    ProviderError,
    RetryPolicy,
    TextChunk,
    ToolDefinition,
    tool,
)
from chat_core.client import HasModel
from chat_core.testing import FakeTransport, broken_laws, event_stream_bytes

MODEL = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0"
PATH = (
    "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-2-lite-v1%3A0"
)


def answer(*content: object, reason: str = "end_turn") -> dict:
    usage = {"inputTokens": 1, "outputTokens": 1}
    return {"output": {"message": {"content": [*content]}}, "stopReason": reason, "usage": usage}


def builder(transport: FakeTransport) -> BedrockBuilder[HasModel]:
    return BedrockBuilder().with_model(MODEL).with_api_key("the-key").with_transport(transport)


@pytest.mark.anyio
async def test_a_turn_goes_to_converse_with_the_model_in_one_segment() -> None:
    transport = FakeTransport().answer(answer({"text": "Hello"}), headers={"x-amzn-requestid": "r-1"})
    response = await builder(transport).build().complete(ChatRequest(Messages.from_user("Hi")))
    (request,) = transport.requests
    assert request.url == f"https://bedrock-runtime.us-east-1.amazonaws.com{PATH}/converse"
    assert request.headers["authorization"] == "Bearer the-key"
    assert (response.text, response.id) == ("Hello", "r-1")


@pytest.mark.anyio
async def test_a_streamed_turn_keeps_the_laws() -> None:
    body = event_stream_bytes(
        [
            ("messageStart", {"role": "assistant"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}}),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("messageStop", {"stopReason": "end_turn"}),
            ("metadata", {"usage": {"inputTokens": 1, "outputTokens": 1}}),
        ]
    )
    transport = FakeTransport().answer(body)
    events = [
        event async for event in builder(transport).build().stream(ChatRequest(Messages.from_user("Hi")))
    ]
    assert broken_laws(events) == []
    assert events[0] == TextChunk("Hello")
    assert transport.requests[0].url.endswith(f"{PATH}/converse-stream")


@pytest.mark.anyio
async def test_a_conversation_with_a_tool_goes_on() -> None:
    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    use = {"toolUse": {"toolUseId": "t", "name": "add", "input": {"a": 1, "b": 2}}}
    transport = FakeTransport().answer(answer(use, reason="tool_use")).answer(answer({"text": "3"}))
    chat = ChatBuilder().with_model(builder(transport).build()).with_tools([add]).build()
    assert (await chat.complete(Messages.from_user("1 + 2?"))).text == "3"
    assert transport.last_body["messages"][1:] == [  # type: ignore[index,call-overload]
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "3"}]}}]},
    ]


@pytest.mark.anyio
async def test_an_exception_before_any_content_is_retried() -> None:
    broken = event_stream_bytes([("exception:throttlingException", {"message": "slow down"})])
    good = event_stream_bytes([("messageStop", {"stopReason": "end_turn"}), ("metadata", {"usage": {}})])
    transport = FakeTransport().answer(broken).answer(good)
    policy = RetryPolicy(max_retries=1, base_delay=0.0)
    chat: Chat = ChatBuilder().with_model(builder(transport).build()).with_retry(policy).build()
    async with chat.stream(Messages.from_user("Hi")) as events:
        async for _ in events:
            pass
    assert len(transport.requests) == 2


@pytest.mark.anyio
async def test_tokens_are_counted_with_tools_and_instructions() -> None:
    transport = FakeTransport().answer({"inputTokens": 42})
    client = builder(transport).with_additional_fields({"x": 1}).with_latency("optimized").build()
    count = await client.count_tokens(Messages.from_system("Brief.").add_user("Hi"), [ToolDefinition("add")])
    assert count == 42
    assert transport.requests[0].url.endswith(f"{PATH}/count-tokens")
    assert transport.last_body["input"]["converse"].keys() == {  # type: ignore[index,call-overload,union-attr]
        "messages",
        "system",
        "toolConfig",
        "additionalModelRequestFields",
    }


@pytest.mark.anyio
async def test_models_and_profiles_are_listed_at_the_control_plane() -> None:
    transport = FakeTransport().answer({"modelSummaries": [{"modelId": "a.b"}]})
    transport.answer({"inferenceProfileSummaries": [{"inferenceProfileId": "us.a.b"}], "nextToken": "n/1"})
    transport.answer({"inferenceProfileSummaries": [{"inferenceProfileId": "eu.a.b"}]})
    models = await builder(transport).build().list_models()
    assert models == [ModelInfo("a.b"), ModelInfo("us.a.b"), ModelInfo("eu.a.b")]
    host = "https://bedrock.us-east-1.amazonaws.com"
    assert [request.url for request in transport.requests] == [
        f"{host}/foundation-models",
        f"{host}/inference-profiles?maxResults=1000",
        f"{host}/inference-profiles?maxResults=1000&nextToken=n%2F1",
    ]


@pytest.mark.anyio
async def test_requests_are_signed_each_time_anew() -> None:
    transport = FakeTransport().answer({"message": "later"}, status=503).answer(answer({"text": "Hello"}))
    client = (
        BedrockBuilder()
        .with_model(MODEL)
        .with_aws_credentials(AwsCredentials("AKID", "SECRET", "a-session-token"))
        .with_transport(transport)
        .build()
    )
    moments = iter([datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 13, tzinfo=UTC)])
    with mock.patch("chat_core.client.aws_signer.datetime") as clock:
        clock.now.side_effect = lambda zone: next(moments)
        policy = RetryPolicy(max_retries=1, base_delay=0.0)
        await ChatBuilder().with_model(client).with_retry(policy).build().complete(Messages.from_user("Hi"))
    signed = [request.headers for request in transport.requests]
    assert [headers["x-amz-date"] for headers in signed] == ["20260101T120000Z", "20260101T130000Z"]
    for headers in signed:
        scope = "Credential=AKID/20260101/us-east-1/bedrock/aws4_request"
        assert scope in headers["authorization"]
        assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token," in headers["authorization"]
    assert signed[0]["authorization"] != signed[1]["authorization"]


@pytest.mark.anyio
async def test_an_error_shows_neither_key_nor_session() -> None:
    for made in (
        BedrockBuilder().with_api_key("the-secret-key"),
        BedrockBuilder().with_aws_credentials(AwsCredentials("AKID", "SECRET", "a-session-token")),
    ):
        refused = {"message": "the-secret-key and a-session-token are wrong"}
        transport = FakeTransport().answer(refused, status=403)
        client = made.with_model(MODEL).with_transport(transport).build()
        with pytest.raises(ProviderError) as caught:
            await client.complete(ChatRequest(Messages.from_user("Hi")))
        secret = "the-secret-key" if "Bearer" in str(transport.requests[0].headers) else "a-session-token"
        assert secret not in f"{caught.value!r} {caught.value} {caught.value.body}"
