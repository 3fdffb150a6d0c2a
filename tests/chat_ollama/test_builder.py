"""Where an Ollama client looks for its server, and over which surface it asks."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatBuilder, ChatOptions, ConfigurationError, ConnectionFailed, Messages, RetryPolicy
from chat_core.testing import FakeTransport
from chat_ollama import CompletionsOptions, OllamaBuilder
from chat_ollama.host import root_url

V1 = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
NATIVE = {"model": "m", "message": {"role": "assistant", "content": "Hi"}, "done": True, "done_reason": "stop"}


@pytest.mark.parametrize(
    ("said", "root"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("  ", "http://127.0.0.1:11434"),
        ("host", "http://host:11434"),
        ("HOST", "http://host:11434"),
        ("host:56789", "http://host:56789"),
        (":56789", "http://127.0.0.1:56789"),
        ("http://host", "http://host:80"),
        ("https://host", "https://host:443"),
        ("https://host:56789", "https://host:56789"),
        ("host/path", "http://host:11434/path"),
        ("host:1/path/", "http://host:1/path"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:56789", "http://[::1]:56789"),
        ("https://[::1]", "https://[::1]:443"),
        ('"host:1"', "http://host:1"),
        ("ollama.com", "https://ollama.com:443"),
        ("https://ollama.com", "https://ollama.com:443"),
        ("host:0", "http://host:11434"),
        ("https://host:0", "https://host:443"),
        ("user:pass@host", "http://host:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("[::]:1", "http://[::1]:1"),
        ("http://localhost:11434/v1", "http://localhost:11434"),
        ("http://localhost:11434/api/", "http://localhost:11434"),
        ("https://host/proxy/v1", "https://host:443/proxy"),
    ],
)
def test_an_address_is_read_as_ollama_reads_it(said: str | None, root: str) -> None:
    assert root_url(said) == root


@pytest.mark.parametrize("said", ["host:port", "host:99999", "ftp://host", "ho st", "http://host?x=1", "http://[::1"])
def test_what_is_no_address_is_refused(said: str) -> None:
    with pytest.raises(ConfigurationError, match="not an address of Ollama"):
        OllamaBuilder().with_host(said)


def test_a_wrong_address_does_not_show_its_password() -> None:
    with pytest.raises(ConfigurationError) as caught:
        OllamaBuilder().with_host("http://me:secret@host:port")
    assert "secret" not in str(caught.value)


def test_the_variable_names_the_server_unless_the_builder_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "gpu:1")
    builder = OllamaBuilder().with_model("m").with_transport(FakeTransport())

    assert repr(builder.build()) == "OllamaClient(model='m', base_url='http://gpu:1/v1')"
    assert repr(builder.with_host("other").build()) == "OllamaClient(model='m', base_url='http://other:11434/v1')"
    assert repr(builder.with_base_url("http://other:2/v1").build()) == "OllamaClient(model='m', base_url='http://other:2/v1')"


def test_without_a_model_the_next_keystroke_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r'OllamaBuilder\.build\(\) needs \.with_model\("\.\.\."\) first'):
        OllamaBuilder().build()  # type: ignore[call-overload]


async def asked(builder: Any, options: ChatOptions = ChatOptions(), answer: dict[str, Any] = NATIVE) -> FakeTransport:  # noqa: B008
    transport = FakeTransport().answer(answer)
    chat = ChatBuilder().with_model(builder.with_model("m").with_transport(transport).build()).with_options(options).build()
    assert (await chat.complete(Messages.from_user("Hello"))).text == "Hi"
    return transport


@pytest.mark.anyio
async def test_a_plain_request_goes_over_v1_with_the_key_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = await asked(OllamaBuilder(), ChatOptions(max_tokens=5, temperature=0.5), V1)
    assert transport.requests[0].url == "http://127.0.0.1:11434/v1/chat/completions"
    assert "authorization" not in transport.requests[0].headers
    assert (transport.last_body["max_tokens"], transport.last_body["temperature"]) == (5, 0.5)

    monkeypatch.setenv("OLLAMA_API_KEY", "cloud")
    transport = await asked(OllamaBuilder().with_header("x-proxy", "1"), answer=V1)
    assert (transport.requests[0].headers["authorization"], transport.requests[0].headers["x-proxy"]) == ("Bearer cloud", "1")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("builder", "sent"),
    [
        (OllamaBuilder().with_native(), {}),
        (OllamaBuilder().with_context_length(32_768), {"options": {"num_ctx": 32_768}}),
        (OllamaBuilder().with_thinking(), {"think": True}),
        (OllamaBuilder().with_thinking("high"), {"think": "high"}),
        (OllamaBuilder().with_keep_alive("10m"), {"keep_alive": "10m"}),
        (OllamaBuilder().with_keep_alive(0), {"keep_alive": 0}),
        (OllamaBuilder().with_ollama_options({"min_p": 0.1}).with_context_length(1), {"options": {"min_p": 0.1, "num_ctx": 1}}),
        (
            OllamaBuilder().with_native().with_options(CompletionsOptions(logprobs=True, top_logprobs=2)),
            {"logprobs": True, "top_logprobs": 2},
        ),
        (OllamaBuilder().with_native().with_extra_body({"truncate": False}), {"truncate": False}),
    ],
)
async def test_what_only_the_native_api_has_goes_over_it(builder: OllamaBuilder, sent: dict[str, Any]) -> None:
    transport = await asked(builder)

    assert transport.requests[0].url == "http://127.0.0.1:11434/api/chat"
    assert transport.last_body == {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": False, **sent}


@pytest.mark.anyio
async def test_a_chat_that_asks_for_top_k_goes_over_the_native_api() -> None:
    transport = await asked(OllamaBuilder(), ChatOptions(top_k=40, max_tokens=9, stop="x"))

    assert transport.requests[0].url.endswith("/api/chat")
    assert transport.last_body["options"] == {"top_k": 40, "num_predict": 9, "stop": ["x"]}


def test_what_the_native_api_lacks_is_refused_when_the_client_is_built() -> None:
    builder = OllamaBuilder().with_model("m").with_native().with_options(CompletionsOptions(service_tier="flex", user="u"))
    with pytest.raises(ConfigurationError, match="native API has no service_tier, user"):
        builder.build()


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("builder", [OllamaBuilder(), OllamaBuilder().with_native()], ids=["v1", "native"])
async def test_where_no_server_runs_the_error_says_how_to_start_one(builder: OllamaBuilder, stream: bool) -> None:
    client = builder.with_model("m").with_host("127.0.0.1:9").build()
    chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()

    async def ask() -> None:
        if not stream:
            await chat.complete(Messages.from_user("Hello"))
        async with chat.stream(Messages.from_user("Hello")) as events:
            async for _ in events:
                pass

    with pytest.raises(ConnectionFailed, match=r"Ollama does not answer at http://127\.0\.0\.1:9.*`ollama serve`") as caught:
        await ask()
    assert isinstance(caught.value.__cause__, ConnectionFailed)
    with pytest.raises(ConnectionFailed, match="ollama serve"):
        await client.ping()
    with pytest.raises(ConnectionFailed, match="ollama serve"):
        [progress async for progress in client.pull()]
    await client.aclose()
