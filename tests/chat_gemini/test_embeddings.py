"""Embeddings: a request per text, tasks by type or by prefix, and vectors in the order of the inputs."""

import json
from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, File, InvalidResponse, Messages, NotFound
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder

pytestmark = pytest.mark.anyio

BASE = GeminiBuilder().with_api_key("k").with_model("gemini-embedding-001")


def vectors(count: int, start: int = 0) -> dict[str, Any]:
    return {"embeddings": [{"values": [float(start + number), 0.5]} for number in range(count)]}


async def test_each_text_is_a_request_of_its_own() -> None:
    transport = FakeTransport().answer(vectors(2) | {"usageMetadata": {"promptTokenCount": 4}})
    chat = ChatBuilder().with_model(BASE.with_embeddings().with_transport(transport).build()).build()
    answer = await chat.embed(["one", "two"])
    assert [list(embedding.vector) for embedding in answer.embeddings] == [[0.0, 0.5], [1.0, 0.5]]
    assert (answer.usage.input_tokens, answer.model, answer.notices) == (4, "gemini-embedding-001", ())
    assert transport.requests[0].url.endswith("/v1beta/models/gemini-embedding-001:batchEmbedContents")
    assert transport.last_body == {
        "requests": [
            {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "one"}]}},
            {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "two"}]}},
        ]
    }


async def test_many_texts_go_in_batches_and_come_back_in_order() -> None:
    transport = FakeTransport()
    for start, count in ((0, 100), (100, 100), (200, 50)):
        transport.answer(vectors(count, start) | {"usageMetadata": {"promptTokenCount": count}})
    chat = ChatBuilder().with_model(BASE.with_embeddings().with_transport(transport).build()).build()
    answer = await chat.embed([str(number) for number in range(250)])
    assert [embedding.vector[0] for embedding in answer.embeddings] == [
        float(number) for number in range(250)
    ]
    assert answer.usage.input_tokens == 250
    # JSON
    assert [len(body["requests"]) for body in transport.bodies] == [100, 100, 50]  # type: ignore[arg-type]


async def test_nothing_to_embed_sends_nothing() -> None:
    answer = await BASE.with_embeddings().with_transport(FakeTransport()).build().embed([])
    assert answer.embeddings == ()


async def sent(model: str, **asked: Any) -> dict[str, Any]:
    transport = FakeTransport().answer(vectors(1))
    answer = (
        await BASE.with_model(model).with_embeddings(**asked).with_transport(transport).build().embed(["one"])
    )
    request: Any = transport.last_body["requests"]
    return {**request[0], "notices": [notice.about for notice in answer.notices]}


async def test_task_title_and_dimensions() -> None:
    asked = await sent("gemini-embedding-001", dimensions=256, task="retrieval_document", title="Numbers")
    assert {key: asked[key] for key in ("taskType", "title", "outputDimensionality")} == {
        "taskType": "RETRIEVAL_DOCUMENT",
        "title": "Numbers",
        "outputDimensionality": 256,
    }
    assert asked["notices"] == ["dimensions"]  # these are not of length 1


@pytest.mark.parametrize(
    ("task", "title", "text"),
    [
        (None, None, "one"),
        ("RETRIEVAL_QUERY", None, "task: search result | query: one"),
        ("QUESTION_ANSWERING", None, "task: question answering | query: one"),
        ("FACT_VERIFICATION", None, "task: fact checking | query: one"),
        ("CODE_RETRIEVAL_QUERY", None, "task: code retrieval | query: one"),
        ("CLASSIFICATION", None, "task: classification | query: one"),
        ("CLUSTERING", None, "task: clustering | query: one"),
        ("SEMANTIC_SIMILARITY", None, "task: sentence similarity | query: one"),
        ("RETRIEVAL_DOCUMENT", None, "title: none | text: one"),
        ("RETRIEVAL_DOCUMENT", "Numbers", "title: Numbers | text: one"),
    ],
)
async def test_newer_models_read_their_task_before_the_text(
    task: str | None, title: str | None, text: str
) -> None:
    asked = await sent("gemini-embedding-2", task=task, title=title, dimensions=768)
    assert asked["content"] == {"parts": [{"text": text}]}
    assert "taskType" not in asked
    assert "title" not in asked
    assert asked["notices"] == []


async def test_the_preview_of_the_newer_model_still_takes_a_task_type() -> None:
    asked = await sent("gemini-embedding-2-preview", task="CLUSTERING")
    assert (asked["taskType"], asked["content"]) == ("CLUSTERING", {"parts": [{"text": "one"}]})


