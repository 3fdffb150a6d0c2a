"""What Mistral has beyond the wire goes over it in Mistral's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_core import ChatBuilder, File, Messages
from chat_core.testing import FakeTransport
from chat_mistral import MistralBuilder

pytestmark = pytest.mark.anyio
GOOD = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}


async def sent(builder: Any, messages: Messages | None = None) -> dict[str, Any]:
    """The body of a request of a client of this builder."""
    transport = FakeTransport().answer(GOOD)
    client = builder.with_model("m").with_api_key("k").with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(messages or Messages.from_user("Hello"))
    return transport.last_body


def client_of(transport: FakeTransport) -> Any:
    return MistralBuilder().with_model("m").with_api_key("k").with_transport(transport).build()


async def test_options_go_over_the_wire_in_mistrals_words() -> None:
    body = await sent(
        MistralBuilder().with_reasoning("high").with_safe_prompt().with_guardrails({"type": "x"})
    )

    assert (body["reasoning_effort"], body["safe_prompt"], body["guardrails"]) == (
        "high",
        True,
        [{"type": "x"}],
    )


async def test_the_type_of_embeddings_goes_to_their_endpoint_only() -> None:
    transport = FakeTransport().answer({"data": [{"index": 0, "embedding": [1, 2]}]})
    builder = MistralBuilder().with_embedding_type("int8").with_model("m").with_api_key("k")
    client = builder.with_embeddings().with_transport(transport).build()
    await client.embed(["a"])

    assert transport.last_body == {
        "model": "m",
        "input": ["a"],
        "encoding_format": "float",
        "output_dtype": "int8",
    }
    assert "output_dtype" not in await sent(builder)


async def test_code_is_filled_in() -> None:
    transport = FakeTransport().answer(GOOD)
    response = await client_of(transport).fill_in("def add(a, b):", "# end", max_tokens=5)

    assert response.text == "Hi."
    assert transport.requests[0].url == "https://api.mistral.ai/v1/fim/completions"
    assert transport.last_body == {
        "model": "m",
        "prompt": "def add(a, b):",
        "suffix": "# end",
        "max_tokens": 5,
    }


async def test_documents_are_read_texts_moderated_and_speech_transcribed() -> None:
    transport = FakeTransport().answer({"pages": []}).answer({"results": []}).answer({"text": "Hello."})
    client = client_of(transport)
    pages = await client.read_document(File("application/pdf", b"%PDF-1.7", name="a.pdf"))
    results = await client.moderate(["a"])
    text = await client.transcribe(File("audio/mpeg", b"ID3"), model="voxtral-mini-latest")

    assert (pages, results, str(text)) == ({"pages": []}, {"results": []}, "Hello.")
    paths = [request.url.removeprefix("https://api.mistral.ai/v1") for request in transport.requests]
    assert paths == ["/ocr", "/moderations", "/audio/transcriptions"]
    document = {
        "type": "document_url",
        "document_url": "data:application/pdf;base64,JVBERi0xLjc=",
        "document_name": "a.pdf",
    }
    assert json.loads(transport.requests[0].body) == {"model": "mistral-ocr-latest", "document": document}
