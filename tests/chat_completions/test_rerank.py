"""Rerank at the servers of this wire that have it."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder, Dialect, RerankingClient
from chat_core import ChatBuilder, ConfigurationError, InvalidResponse, ProviderError, RerankProvider
from chat_core.testing import FakeTransport
from chat_together import TogetherBuilder
from pydantic import TypeAdapter
from together.types.rerank_create_params import RerankCreateParams

pytestmark = pytest.mark.anyio

DOCUMENTS = ["Zürich lies on a lake.", "Bern was founded in 1191.", "Basel lies on the Rhine."]
VOYAGE = {
    "object": "list",
    "data": [{"relevance_score": 0.93, "index": 1}, {"relevance_score": 0.31, "index": 0}],
    "model": "rerank-2.5",
    "usage": {"total_tokens": 42},
}
JINA = {
    "model": "jina-reranker-v3",
    "object": "list",
    "usage": {"total_tokens": 42},
    "results": [
        {"index": 1, "relevance_score": 0.93, "document": {"text": DOCUMENTS[1]}},
        {"index": 0, "relevance_score": 0.31, "document": {"text": DOCUMENTS[0]}},
    ],
}
LLAMA_CPP = {  # neither sorted nor limited, in its older versions
    "model": "bge-reranker-v2-m3",
    "usage": {"prompt_tokens": 42, "total_tokens": 42},
    "results": [{"index": i, "relevance_score": score} for i, score in enumerate([0.31, 0.93, -5.2])],
}
SERVERS = [
    pytest.param(Dialect.voyage(), VOYAGE, "https://api.voyageai.com/v1/rerank", "top_k", id="voyage"),
    pytest.param(Dialect.jina(), JINA, "https://api.jina.ai/v1/rerank", "top_n", id="jina"),
    pytest.param(Dialect.llama_cpp(), LLAMA_CPP, "http://127.0.0.1:8080/v1/rerank", "top_n", id="llama.cpp"),
]


@pytest.mark.parametrize(("dialect", "answer", "url", "limit"), SERVERS)
async def test_documents_come_best_first_with_their_place_and_text(
    dialect: Dialect, answer: dict[str, Any], url: str, limit: str
) -> None:
    transport = FakeTransport().answer(answer)
    client = (
        ChatCompletionsBuilder()
        .with_dialect(dialect)
        .with_model("ranker")
        .with_api_key("k")
        .with_transport(transport)
        .with_rerank()
        .build()
    )
    ranker = ChatBuilder().with_model(client).build()
    response = await ranker.rerank("When was Bern founded?", DOCUMENTS, top_n=2)

    assert isinstance(client, RerankProvider)
    assert [(each.index, each.score, each.document) for each in response.results] == [
        (1, 0.93, DOCUMENTS[1]),
        (0, 0.31, DOCUMENTS[0]),
    ]
    assert (response.model, response.usage.total_tokens) == (answer["model"], 42)
    assert transport.requests[0].url == url
    assert transport.last_body == {
        "model": "ranker",
        "query": "When was Bern founded?",
        "documents": DOCUMENTS,
        limit: 2,
    }


async def test_together_ranks_with_the_client_that_chats_and_its_sdk_knows_the_body() -> None:
    transport = FakeTransport().answer(JINA)
    client = TogetherBuilder().with_model("ranker").with_api_key("k").with_transport(transport).build()
    response = await client.rerank("q", DOCUMENTS, top_n=2)

    assert response.results[0].document == DOCUMENTS[1]
    assert transport.requests[0].url == "https://api.together.ai/v1/rerank"
    TypeAdapter(RerankCreateParams).validate_python(transport.last_body, strict=True, extra="forbid")


async def test_no_documents_need_no_request() -> None:
    transport = FakeTransport()
    response = await any_server(transport).rerank("q", [])
    assert (response.results, response.model, transport.requests) == ((), "m", [])


async def test_what_a_server_sends_instead_of_documents_is_an_error() -> None:
    refused = any_server(FakeTransport().answer({"error": {"message": "no such model"}}))
    with pytest.raises(ProviderError, match="no such model"):
        await refused.rerank("q", ["a"])
    empty = any_server(FakeTransport().answer({"id": "1"}))
    with pytest.raises(InvalidResponse, match="no ranked documents"):
        await empty.rerank("q", ["a"])
    missing = any_server(FakeTransport().answer({"error": "not found"}, status=404))
    with pytest.raises(ProviderError, match="the base URL is http://localhost:8000/v1: is its path right"):
        await missing.rerank("q", ["a"])


@pytest.mark.parametrize("name", ["openai", "groq", "mistral", "deepseek", "cerebras", "ollama"])
def test_a_server_without_rerank_is_named_when_the_client_is_built(name: str) -> None:
    builder = ChatCompletionsBuilder().with_dialect(Dialect.named(name)).with_model("m").with_api_key("k")
    with pytest.raises(ConfigurationError, match=rf"{name} has no rerank: leave out \.with_rerank\(\)"):
        builder.with_rerank().build()


def test_a_client_that_embeds_and_one_that_ranks_are_two() -> None:
    builder = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("m")
    assert type(builder.with_embeddings().with_rerank().build()) is RerankingClient
    assert not hasattr(builder.with_rerank().with_embeddings().build(), "rerank")
    assert not hasattr(builder.build(), "rerank")


def any_server(transport: FakeTransport) -> RerankingClient:
    builder = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("m")
    return builder.with_transport(transport).with_rerank().build()
