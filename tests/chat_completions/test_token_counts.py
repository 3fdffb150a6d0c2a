"""Counts of tokens at the servers of this wire that have them."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder, CountingClient, Dialect
from chat_core import (
    ChatBuilder,
    Completed,
    ConfigurationError,
    InvalidResponse,
    Message,
    Messages,
    ProviderError,
    TokenCountProvider,
    ToolCall,
    ToolDefinition,
)
from chat_core.testing import FakeTransport
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio

TOOL = ToolDefinition("add", "Add numbers.", {"type": "object", "properties": {"a": {"type": "integer"}}})


def client(transport: FakeTransport, dialect: Dialect) -> CountingClient:
    builder = ChatCompletionsBuilder().with_dialect(dialect).with_model("qwen3")
    return builder.with_transport(transport).with_token_counts().build()


async def test_vllm_counts_a_conversation_with_its_tools() -> None:
    transport = FakeTransport().answer({"count": 31, "max_model_len": 4096, "tokens": [1, 2]})
    counting = client(transport, Dialect.vllm())
    assert isinstance(counting, TokenCountProvider)
    assert await counting.count_tokens(Messages.from_user("Hi"), [TOOL]) == 31
    assert transport.requests[0].url == "http://localhost:8000/tokenize"
    assert transport.last_body["messages"] == [{"role": "user", "content": "Hi"}]
    assert transport.last_body["tools"][0]["function"]["name"] == "add"
    assert transport.last_body.keys() == {"model", "messages", "tools", "add_generation_prompt"}


async def test_llama_cpp_counts_what_its_template_makes() -> None:
    transport = FakeTransport().answer({"prompt": "<|user|>Hi<|assistant|>"}).answer({"tokens": [1, 5, 7]})
    assert await client(transport, Dialect.llama_cpp()).count_tokens(Messages.from_user("Hi")) == 3
    assert [request.url for request in transport.requests] == [
        "http://127.0.0.1:8080/apply-template",
        "http://127.0.0.1:8080/tokenize",
    ]
    assert transport.bodies == [
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"content": "<|user|>Hi<|assistant|>", "add_special": True, "parse_special": True},
    ]


async def test_a_counting_client_completes_too() -> None:
    answer = {"choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
    chat = ChatBuilder().with_model(client(FakeTransport().answer(answer), Dialect.vllm())).build()
    assert (await chat.complete("Hi")).text == "Hello"


def test_a_server_that_does_not_count_says_so_when_the_client_is_built() -> None:
    builder = ChatCompletionsBuilder().with_dialect(Dialect.groq()).with_model("m").with_api_key("k")
    with pytest.raises(ConfigurationError, match=r"groq does not count tokens: .* use estimate_tokens"):
        builder.with_token_counts().build()


@pytest.mark.parametrize("body", [{}, {"count": -1}, {"count": "many"}, {"tokens": 3}])
async def test_what_is_no_count_raises(body: Any) -> None:
    with pytest.raises(InvalidResponse, match="not a count of tokens"):
        await client(FakeTransport().answer(body), Dialect.vllm()).count_tokens(Messages.from_user("Hi"))


@pytest.mark.parametrize("body", [{"prompt": 3}, {}])
async def test_what_is_no_conversation_in_a_template_raises(body: Any) -> None:
    with pytest.raises(InvalidResponse, match="not the text of a conversation"):
        await client(FakeTransport().answer(body), Dialect.llama_cpp()).count_tokens(Messages.from_user("Hi"))


async def test_an_error_is_the_servers() -> None:
    error = {"error": {"message": "no template", "type": "server_error"}}
    for dialect in (Dialect.vllm(), Dialect.llama_cpp()):
        for status in (200, 500):
            transport = FakeTransport().answer(error, status=status)
            with pytest.raises(ProviderError, match="no template"):
                await client(transport, dialect).count_tokens(Messages.from_user("Hi"))


async def test_xai_counts_the_texts_of_messages_calls_results_and_tools() -> None:
    transport = FakeTransport().answer({"token_ids": [{"token_id": 1}, {"token_id": 2}]})
    builder = XAIBuilder().with_api_key("k").with_model("grok-4.7").with_transport(transport)
    call = ToolCall("c1", "add", {"a": 2}, Completed("two"))
    messages = Messages.from_system("Be brief.").add_user("Add.").append(Message("model", [call]))
    counting = builder.build()
    assert isinstance(counting, TokenCountProvider)
    assert await counting.count_tokens(messages, [TOOL]) == 2
    assert transport.requests[0].url == "https://api.x.ai/v1/tokenize-text"
    assert transport.last_body["model"] == "grok-4.7"
    text = str(transport.last_body["text"])
    assert text.startswith('Be brief.\nAdd.\nadd\n{"a": 2}\ntwo\nadd\nAdd numbers.\n')
    assert await counting.count_tokens(Messages()) == 0
    assert len(transport.requests) == 1
