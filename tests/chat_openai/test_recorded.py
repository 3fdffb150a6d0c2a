"""Recorded answers of OpenAI and Azure through `OpenAIBuilder`: turns, embeddings, token counts, lists of
models.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_core import ChatError, ChatRequest, Messages
from chat_core.testing import FakeTransport
from chat_openai import OpenAIBuilder

RECORDINGS = Path(__file__).parents[3] / "shared" / "recordings"
if not RECORDINGS.is_dir():
    pytest.skip("the recordings are not beside the project", allow_module_level=True)

pytestmark = pytest.mark.anyio


def recorded(provider: str, wire: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, exchange and expectation of every recorded exchange on a wire."""
    for path in sorted((RECORDINGS / provider).glob("*.expected.json")):
        expectations = json.loads(path.read_text(encoding="utf-8")).get("exchanges", [])
        if not any(expected["wire"] == wire for expected in expectations):
            continue
        exchanges = json.loads(
            path.with_name(path.name.replace(".expected", "")).read_text(encoding="utf-8")
        )["exchanges"]
        for exchange, expected in zip(exchanges, expectations, strict=True):
            if expected["wire"] == wire and not expected.get("ambiguous"):
                yield path.name, exchange, expected


def transport_for(exchange: dict[str, Any]) -> FakeTransport:
    response = exchange["response"]
    body = response["body"]
    data = base64.b64decode(body) if response["body_encoding"] == "base64" else body.encode()
    return FakeTransport().answer(data, status=response["status"], headers=response["headers"])


@pytest.mark.parametrize("token", [("api-key", "k"), ("authorization", "Bearer t")], ids=["key", "token"])
async def test_azure_answers_as_openai_does(token: tuple[str, str]) -> None:
    played = 0
    for name, exchange, expected in recorded("azure", "openai-responses"):
        if expected["kind"] != "message" or exchange["response"]["is_stream"]:
            continue
        transport = transport_for(exchange)
        base_url = exchange["request"]["url"].partition("/responses")[0]
        builder = (
            OpenAIBuilder()
            .with_model("m")
            .with_base_url(base_url)
            .with_header(*token)
            .with_transport(transport)
        )
        response = await builder.build().complete(ChatRequest(Messages.from_user("Hello")))
        assert (response.text, response.id) == (expected["text"], expected["response_id"]), name
        assert transport.requests[0].url == f"{base_url}/responses"
        played += 1
    assert played


async def test_recorded_embeddings_are_read() -> None:
    played = 0
    for name, exchange, expected in recorded("openai", "embeddings"):
        transport = transport_for(exchange)
        client = (
            OpenAIBuilder()
            .with_model("m")
            .with_api_key("k")
            .with_embeddings()
            .with_transport(transport)
            .build()
        )
        inputs = (
            exchange["request"]["json"]["input"]
            if exchange["request"]["json"]
            else ["a"] * (expected.get("count") or 1)
        )
        texts = [inputs] if isinstance(inputs, str) else [str(text) for text in inputs]
        if expected["kind"] == "error":
            with pytest.raises(ChatError):
                await client.embed(texts)
        elif expected["kind"] == "embeddings":
            response = await client.embed(texts)
            assert len(response.embeddings) == expected["count"], name
            if "dimensions" in expected:
                assert {len(embedding) for embedding in response.embeddings} == {expected["dimensions"]}, name
        played += 1
    assert played


async def test_recorded_token_counts_are_read() -> None:
    counts = {}
    for name, exchange, expected in recorded("openai", "openai-token-count"):
        if expected["kind"] == "token-count":
            client = (
                OpenAIBuilder()
                .with_model("m")
                .with_api_key("k")
                .with_transport(transport_for(exchange))
                .build()
            )
            counts[name] = await client.count_tokens(Messages.from_user("Hello"))
            assert json.loads(exchange["response"]["body"])["input_tokens"] == counts[name]
    assert counts


async def test_recorded_lists_of_models_are_read() -> None:
    played = 0
    for name, exchange, _ in recorded("openai", "models"):
        listed = json.loads(exchange["response"]["body"]).get("data")
        if listed:
            client = (
                OpenAIBuilder()
                .with_model("m")
                .with_api_key("k")
                .with_transport(transport_for(exchange))
                .build()
            )
            assert [model.id for model in await client.list_models()] == [model["id"] for model in listed], (
                name
            )
            played += 1
    assert played
