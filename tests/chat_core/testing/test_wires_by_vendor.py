"""The vendors' own packages read the loopback server's turns as they read their servers'."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import ollama
import openai
import pytest
from chat_core.testing import Call, Failure, LoopbackServer, Reply
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types

TURN = Reply(
    "One moment.",
    calls=(Call("weather", {"city": "Zürich"}),),
    reasoning="Weather.",
    prompt_tokens=20,
    completion_tokens=9,
    cached_tokens=4,
    reasoning_tokens=3,
    chunk=4,
)
HELLO: Any = [{"role": "user", "content": "Hello"}]


def test_openai_reads_responses() -> None:
    with LoopbackServer([TURN, TURN, Failure(429, "slow")]) as server:
        with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
            whole = client.responses.create(model="m", input="Hello")
            with client.responses.stream(model="m", input="Hello") as stream:
                deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
                streamed = stream.get_final_response()
            with pytest.raises(openai.RateLimitError, match="slow"):
                client.responses.create(model="m", input="Hello")
    assert "".join(deltas) == "One moment."
    for response in whole, streamed:
        assert response.output_text == "One moment."
        assert [item.type for item in response.output] == ["reasoning", "message", "function_call"]
        call: Any = response.output[2]
        assert (call.name, json.loads(call.arguments)) == ("weather", {"city": "Zürich"})
        assert response.usage is not None
        assert (response.usage.input_tokens, response.usage.output_tokens) == (20, 9)
        assert response.usage.output_tokens_details.reasoning_tokens == 3
        assert response.status == "completed"


def test_anthropic_reads_messages() -> None:
    with LoopbackServer([TURN, TURN, Failure(529, "full"), Reply(prompt_tokens=12)], model="tiny") as server:
        with anthropic.Anthropic(base_url=server.host, api_key="k", max_retries=0) as client:
            whole = client.messages.create(model="m", max_tokens=99, messages=HELLO)
            with client.messages.stream(model="m", max_tokens=99, messages=HELLO) as stream:
                text = "".join(stream.text_stream)
                streamed = stream.get_final_message()
            with pytest.raises(anthropic.APIStatusError, match="full") as caught:
                client.messages.create(model="m", max_tokens=99, messages=HELLO)
            assert client.messages.count_tokens(model="m", messages=HELLO).input_tokens == 12
            assert [model.id for model in client.models.list()] == ["tiny"]
    body: Any = caught.value.body
    assert (caught.value.status_code, body["error"]["type"]) == (529, "overloaded_error")
    assert text == "One moment."
    for message in whole, streamed:
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
        call: Any = message.content[2]
        assert (call.name, call.input) == ("weather", {"city": "Zürich"})
        assert message.stop_reason == "tool_use"
        assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (16, 4)
        assert message.usage.output_tokens == 9


def test_google_genai_reads_contents() -> None:
    with LoopbackServer([TURN, TURN, Failure(429, "slow"), Reply(prompt_tokens=12)], model="tiny") as server:
        options = genai_types.HttpOptions(base_url=server.host)
        with genai.Client(api_key="k", http_options=options) as client:
            whole = client.models.generate_content(model="m", contents="Hello")
            chunks = list(client.models.generate_content_stream(model="m", contents="Hello"))
            with pytest.raises(genai_errors.ClientError) as caught:
                client.models.generate_content(model="m", contents="Hello")
            assert client.models.count_tokens(model="m", contents="Hello").total_tokens == 12
            embedded = client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"])
            assert [model.name for model in client.models.list()] == ["models/tiny"]
    assert (caught.value.code, caught.value.status) == (429, "RESOURCE_EXHAUSTED")
    assert len(embedded.embeddings or []) == 2
    found: list[Any] = [part for chunk in chunks for part in chunk.candidates[0].content.parts]  # type: ignore[index, union-attr]
    assert "".join(part.text or "" for part in found if not part.thought) == "One moment."
    for response in whole, chunks[-1]:
        [call] = response.function_calls or []
        assert (call.name, call.args) == ("weather", {"city": "Zürich"})
        usage: Any = response.usage_metadata
        assert (usage.prompt_token_count, usage.candidates_token_count, usage.thoughts_token_count) == (
            20,
            6,
            3,
        )


def test_ollama_reads_its_own() -> None:
    with LoopbackServer([TURN, TURN, Reply("Hi"), Failure(404, "no model")], model="tiny") as server:
        client = ollama.Client(host=server.host)
        whole = client.chat(model="m", messages=HELLO)
        chunks = list(client.chat(model="m", messages=HELLO, stream=True))
        assert client.generate(model="m", prompt="Hello").response == "Hi"
        with pytest.raises(ollama.ResponseError, match="no model") as caught:
            client.chat(model="m", messages=HELLO)
        assert len(client.embed(model="m", input=["a", "b"]).embeddings) == 2
        assert [model.model for model in client.list().models] == ["tiny"]
        assert client.show("tiny").capabilities is not None
        client._client.close()  # the package has no way to close it
    assert caught.value.status_code == 404
    assert (whole.message.content, whole.message.thinking) == ("One moment.", "Weather.")
    assert "".join(chunk.message.content or "" for chunk in chunks) == "One moment."
    calls = [call for chunk in chunks for call in chunk.message.tool_calls or []]
    for call in [*(whole.message.tool_calls or []), *calls]:
        assert (call.function.name, call.function.arguments) == ("weather", {"city": "Zürich"})
    assert (chunks[-1].done_reason, chunks[-1].prompt_eval_count, chunks[-1].eval_count) == ("stop", 20, 9)
