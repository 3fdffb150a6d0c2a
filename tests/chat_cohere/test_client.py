"""What is sent where: chat, embeddings, rerank, token counts, models; and a conversation through the
engine.
"""

from __future__ import annotations

import pytest
from chat_cohere import CohereBuilder
from chat_core import (
    ChatBuilder,
    ChatRequest,
    ConfigurationError,
    File,
    InvalidResponse,
    Messages,
    ModelInfo,
    RateLimited,
    RetryPolicy,
    TextChunk,
    ToolDefinition,
    tool,
)
from chat_core.client import HasModel
from chat_core.sync import SyncChat
from chat_core.testing import FakeTransport, broken_laws


def builder(transport: FakeTransport) -> CohereBuilder[HasModel]:
    return CohereBuilder().with_model("command-a").with_api_key("the-key").with_transport(transport)


def answer(**message: object) -> dict:
    reason = "TOOL_CALL" if "tool_calls" in message else "COMPLETE"
    return {"id": "r", "finish_reason": reason, "message": {"role": "assistant", **message}}


@pytest.mark.anyio
async def test_a_conversation_with_a_tool_goes_on() -> None:
    @tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    call = {"id": "c", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    transport = FakeTransport().answer(answer(tool_plan="I add.", tool_calls=[call]))
    transport.answer(answer(content=[{"type": "text", "text": "3"}]))
    chat = ChatBuilder().with_model(builder(transport).build()).with_tools([add]).build()
    assert (await chat.complete(Messages.from_user("1 + 2?"))).text == "3"
    assert transport.requests[0].url == "https://api.cohere.com/v2/chat"
    assert transport.requests[0].headers["authorization"] == "Bearer the-key"
    assert transport.last_body["messages"][1:] == [  # type: ignore[index,call-overload]
        {"role": "assistant", "tool_plan": "I add.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "3"},
    ]


@pytest.mark.anyio
async def test_a_streamed_turn_keeps_the_laws() -> None:
    transport = FakeTransport().answer(
        [
            {"type": "message-start", "id": "r"},
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hello"}}}},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
            "[DONE]",
        ]
    )
    events = [
        event async for event in builder(transport).build().stream(ChatRequest(Messages.from_user("Hi")))
    ]
    assert broken_laws(events) == []
    assert events[0] == TextChunk("Hello")
    assert transport.last_body["stream"] is True


@pytest.mark.anyio
async def test_texts_and_images_are_embedded() -> None:
    vectors = {"embeddings": {"float": [[0.5, 1.0]]}, "meta": {"billed_units": {"input_tokens": 3}}}
    transport = FakeTransport().answer(vectors).answer(vectors)
    made = builder(transport).with_embeddings(512, input_type="search_query", truncate="END")
    client = made.with_extra_body({"x": 1}, endpoint="embeddings").build()
    texts = await ChatBuilder().with_model(client).build().embed("a")
    images = await client.embed_images([File.from_bytes(b"\x89PNG", "image/png")])
    assert [list(one.embeddings[0].vector) for one in (texts, images)] == [[0.5, 1.0]] * 2
    assert texts.usage.input_tokens == 3
    shared = {
        "model": "command-a",
        "embedding_types": ["float"],
        "output_dimension": 512,
        "truncate": "END",
        "x": 1,
    }
    assert transport.bodies == [
        {**shared, "input_type": "search_query", "texts": ["a"]},
        {**shared, "input_type": "image", "images": ["data:image/png;base64,iVBORw=="]},
    ]
    with pytest.raises(ConfigurationError, match="as bytes"):
        await client.embed_images([File.from_url("https://host/a.png")])


RANKED = {"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0}]}


@pytest.mark.anyio
async def test_documents_are_ranked_and_a_chat_retries() -> None:
    transport = FakeTransport().answer({"message": "slow down"}, status=429).answer(RANKED)
    policy = RetryPolicy(max_retries=1, base_delay=0.0)
    chat = ChatBuilder().with_model(builder(transport).build()).with_retry(policy).build()
    response = await chat.rerank("Who?", ["Bern", "Matz"], top_n=2)
    assert [(result.index, result.score, result.document) for result in response.results] == [
        (1, 0.9, "Matz"),
        (0, 0.0, "Bern"),
    ]
    assert transport.requests[0].url.endswith("/v2/rerank")
    assert transport.last_body == {
        "model": "command-a",
        "query": "Who?",
        "documents": ["Bern", "Matz"],
        "top_n": 2,
    }


def test_documents_are_ranked_from_synchronous_code() -> None:
    client = builder(FakeTransport().answer(RANKED)).build()
    with SyncChat(ChatBuilder().with_model(client).build()) as chat:
        assert chat.rerank("Who?", ["Bern", "Matz"]).results[0].document == "Matz"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "results",
    [[{"index": 2, "relevance_score": 1}], [{"index": 0}], [{"index": -1, "relevance_score": 1}], ["x"]],
)
async def test_a_ranking_that_cannot_be_read_is_an_error(results: list) -> None:
    with pytest.raises(InvalidResponse):
        await builder(FakeTransport().answer({"results": results})).build().rerank("q", ["a", "b"])


@pytest.mark.anyio
async def test_what_cannot_be_ranked_is_refused_or_empty() -> None:
    client = builder(FakeTransport()).build()
    assert (await client.rerank("q", [])).results == ()
    with pytest.raises(ConfigurationError, match="query"):
        await client.rerank(" ", ["a"])
    with pytest.raises(ConfigurationError, match="top_n=0"):
        await client.rerank("q", ["a"], top_n=0)


@pytest.mark.anyio
async def test_tokens_are_counted_piece_by_piece() -> None:
    transport = FakeTransport().answer({"tokens": [1, 2]}).answer({"tokens": [3]})
    messages = Messages.from_user("a" * 65_536)
    assert await builder(transport).build().count_tokens(messages, [ToolDefinition("add")]) == 3
    assert len(str(transport.bodies[0]["text"])) == 65_536
    assert "add" in str(transport.last_body["text"])


@pytest.mark.anyio
async def test_all_pages_of_models_are_listed() -> None:
    transport = FakeTransport().answer({"models": [{"name": "a"}], "next_page_token": "n+1"})
    transport.answer({"models": [{"name": "b"}]})
    assert await builder(transport).build().list_models() == [ModelInfo("a"), ModelInfo("b")]
    assert transport.requests[1].url == "https://api.cohere.com/v1/models?page_size=1000&page_token=n%2B1"


@pytest.mark.anyio
async def test_an_error_is_of_its_kind() -> None:
    transport = FakeTransport().answer({"message": "slow down"}, status=429, headers={"retry-after": "2"})
    with pytest.raises(RateLimited) as caught:
        await builder(transport).build().complete(ChatRequest(Messages.from_user("Hi")))
    assert caught.value.retry_after == 2


PNG = File.from_bytes(b"\x89PNG", "image/png")


@pytest.mark.anyio
async def test_texts_and_images_together_are_contents() -> None:
    transport = FakeTransport().answer({"embeddings": {"float": [[0.5], [1.0], [2.0]]}})
    client = builder(transport).with_model("embed-v4.0").with_embeddings().build()
    await ChatBuilder().with_model(client).build().embed(["a", PNG, ["a caption", PNG]])

    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    assert transport.last_body == {
        "model": "embed-v4.0",
        "input_type": "search_document",
        "embedding_types": ["float"],
        "inputs": [
            {"content": [{"type": "text", "text": "a"}]},
            {"content": [url]},
            {"content": [{"type": "text", "text": "a caption"}, url]},
        ],
    }


@pytest.mark.anyio
async def test_an_older_model_embeds_one_kind_in_a_request() -> None:
    client = builder(FakeTransport()).with_model("embed-english-v3.0").with_embeddings().build()
    with pytest.raises(ConfigurationError, match="one kind in a request: embed them apart"):
        await client.embed(["a", PNG])
    with pytest.raises(ConfigurationError, match="not of mixed"):
        await ChatBuilder().with_model(client).build().embed([["a", PNG]])
    with pytest.raises(ConfigurationError, match="Cohere embeds texts and images, not audio/wav"):
        await client.embed([File.from_bytes(b"RIFF", "audio/wav")])
