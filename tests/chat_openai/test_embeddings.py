"""Embeddings: batches in order, vectors without a loop or a copy, and nothing taken for a vector that is
none.
"""

from __future__ import annotations

import base64
from array import array
from typing import Any

import numpy
import pytest
from chat_core import ChatBuilder, InvalidResponse, ProviderError
from chat_core.testing import FakeTransport, LoopbackServer
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio


def packed(*numbers: float) -> str:
    return base64.b64encode(array("f", numbers).tobytes()).decode()


def answer(*embeddings: object, first: int = 0) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": first + at, "embedding": one} for at, one in enumerate(embeddings)
    ]
    return {"object": "list", "model": "e-1", "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


def builder(transport: FakeTransport) -> Any:
    return OpenAIBuilder().with_model("e").with_api_key("k").with_transport(transport)


async def test_vectors_come_in_the_order_of_the_texts_and_numpy_reads_them_without_a_copy() -> None:
    body = answer(packed(1, 2), packed(3, 4))
    body["data"].reverse()
    transport = FakeTransport().answer(body)
    response = (
        await ChatBuilder()
        .with_model(builder(transport).with_embeddings(dimensions=2).build())
        .build()
        .embed(["a", "b"])
    )

    assert [list(embedding.vector) for embedding in response.embeddings] == [[1, 2], [3, 4]]
    assert (response.model, response.usage.input_tokens, response.usage.total_tokens) == ("e-1", 3, 3)
    assert transport.requests[0].url == "https://api.openai.com/v1/embeddings"
    assert transport.last_body == {
        "model": "e",
        "input": ["a", "b"],
        "encoding_format": "base64",
        "dimensions": 2,
    }
    vector = response.embeddings[0].vector
    seen = numpy.asarray(vector)
    seen[0] = 9
    assert (vector[0], seen.dtype) == (9, numpy.float32)


async def test_more_texts_than_a_request_holds_go_in_batches() -> None:
    texts = [str(number) for number in range(2050)]
    transport = FakeTransport().answer(answer(*[packed(float(number)) for number in range(2048)]))
    transport.answer(answer(packed(2048.0), packed(2049.0)))
    response = (
        await ChatBuilder().with_model(builder(transport).with_embeddings().build()).build().embed(texts)
    )

    assert [embedding.vector[0] for embedding in response.embeddings] == [
        float(number) for number in range(2050)
    ]
    assert [body["input"] for body in transport.bodies] == [texts[:2048], texts[2048:]]
    assert response.usage.input_tokens == 6


async def test_numbers_as_json_are_read_too() -> None:
    transport = FakeTransport().answer(answer([0.5, 1.5]))
    response = await builder(transport).with_embeddings().build().embed(["a"])
    assert list(response.embeddings[0].vector) == [0.5, 1.5]


async def test_no_texts_cost_no_request() -> None:
    transport = FakeTransport()
    assert (await builder(transport).with_embeddings().build().embed([])).embeddings == ()
    assert transport.requests == []


@pytest.mark.parametrize("embeddings", [[], ["AAA"], [""], [[]], [["a"]], [None], [packed(1), packed(2)]])
async def test_what_is_no_vector_is_not_taken_for_one(embeddings: list[object]) -> None:
    transport = FakeTransport().answer(answer(*embeddings))
    with pytest.raises(InvalidResponse):
        await builder(transport).with_embeddings().build().embed(["a"])


async def test_an_error_under_200_is_one() -> None:
    transport = FakeTransport().answer({"error": {"message": "no"}})
    with pytest.raises(ProviderError, match="no"):
        await builder(transport).with_embeddings().build().embed(["a"])


async def test_a_real_server_answers_and_is_understood() -> None:
    with LoopbackServer() as server:
        async with (
            OpenAIBuilder().with_base_url(server.url).with_model("e").with_embeddings(8).build() as client
        ):
            response = await client.embed(["cats and dogs", "cats and mice"])
            assert [len(embedding) for embedding in response.embeddings] == [8, 8]
            assert (await client.list_models())[0].id == "loopback"
