"""Batches of embeddings, and what a vendor's batches have that others' have not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from batch_vendors import VENDORS, FileVendor, GeminiVendor, Script, Vendor, VendorTransport
from chat_claude import ClaudeBuilder
from chat_core import Answered, BatchJob, ConfigurationError, InvalidRequest, Refused
from chat_gemini import GeminiBuilder
from chat_openai import OpenAIBuilder

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend: Any) -> Any:
    return virtual_backend


def vectors(body: dict[str, Any]) -> dict[str, Any]:
    """The response to a request for vectors: each has the length of its text."""
    data = [{"index": at, "embedding": [float(len(text)), 1.0]} for at, text in enumerate(body["input"])]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 7, "total_tokens": 7}}


def embedding_vendor(name: str) -> Vendor:
    """The server of a vendor, whose turns are vectors of what was sent."""
    vendor = VENDORS[name][0]()
    sent = {}

    def turn(id: str) -> dict[str, Any]:
        sent.update(dict(vendor.batches["batch_0"].items))
        return sent[id]

    vendor.script = Script(turn=turn, errors=frozenset({"bad"}))
    if isinstance(vendor, FileVendor):
        vendor.body = lambda line: vectors(line["body"])
    return vendor


class EmbeddingGemini(GeminiVendor):
    def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
        operation = super().state(id, poll=poll)
        if "response" in operation:
            operation["response"] = {
                "inlinedEmbedContentResponses": operation["response"]["inlinedResponses"]
            }
        return operation

    def item(self, id: str) -> dict[str, Any]:
        if id in self.script.errors:
            return super().item(id)
        text = dict(self.batches["batch_0"].items)[id]["content"]["parts"][0]["text"]
        return {"response": {"embedding": {"values": [float(len(text)), 1.0]}}, "metadata": {"key": id}}


async def collected(batches: Any, job: BatchJob) -> dict[str, Any]:
    async with aclosing(batches.embeddings(job)) as items:
        return {item.id: item async for item in items}


@pytest.mark.parametrize("name", ["openai", "azure", "mistral"])
async def test_texts_come_back_as_vectors_by_id_and_in_order(name: str) -> None:
    vendor = embedding_vendor(name)
    client = VENDORS[name][1](VendorTransport(vendor)).with_embeddings().build()
    inputs = {"one": "a", "two": ["bb", "ccc"], "bad": "d"}
    job = await client.batches.wait(await client.batches.submit_embeddings(inputs))

    items = await collected(client.batches, BatchJob.from_json(job.to_json()))

    one, two, bad = items["one"], items["two"], items["bad"]
    assert isinstance(one, Answered)
    assert isinstance(two, Answered)
    assert [list(each.vector) for each in one.response.embeddings] == [[1.0, 1.0]]
    assert [list(each.vector) for each in two.response.embeddings] == [[2.0, 1.0], [3.0, 1.0]]
    assert two.response.usage.input_tokens == 7
    assert isinstance(bad, Refused)
    assert isinstance(bad.error, InvalidRequest)
    assert b"/v1/embeddings" in b"".join(body for method, _, body in vendor.seen if method == "POST")
    with pytest.raises(ConfigurationError, match=r"read it with batches.embeddings\(job\)"):
        await anext(client.batches.results(job))
    chats = await client.batches.submit({"a": "A"})
    with pytest.raises(ConfigurationError, match=r"read it with batches.results\(job\)"):
        await anext(client.batches.embeddings(chats))
    with pytest.raises(ConfigurationError, match="request 'b' of the batch: embeddings need at least one"):
        await client.batches.submit_embeddings({"a": "A", "b": []})


async def test_gemini_embeds_one_text_for_each_id() -> None:
    vendor = EmbeddingGemini()
    vendor.script = Script(errors=frozenset({"bad"}))
    builder = GeminiBuilder().with_model("gemini-embedding-001").with_api_key("k").with_embeddings()
    client = builder.with_transport(VendorTransport(vendor)).build()
    job = await client.batches.wait(await client.batches.submit_embeddings({"one": "a", "bad": "b"}))

    items = await collected(client.batches, job)

    one = items["one"]
    assert isinstance(one, Answered)
    assert list(one.response.embeddings[0].vector) == [1.0, 1.0]
    assert isinstance(items["bad"], Refused)
    assert vendor.seen[0][1] == "/v1beta/models/gemini-embedding-001:asyncBatchEmbedContent"
    with pytest.raises(ConfigurationError, match="one text for each id"):
        await client.batches.submit_embeddings({"two": ["a", "b"]})


async def test_results_of_gemini_in_a_file_are_downloaded() -> None:
    class InFile(GeminiVendor):
        def route(self, method: str, path: str, query: Any, body: bytes) -> tuple[int, str, Iterator[bytes]]:
            if path.endswith(":download"):
                assert (path, query) == ("/download/v1beta/files/out:download", {"alt": ["media"]})
                items = (self.item(id) for id in self.shuffled("batch_0"))
                lines = ({"key": item["metadata"]["key"], "response": item["response"]} for item in items)
                return 200, "application/octet-stream", (json.dumps(line).encode() + b"\n" for line in lines)
            return super().route(method, path, query, body)

        def state(self, id: str, *, poll: bool = True) -> dict[str, Any]:
            operation = super().state(id, poll=poll)
            if "response" in operation:
                operation["response"] = {"responsesFile": "files/out"}
            return operation

    client = VENDORS["gemini"][1](VendorTransport(InFile())).build()
    job = await client.batches.wait(await client.batches.submit({f"r{n}": "Hi" for n in range(5)}))
    async with aclosing(client.batches.results(job)) as items:
        found = {item.id: item.response.text async for item in items if isinstance(item, Answered)}
    assert found == {f"r{n}": f"answer to r{n}" for n in range(5)}


async def test_what_a_batch_does_not_have_is_left_out_with_a_notice() -> None:
    vendor = VENDORS["openai"][0]()
    builder = OpenAIBuilder().with_model("m").with_api_key("k").with_extra_body({"service_tier": "flex"})
    client = builder.with_transport(VendorTransport(vendor)).build()
    job = await client.batches.wait(await client.batches.submit({"a": "A"}))
    async with aclosing(client.batches.results(job)) as items:
        [item] = [item async for item in items]
    assert isinstance(item, Answered)
    assert [notice.about for notice in item.response.notices] == ["service_tier"]
    assert "service_tier" not in json.dumps(vendor.batches["batch_0"].items)


async def test_a_large_batch_of_mistral_goes_as_a_file() -> None:
    vendor = VENDORS["mistral"][0]()
    client = VENDORS["mistral"][1](VendorTransport(vendor)).build()
    job = await client.batches.wait(await client.batches.submit({f"r{n}": "Hi" for n in range(1001)}))
    async with aclosing(client.batches.results(job)) as items:
        found = [item.id async for item in items]
    assert len(found) == len(set(found)) == 1001
    assert [path for method, path, _ in vendor.seen if method == "POST"] == ["/v1/files", "/v1/batch/jobs"]
    assert json.loads(vendor.seen[1][2]) == {
        "endpoint": "/v1/chat/completions",
        "model": "m",
        "input_files": ["file_0"],
    }


async def test_ids_that_claude_refuses_are_refused_before() -> None:
    client = ClaudeBuilder().with_model("m").with_api_key("k").build()
    for id in ("a b", "x" * 65, "a/b", "ü"):
        with pytest.raises(ConfigurationError, match="up to 64 letters, digits, - and _"):
            await client.batches.submit({id: "A"})


async def test_platforms_without_batches_say_so() -> None:
    bedrock = ClaudeBuilder().with_bedrock("us-east-1").with_api_key("k").with_model("claude-x").build()
    with pytest.raises(ConfigurationError, match="Amazon Bedrock has no message batches"):
        await bedrock.batches.submit({"a": "A"})
    vertex = GeminiBuilder().with_vertex("project", "us-central1").with_api_key("k").with_model("m").build()
    with pytest.raises(ConfigurationError, match="Google's storage"):
        await vertex.batches.submit({"a": "A"})
