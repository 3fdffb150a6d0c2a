"""Embeddings by InvokeModel: each maker's bodies, and vectors in the order of the texts."""

from __future__ import annotations

import pytest
from chat_bedrock import BedrockBuilder
from chat_core import ChatBuilder, ConfigurationError, File, InvalidResponse
from chat_core.testing import FakeTransport

TITAN = "amazon.titan-embed-text-v2:0"
COHERE = "us.cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


def builder(model: str, transport: FakeTransport) -> BedrockBuilder:
    return (
        BedrockBuilder()
        .with_base_url("https://host")
        .with_api_key("key")
        .with_model(model)
        .with_transport(transport)
    )


@pytest.mark.anyio
async def test_titan_embeds_one_text_a_request_and_the_order_is_kept() -> None:
    transport = FakeTransport()
    for number in (1, 2):
        transport.answer({"embedding": [number, 0.5], "inputTextTokenCount": 3})
    client = builder(TITAN, transport).with_embeddings(256, normalize=True).build()
    response = await client.embed(["a", "b"])
    assert [list(embedding.vector) for embedding in response.embeddings] == [[1, 0.5], [2, 0.5]]
    assert response.usage.input_tokens == 6
    assert transport.bodies == [
        {"inputText": "a", "dimensions": 256, "normalize": True},
        {"inputText": "b", "dimensions": 256, "normalize": True},
    ]
    assert transport.requests[0].url == "https://host/model/amazon.titan-embed-text-v2%3A0/invoke"


@pytest.mark.anyio
@pytest.mark.parametrize("embeddings", [[[1.0], [2.0]], {"float": [[1.0], [2.0]]}], ids=["v3", "v4"])
async def test_coheres_two_shapes_are_read_and_the_tokens_stand_in_a_header(embeddings: object) -> None:
    transport = FakeTransport().answer(
        {"embeddings": embeddings}, headers={"x-amzn-bedrock-input-token-count": "7"}
    )
    client = builder(COHERE, transport).with_embeddings(512, purpose="search_query", truncate="END").build()
    response = await ChatBuilder().with_model(client).build().embed(["a", "b"])
    assert [list(embedding.vector) for embedding in response.embeddings] == [[1.0], [2.0]]
    assert response.usage.input_tokens == 7
    assert transport.last_body == {
        "texts": ["a", "b"],
        "input_type": "search_query",
        "truncate": "END",
        "output_dimension": 512,
    }


@pytest.mark.anyio
async def test_novas_vectors_stand_in_objects() -> None:
    transport = FakeTransport().answer({"embeddings": [{"embedding": [1.0], "embeddingType": "TEXT"}]})
    client = (
        builder(NOVA, transport).with_embeddings().with_extra_body({"x": 1}, endpoint="embeddings").build()
    )
    assert len((await client.embed(["a"])).embeddings) == 1
    assert transport.last_body == {
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": "GENERIC_INDEX",
            "text": {"value": "a", "truncationMode": "NONE"},
        },
        "x": 1,
    }


@pytest.mark.anyio
async def test_another_number_of_vectors_is_an_error() -> None:
    client = builder(COHERE, FakeTransport().answer({"embeddings": [[1.0]]})).with_embeddings().build()
    with pytest.raises(InvalidResponse, match="1 embeddings came for 2 inputs"):
        await client.embed(["a", "b"])


@pytest.mark.anyio
async def test_nothing_is_sent_for_no_texts() -> None:
    assert (await builder(TITAN, FakeTransport()).with_embeddings().build().embed([])).embeddings == ()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (TITAN, {"purpose": "x"}, "purpose"),
        ("amazon.titan-embed-text-v1", {"dimensions": 3}, "dimensions"),
        ("cohere.embed-english-v3", {"dimensions": 3}, "dimensions"),
        (NOVA, {"normalize": True}, "normalize"),
        ("amazon.nova-lite-v1:0", {}, "makes no embeddings"),
    ],
)
async def test_an_option_that_the_model_has_not_is_refused(model: str, options: dict, words: str) -> None:
    client = builder(model, FakeTransport()).with_embeddings(**options).build()
    with pytest.raises(ConfigurationError, match=words):
        await client.embed(["a"])


PNG = File.from_bytes(b"\x89PNG", "image/png")
URL = "data:image/png;base64,iVBORw=="


@pytest.mark.anyio
async def test_coheres_models_embed_images_too() -> None:
    transport = FakeTransport()
    for vectors in ([[1.0]], [[1.0], [2.0]]):
        transport.answer({"embeddings": {"float": vectors}})
    chat = ChatBuilder().with_model(builder(COHERE, transport).with_embeddings().build()).build()

    await chat.embed(PNG)
    await chat.embed(["a", ["a caption", PNG]])

    image = {"type": "image_url", "image_url": {"url": URL}}
    assert transport.bodies == [
        {"images": [URL], "input_type": "image"},
        {
            "inputs": [
                {"content": [{"type": "text", "text": "a"}]},
                {"content": [{"type": "text", "text": "a caption"}, image]},
            ],
            "input_type": "search_document",
        },
    ]


@pytest.mark.anyio
async def test_models_of_texts_refuse_images_before_anything_is_sent() -> None:
    transport = FakeTransport()
    for model in (TITAN, NOVA):
        client = builder(model, transport).with_embeddings().build()
        with pytest.raises(ConfigurationError, match="makes vectors of text, not of image"):
            await ChatBuilder().with_model(client).build().embed([PNG])
        with pytest.raises(ConfigurationError, match="embeds texts only"):
            await client.embed([PNG])
    client = builder("cohere.embed-english-v3", transport).with_embeddings().build()
    with pytest.raises(ConfigurationError, match="one kind in a request"):
        await client.embed(["a", PNG])
    assert transport.requests == []
