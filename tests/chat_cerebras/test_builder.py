"""What the builder asks for, and what is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat_cerebras import CerebrasBuilder, CerebrasClient
from chat_core import (
    ChatBuilder,
    ChatOptions,
    ChatResponse,
    ConfigurationError,
    Done,
    Messages,
    RateLimited,
    Request,
    RetryPolicy,
)
from chat_core.testing import FakeTransport

pytestmark = pytest.mark.anyio
TIMES = {
    "queue_time": 0.001,
    "prompt_time": 0.002,
    "completion_time": 0.03,
    "total_time": 0.033,
    "created": 1780977002.5,
}
USED = {
    "prompt_tokens": 80,
    "completion_tokens": 45,
    "total_tokens": 125,
    "prompt_tokens_details": {"cached_tokens": 3},
    "completion_tokens_details": {
        "reasoning_tokens": 34,
        "accepted_prediction_tokens": 2,
        "rejected_prediction_tokens": 1,
    },
}
SAID = {"id": "c1", "model": "m", "time_info": TIMES, "usage": USED, "service_tier_used": "flex"}
ANSWER = {
    **SAID,
    "choices": [{"index": 0, "message": {"reasoning": "Greet.", "content": "Hi"}, "finish_reason": "stop"}],
}
CHUNKS: list[dict[str, object] | str] = [
    {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "reasoning": "Gre"}}]},
    {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"reasoning": "et."}}]},
    {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hi"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **SAID},
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEREBRAS_API_KEY", "csk-environment")
    monkeypatch.delenv("CEREBRAS_BASE_URL", raising=False)


async def asked(builder: Any, options: ChatOptions | None = None) -> tuple[Request, dict[str, Any]]:
    """The request that a client of this builder sends, and its body without the messages."""
    transport = FakeTransport().answer(ANSWER)
    client = builder.with_transport(transport).build()
    chat = ChatBuilder().with_model(client).with_options(options or ChatOptions()).build()
    assert (await chat.complete(Messages.from_user("Hello"))).text == "Hi"
    body: dict[str, Any] = json.loads(transport.requests[0].body)
    del body["messages"]
    return transport.requests[0], body


async def answered(stream: bool) -> ChatResponse:
    transport = FakeTransport().answer(CHUNKS if stream else ANSWER)
    chat = (
        ChatBuilder()
        .with_model(CerebrasBuilder().with_model("gpt-oss-120b").with_transport(transport).build())
        .build()
    )
    if not stream:
        return await chat.complete(Messages.from_user("Hello"))
    async with chat.stream(Messages.from_user("Hello")) as events:
        async for event in events:
            if isinstance(event, Done):
                return event.response
    raise AssertionError("no Done")


async def test_a_model_is_all_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    request, body = await asked(CerebrasBuilder().with_model("gpt-oss-120b"))
    assert (request.method, request.url) == ("POST", "https://api.cerebras.ai/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer csk-environment"
    assert body == {"model": "gpt-oss-120b"}
    monkeypatch.setenv("CEREBRAS_BASE_URL", "https://dedicated.example")
    request, _ = await asked(CerebrasBuilder().with_model("m"))
    assert request.url == "https://dedicated.example/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer csk-environment"


async def test_the_key_of_the_environment_goes_to_no_other_server() -> None:
    elsewhere = CerebrasBuilder().with_model("m").with_base_url("http://localhost:8000/v1")
    request, _ = await asked(elsewhere)
    assert "authorization" not in request.headers
    request, _ = await asked(elsewhere.with_api_key("other"))
    assert request.headers["authorization"] == "Bearer other"


async def test_what_cerebras_has_beyond_the_wire_is_sent_in_its_words() -> None:
    builder = (
        CerebrasBuilder().with_model("m").with_reasoning("low", format="parsed").with_queue_threshold(50)
    )
    request, body = await asked(
        builder.with_service_tier("flex").with_min_tokens(7), ChatOptions(max_tokens=9)
    )
    assert request.headers["queue_threshold"] == "50"
    assert body == {
        "model": "m",
        "reasoning_effort": "low",
        "reasoning_format": "parsed",
        "service_tier": "flex",
        "min_completion_tokens": 7,
        "max_completion_tokens": 9,
    }


async def test_the_chats_own_effort_stands_above_the_clients() -> None:
    builder = CerebrasBuilder().with_model("m").with_reasoning("low").with_reasoning(format="hidden")
    _, body = await asked(builder, ChatOptions(reasoning_effort="high"))
    assert body == {"model": "m", "reasoning_effort": "high", "reasoning_format": "hidden"}
    _, body = await asked(builder)
    assert body["reasoning_effort"] == "low"


@pytest.mark.parametrize("milliseconds", [50, 20000])
async def test_the_threshold_has_two_ends(milliseconds: int) -> None:
    builder = CerebrasBuilder().with_model("m")
    request, _ = await asked(builder.with_queue_threshold(milliseconds))
    assert request.headers["queue_threshold"] == str(milliseconds)
    with pytest.raises(ConfigurationError, match="50 to 20000"):
        builder.with_queue_threshold(milliseconds + (1 if milliseconds > 50 else -1))


async def test_glm_keeps_its_thoughts_unless_the_user_says_otherwise() -> None:
    builder = CerebrasBuilder().with_model("zai-glm-4.7")
    _, body = await asked(builder)
    assert body == {"model": "zai-glm-4.7", "clear_thinking": False}
    _, body = await asked(builder.with_extra_body({"clear_thinking": True}))
    assert body == {"model": "zai-glm-4.7", "clear_thinking": True}


@pytest.mark.parametrize(
    ("model", "replayed"),
    [
        ("zai-glm-4.7", {"content": "<think>\nGreet.\n</think>\n\nHi"}),
        ("gpt-oss-120b", {"content": "Hi", "reasoning": "Greet."}),
        ("qwen-3-coder-480b", {"content": "Hi"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_each_model_gets_its_thoughts_back_in_its_way(
    model: str, replayed: dict[str, str], stream: bool
) -> None:
    transport = FakeTransport().answer(CHUNKS if stream else ANSWER).answer(ANSWER)
    chat = (
        ChatBuilder()
        .with_model(CerebrasBuilder().with_model(model).with_transport(transport).build())
        .build()
    )
    messages = Messages.from_user("Hello")
    if stream:
        async with chat.stream(messages) as events:
            async for _ in events:
                pass
    else:
        await chat.complete(messages)
    await chat.complete(messages.add_user("Again"))
    assert transport.last_body["messages"] == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", **replayed},
        {"role": "user", "content": "Again"},
    ]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_timings_and_all_figures_of_usage_are_kept(stream: bool) -> None:
    response = await answered(stream)
    assert (response.text, response.reasoning) == ("Hi", "Greet.")
    assert response.raw is not None
    assert response.raw["time_info"] == TIMES
    assert response.raw["service_tier_used"] == "flex"
    assert response.usage.raw == USED
    used = response.usage
    assert (used.input_tokens, used.output_tokens, used.cache_read_tokens, used.reasoning_tokens) == (
        80,
        45,
        3,
        34,
    )


async def test_an_exhausted_limit_says_how_long_to_wait() -> None:
    headers = {
        "x-ratelimit-limit-tokens-minute": "60000",
        "x-ratelimit-remaining-requests-day": "14399",
        "x-ratelimit-remaining-tokens-minute": "0",
        "x-ratelimit-reset-requests-day": "33011.38",
        "x-ratelimit-reset-tokens-minute": "11.382",
    }
    body = {
        "message": "Tokens per minute limit exceeded",
        "type": "too_many_tokens_error",
        "code": "token_quota_exceeded",
    }
    transport = FakeTransport().answer(body, status=429, headers=headers)
    client = CerebrasBuilder().with_model("m").with_transport(transport).build()
    with pytest.raises(RateLimited, match="Tokens per minute") as caught:
        await (
            ChatBuilder()
            .with_model(client)
            .with_retry(RetryPolicy(max_retries=0))
            .build()
            .complete(Messages.from_user("Hello"))
        )
    assert (caught.value.retry_after, caught.value.code, caught.value.retryable) == (
        11.382,
        "token_quota_exceeded",
        True,
    )


def test_the_error_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigurationError, match=r'CerebrasBuilder\.build\(\) needs \.with_model\("\.\.\."\) first'
    ):
        CerebrasBuilder().build()  # type: ignore[misc]
    monkeypatch.delenv("CEREBRAS_API_KEY")
    with pytest.raises(ConfigurationError, match="cerebras needs an API key: set CEREBRAS_API_KEY or use"):
        CerebrasBuilder().with_model("m").build()
    assert not hasattr(CerebrasBuilder(), "with_embeddings")


def test_a_builder_is_not_changed_by_what_is_built_on_it() -> None:
    first = CerebrasBuilder().with_model("m")
    first.with_reasoning("high").with_queue_threshold(60)
    client = first.build()
    assert isinstance(client, CerebrasClient)
    assert client._settings.defaults.reasoning_effort is None
    assert "queue_threshold" not in client._settings.headers


def test_no_repr_shows_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEREBRAS_API_KEY", "csk-secret")
    for builder in (
        CerebrasBuilder().with_model("m"),
        CerebrasBuilder().with_model("m").with_api_key("csk-secret"),
    ):
        client = builder.build()
        for thing in (builder, client, builder._choices, builder._connection, client._settings):
            assert "secret" not in repr(thing)
