"""Embeddings: batches out, vectors back in the order of the inputs, however the server says them."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from chat_completions import ChatCompletionsBuilder, Dialect, EmbeddingChatCompletionsClient
from chat_completions.decode import decode_embeddings
from chat_completions.rules import Fields
from chat_core import (
    Chat,
    ChatBuilder,
    ConfigurationError,
    EmbeddingsResponse,
    InvalidResponse,
    ProviderError,
    RateLimited,
    RetryPolicy,
    Usage,
)
from chat_core.testing import FakeTransport, LoopbackServer

pytestmark = pytest.mark.anyio

NOW = RetryPolicy(base_delay=0)


def packed(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def listed(*embeddings: object, indexes: Sequence[int] | None = None, **more: object) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": index, "embedding": embedding}
        for index, embedding in zip(indexes or range(len(embeddings)), embeddings, strict=True)
    ]
    return {"object": "list", "data": data, "model": "e-1", **more}


def decoded(answer: object, count: int = 1) -> EmbeddingsResponse:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return decode_embeddings(body, count=count, dialect=Dialect())


def vectors(response: EmbeddingsResponse) -> list[list[float]]:
    return [list(embedding.vector) for embedding in response.embeddings]


def embedding_chat(
    transport: FakeTransport,
    dialect: Dialect = Dialect(),
    dimensions: int | None = None,
) -> Chat[EmbeddingChatCompletionsClient]:
    builder = (
        ChatCompletionsBuilder()
        .with_base_url("http://localhost/v1")
        .with_model("e")
        .with_api_key("k")
        .with_dialect(dialect)
    )
    client = builder.with_transport(transport).with_embeddings(dimensions).build()
    return ChatBuilder().with_model(client).with_retry(NOW).build()


def test_base64_is_float32_and_json_numbers_are_float64_and_numpy_reads_both_in_place() -> None:
    [small], [large] = (decoded(listed(value)).embeddings for value in (packed(0.5, -1.25), [0.1, -1.25]))

    for embedding, dtype in ((small, np.float32), (large, np.float64)):
        read = np.asarray(embedding.vector)
        assert read.dtype == dtype
        assert read.__array_interface__["data"][0] == embedding.vector.buffer_info()[0]
        assert np.shares_memory(read, np.frombuffer(embedding.vector, dtype))
        assert len(embedding) == 2
    assert list(small.vector) == [0.5, -1.25]
    assert list(large.vector) == [0.1, -1.25]


def test_base64_and_numbers_may_stand_in_one_answer() -> None:
    assert vectors(decoded(listed(packed(1, 2), [3, 4.5]), 2)) == [[1, 2], [3, 4.5]]


def test_vectors_are_put_in_the_order_of_their_indexes() -> None:
    assert vectors(decoded(listed([2], [0], [1], indexes=[2, 0, 1]), 3)) == [[0], [1], [2]]


def test_without_indexes_the_order_is_the_servers() -> None:
    assert vectors(decoded({"data": [{"embedding": [1]}, {"embedding": [0]}]}, 2)) == [[1], [0]]


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        ({"usage": {"prompt_tokens": 4, "total_tokens": 4}}, (4, 4)),
        ({"usage": {"prompt_tokens": 4}}, (4, None)),
        ({"usage": None}, (None, None)),
        ({}, (None, None)),
    ],
    ids=["both", "no total", "null", "none"],
)
def test_usage_is_what_the_provider_reported(
    more: dict[str, Any], usage: tuple[int | None, int | None]
) -> None:
    response = decoded(listed([1], **more))

    assert (response.usage.input_tokens, response.usage.total_tokens) == usage
    assert response.model == "e-1"


@pytest.mark.parametrize(("came", "asked"), [(0, 1), (1, 2), (3, 2)])
def test_too_few_or_too_many_vectors_are_refused(came: int, asked: int) -> None:
    with pytest.raises(InvalidResponse, match=f"{came} embeddings came for {asked} inputs"):
        decoded(listed(*[[1.0]] * came), asked)


@pytest.mark.parametrize(
    "garbage",
    [
        "!!!!",
        "AAAA",
        "AACA!Pw==",
        "AACAPw",
        "é",
        "",
        [],
        [1, "a"],
        [None],
        [[1.0]],
        [10**400],
        {"a": 1},
        None,
        7,
        True,
    ],
    ids=repr,
)
def test_a_vector_that_is_none_is_refused_and_not_guessed(garbage: Any) -> None:
    with pytest.raises(InvalidResponse):
        decoded(listed(garbage))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"data":'])
def test_an_answer_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidResponse, match="not an embeddings response"):
        decoded(body)


def test_an_error_under_status_200_is_an_error() -> None:
    with pytest.raises(RateLimited, match="slow down"):
        decoded({"error": {"message": "slow down", "code": 429}})


async def test_one_text_is_requested_in_base64_and_comes_back_over_a_real_socket() -> None:
    with LoopbackServer() as server:
        async with (
            ChatCompletionsBuilder()
            .with_base_url(server.url)
            .with_model("e")
            .with_embeddings()
            .build() as client
        ):
            chat = ChatBuilder().with_model(client).build()
            one = await chat.embed("red apples")
            same, other = (await chat.embed(["red apples", "blue whales"])).embeddings

    assert [request.path for request in server.requests] == ["/v1/embeddings"] * 2
    assert server.requests[0].body == {"model": "e", "input": ["red apples"], "encoding_format": "base64"}
    assert one.usage.input_tokens == 2
    assert one.embeddings[0].vector == same.vector != other.vector


@pytest.mark.parametrize(
    ("dialect", "field"),
    [(Dialect(), "dimensions"), (Dialect.openai(), "dimensions"), (Dialect.mistral(), "output_dimension")],
)
async def test_dimensions_go_by_the_name_of_the_dialect(dialect: Dialect, field: str) -> None:
    transport = FakeTransport().answer(listed([1, 2]))
    await embedding_chat(transport, dialect, dimensions=2).embed("a")

    assert transport.last_body == {"model": "e", "input": ["a"], "encoding_format": "base64", field: 2}


async def test_more_inputs_than_the_server_takes_go_in_batches_and_come_back_in_order_with_usage() -> None:
    transport = FakeTransport()
    transport.answer(listed([1], [0], indexes=[1, 0], usage={"prompt_tokens": 2, "total_tokens": 2}))
    transport.answer(listed([2], [3], usage={"prompt_tokens": 3, "total_tokens": 3}))
    transport.answer(listed([4]))

    response = await embedding_chat(transport, Dialect(fields=Fields(embedding_batch=2))).embed(
        ["a", "b", "c", "d", "e"]
    )

    assert [body["input"] for body in transport.bodies] == [["a", "b"], ["c", "d"], ["e"]]
    assert vectors(response) == [[0], [1], [2], [3], [4]]
    assert response.usage == Usage(input_tokens=5, total_tokens=5)
    assert response.model == "e-1"


@pytest.mark.parametrize(("dialect", "cap"), [(Dialect.openai(), 2048), (Dialect.mistral(), 256)])
async def test_batches_are_as_large_as_the_dialect_says(dialect: Dialect, cap: int) -> None:
    transport = FakeTransport().answer(listed(*[[1]] * cap)).answer(listed([2]))
    response = await embedding_chat(transport, dialect).embed(["a"] * (cap + 1))

    assert [len(body["input"]) for body in transport.bodies if isinstance(body["input"], list)] == [cap, 1]
    assert vectors(response)[-2:] == [[1], [2]]


@pytest.mark.parametrize("inputs", [[], "", ["a", ""]], ids=repr)
async def test_nothing_to_embed_is_refused_before_anything_is_sent(inputs: Any) -> None:
    transport = FakeTransport()
    with pytest.raises(ConfigurationError, match="needs at least one text, and none of them empty"):
        await embedding_chat(transport).embed(inputs)

    assert transport.requests == []


async def test_a_client_given_no_inputs_answers_with_no_vectors() -> None:
    assert (await embedding_chat(FakeTransport()).provider.embed([])).embeddings == ()


async def test_a_failure_that_may_pass_is_tried_again() -> None:
    transport = FakeTransport().answer({"error": {"message": "slow down"}}, status=429).answer(listed([1]))

    assert vectors(await embedding_chat(transport).embed("a")) == [[1]]


async def test_a_failure_that_stays_is_raised() -> None:
    transport = FakeTransport().answer({"error": {"message": "started without --embeddings"}}, status=400)
    with pytest.raises(ProviderError, match=r"started without --embeddings \(status 400\)"):
        await embedding_chat(transport).embed("a")

    assert len(transport.requests) == 1


async def test_a_client_built_without_embeddings_names_the_keystroke() -> None:
    client = ChatCompletionsBuilder().with_base_url("http://localhost/v1").with_model("e").build()
    with pytest.raises(ConfigurationError, match=r"\.with_embeddings\(\) before \.build\(\)"):
        await ChatBuilder().with_model(client).build().embed("a")  # type: ignore[misc]


async def test_a_batch_that_came_is_not_requested_again_when_a_later_one_fails_at_first() -> None:
    transport = FakeTransport()
    for answer in (
        {"data": [{"index": 0, "embedding": [1.0]}]},
        None,
        {"data": [{"index": 0, "embedding": [2.0]}]},
    ):
        if answer is None:
            transport.answer({"error": {"message": "slow down"}}, status=429)
        else:
            transport.answer(answer)
    dialect = Dialect(fields=Fields(embedding_batch=1))
    builder = (
        ChatCompletionsBuilder().with_base_url("http://model.test/v1").with_model("m").with_dialect(dialect)
    )
    client = builder.with_transport(transport).with_embeddings().build()
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(base_delay=0)).build()

    answer = await chat.embed(["a", "b"])

    assert [list(embedding.vector) for embedding in answer.embeddings] == [[1.0], [2.0]]
    assert [body["input"] for body in transport.bodies] == [["a"], ["b"], ["b"]]


@pytest.mark.anyio
async def test_texts_may_be_given_as_the_ids_of_their_tokens() -> None:
    transport = FakeTransport().answer({"data": [{"embedding": [1.0]}, {"embedding": [2.0]}]})
    builder = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("m")
    client = builder.with_embeddings().with_transport(transport).build()
    response = await client.embed([[1, 2, 3], (4, 5)])

    assert transport.last_body["input"] == [[1, 2, 3], [4, 5]]
    assert [list(each.vector) for each in response.embeddings] == [[1.0], [2.0]]


@pytest.mark.anyio
async def test_fields_for_one_endpoint_do_not_reach_the_other() -> None:
    transport = FakeTransport().answer({"data": [{"embedding": [1.0]}]})
    builder = ChatCompletionsBuilder().with_base_url("http://localhost:8000/v1").with_model("m")
    builder = builder.with_extra_body({"chat": 1}).with_extra_body({"embed": 2}, endpoint="embeddings")
    await builder.with_embeddings().with_transport(transport).build().embed(["a"])

    assert transport.last_body.keys() == {"model", "input", "encoding_format", "embed"}
