"""Errors say what to change."""

from __future__ import annotations

from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder
from chat_core import ChatBuilder, ChatError, ConfigurationError, Messages, ProviderError, RetryPolicy
from chat_core.testing import FakeTransport
from pydantic import BaseModel

pytestmark = pytest.mark.anyio


async def drained(chat: Any, messages: Messages) -> None:
    async with chat.stream(messages) as events:
        async for _ in events:
            pass


async def error_of(
    answer: Any, status: int, *, base_url: str = "http://localhost:8000", stream: bool, **headers: str
) -> ChatError:
    transport = FakeTransport().answer(answer, status=status, headers=headers)
    client = (
        ChatCompletionsBuilder().with_base_url(base_url).with_model("m").with_transport(transport).build()
    )
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
    messages = Messages.from_user("Hello")
    with pytest.raises(ChatError) as caught:
        await (drained(chat, messages) if stream else chat.complete(messages))
    return caught.value


both = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@both
@pytest.mark.parametrize(
    ("base_url", "advice"),
    [
        ("http://localhost:8000", "most servers want /v1 at its end"),
        ("http://localhost:8000/v1/chat/completions", "leave out '/chat/completions'"),
        ("http://localhost:8000/api", "is its path right?"),
    ],
)
async def test_a_path_that_is_not_there_says_what_is_wrong_with_the_base_url(
    base_url: str, advice: str, stream: bool
) -> None:
    error = await error_of({"detail": "Not Found"}, 404, base_url=base_url, stream=stream)

    assert advice in str(error)
    assert base_url in str(error)


@both
async def test_a_model_that_is_not_there_says_nothing_about_paths(stream: bool) -> None:
    error = await error_of({"error": {"message": "The model `m` does not exist"}}, 404, stream=stream)

    assert "base URL" not in str(error)


@both
async def test_a_redirect_names_where_it_goes(stream: bool) -> None:
    error = await error_of("moved", 308, stream=stream, location="https://new.example/v1/chat/completions")

    assert "'https://new.example/v1/chat/completions'" in str(error)


@both
async def test_the_words_of_the_upstream_are_shown(stream: bool) -> None:
    body = {
        "error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "no such voice"}}
    }

    assert "no such voice" in str(await error_of(body, 400, stream=stream))


@both
async def test_a_schema_that_a_server_refuses_names_the_way_out(stream: bool) -> None:
    body = {"error": {"message": "Invalid schema for response_format: additionalProperties is not allowed"}}
    error = await error_of(body, 400, stream=stream)

    assert isinstance(error, ProviderError)
    assert ".with_strict_output(False)" in error.message


async def test_a_schema_that_cannot_be_strict_names_the_way_out() -> None:
    class Words(BaseModel):
        counts: dict[str, int]

    builder = ChatCompletionsBuilder().with_base_url("https://api.openai.com/v1").with_api_key("k")
    client = builder.with_model("m").with_transport(FakeTransport()).build()
    chat = ChatBuilder().with_model(client).with_structured_output(Words).build()
    with pytest.raises(ConfigurationError, match=r"\.with_strict_output\(False\)"):
        await chat.complete(Messages.from_user("Hello"))