async def test_a_task_that_has_no_prefix_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="RETRIEVAL_QUERY"):
        await sent("gemini-embedding-2", task="SOMETHING")


@pytest.mark.parametrize(
    "answer", [{"embedding": {"values": [1.0]}}, {"predictions": [{"embeddings": {"values": [1.0]}}]}]
)
async def test_the_other_forms_of_an_answer_are_read(answer: dict[str, Any]) -> None:
    client = BASE.with_embeddings().with_transport(FakeTransport().answer(answer)).build()
    assert [list(embedding.vector) for embedding in (await client.embed(["one"])).embeddings] == [[1.0]]


@pytest.mark.parametrize(
    "answer",
    [
        vectors(2),
        {"embeddings": [{"values": []}]},
        {"embeddings": [{"values": ["a"]}]},
        {"embeddings": [3]},
        {},
    ],
)
async def test_what_are_no_vectors_is_an_error(answer: dict[str, Any]) -> None:
    client = BASE.with_embeddings().with_transport(FakeTransport().answer(answer)).build()
    with pytest.raises(InvalidResponse):
        await client.embed(["one"])


async def test_an_error_is_that_error() -> None:
    error = json.dumps({"error": {"code": 404, "message": "No such model.", "status": "NOT_FOUND"}})
    client = (
        BASE.with_embeddings().with_transport(FakeTransport().answer(error, status=404).answer(error)).build()
    )
    for _ in range(2):
        with pytest.raises(NotFound, match="No such model"):
            await client.embed(["one"])


async def test_extra_fields_go_to_the_endpoint_that_they_were_given_for() -> None:
    transport = FakeTransport().answer(vectors(1)).answer({"totalTokens": 1})
    extended = BASE.with_extra_body({"labels": {"a": "b"}}).with_extra_body({"new": 1}, endpoint="embeddings")
    client = extended.with_embeddings().with_transport(transport).build()
    await client.embed(["one"])
    assert transport.last_body.keys() == {"requests", "new"}
    await client.count_tokens(Messages.from_user("Hi"))
    counted: Any = transport.last_body["generateContentRequest"]
    assert (counted["labels"], "new" in counted) == ({"a": "b"}, False)


@pytest.mark.parametrize("indexes", [(1, 0), ("1", "0"), (1.0, 0.0)])
async def test_an_index_that_a_server_sends_counts(indexes: tuple[Any, Any]) -> None:
    items = [{"index": index, "values": [float(index)]} for index in indexes]
    client = BASE.with_embeddings().with_transport(FakeTransport().answer({"embeddings": items})).build()
    found = await client.embed(["zero", "one"])
    assert [embedding.vector[0] for embedding in found.embeddings] == [0.0, 1.0]


async def test_lists_of_token_ids_are_refused() -> None:
    client = BASE.with_embeddings().with_transport(FakeTransport()).build()
    with pytest.raises(ConfigurationError, match="gemini-embedding-001 makes no vectors of tokens"):
        await client.embed([[1, 2]])  # type: ignore[list-item]  # the point


async def test_files_are_embedded_alone_and_together_with_texts() -> None:
    answer = {"embeddings": [{"values": [0.5]}, {"values": [1.0]}, {"values": [2.0]}]}
    transport = FakeTransport().answer(answer)
    builder = BASE.with_model("gemini-embedding-2").with_embeddings(task="RETRIEVAL_QUERY")
    client = builder.with_transport(transport).build()
    image = File.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
    sound = File.from_bytes(b"RIFF", "audio/wav")

    response = await ChatBuilder().with_model(client).build().embed(["a", image, ["a caption", sound]])

    assert [list(one.vector) for one in response.embeddings] == [[0.5], [1.0], [2.0]]
    blob = {"inlineData": {"mimeType": "image/png", "data": image.base64()}}
    assert [request["content"]["parts"] for request in transport.last_body["requests"]] == [
        [{"text": "task: search result | query: a"}],
        [blob],
        [{"text": "a caption"}, {"inlineData": {"mimeType": "audio/wav", "data": sound.base64()}}],
    ]


async def test_a_model_of_texts_refuses_files() -> None:
    client = BASE.with_embeddings().with_transport(FakeTransport()).build()
    image = File.from_bytes(b"\x89PNG", "image/png")
    with pytest.raises(ConfigurationError, match="makes vectors of text, not of image"):
        await ChatBuilder().with_model(client).build().embed([image])
