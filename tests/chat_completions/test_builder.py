"""How a client is put together: what is missing names the next keystroke, and a key goes to one place
only.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable
from typing import Any

import pytest
from chat_completions import ChatCompletionsBuilder, CompletionsOptions, Dialect
from chat_core import (
    ChatBuilder,
    ConfigurationError,
    ConnectionFailed,
    Messages,
    RetryPolicy,
    TimedOut,
    Timeouts,
)
from chat_core.testing import FakeTransport, LoopbackServer, Reply

KEY = "sk-canary-0123456789"
ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}


def builder(url: str | None = "http://localhost/v1") -> ChatCompletionsBuilder[Any]:
    named = ChatCompletionsBuilder().with_model("m")
    return named if url is None else named.with_base_url(url)


async def asked(builder: ChatCompletionsBuilder[Any]) -> Any:
    """The request that a client of this builder sends."""
    transport = FakeTransport().answer(ANSWER)
    client = builder.with_transport(transport).build()
    await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))
    return transport.requests[0]


# -- what is missing


def test_without_a_model_the_next_keystroke_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r'ChatCompletionsBuilder\.build\(\) needs \.with_model\("\.\.\."\) first'
    ):
        ChatCompletionsBuilder().build()  # type: ignore[call-overload]


def test_without_a_key_for_openai_both_ways_to_give_one_are_named() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"openai needs an API key: set OPENAI_API_KEY or use \.with_api_key\(\.\.\.\)",
    ):
        builder(None).build()


@pytest.mark.parametrize(
    "url", ["https://api.mistral.ai/v1", "https://openrouter.ai/api/v1", "https://api.deepseek.com"]
)
def test_without_a_key_for_another_vendor_its_own_way_is_named(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    own = (
        r"^(mistral|openrouter|deepseek) needs an API key: "
        r"set (MISTRAL|OPENROUTER|DEEPSEEK)_API_KEY or use \.with_api_key"
    )
    with pytest.raises(ConfigurationError, match=own):
        builder(url).build()


def test_servers_that_need_no_key_or_get_it_in_a_header_are_built_without_one() -> None:
    builder("http://localhost:8000/v1").build()
    builder("https://gateway.example/v1").build()
    builder("https://api.openai.com/v1").with_header("Authorization", "Bearer x").build()
    builder("https://x.example/v1").with_dialect(Dialect.openai()).with_header("Api-Key", "x").build()


@pytest.mark.parametrize("key", ["sk-\u2026", "sk-a\nb", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigurationError, match="was it pasted whole") as caught:
        builder().with_api_key(key).build()

    assert "sk-" not in str(caught.value)


# -- where the key goes


@pytest.mark.anyio
async def test_the_environments_key_goes_to_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    request = await asked(builder(None))

    assert request.url == "https://api.openai.com/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.anyio
async def test_the_environments_key_goes_to_the_environments_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gateway.example/v1/")
    request = await asked(builder(None))

    assert request.url == "http://gateway.example/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "https://gateway.example/v1",
        "https://api.openai.com.evil.example/v1",
        "https://evil.example/api.openai.com/v1",
        "https://notopenai.com/v1",
    ],
)
async def test_the_environments_key_goes_to_no_other_server(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1")
    request = await asked(builder(url))

    assert "authorization" not in request.headers
    assert KEY not in str(dict(request.headers))


@pytest.mark.anyio
async def test_a_key_that_is_given_goes_where_it_is_sent_and_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    request = await asked(builder("https://gateway.example/v1").with_api_key(f" {KEY}\n"))

    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in request.url
    assert KEY.encode() not in request.body


@pytest.mark.anyio
async def test_a_redirect_is_not_followed_with_the_key() -> None:
    transport = FakeTransport().answer(b"", status=307, headers={"location": "https://evil.example"})
    client = builder().with_api_key(KEY).with_transport(transport).build()
    with pytest.raises(Exception, match="status 307 without a body"):
        await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert len(transport.requests) == 1


def test_nothing_that_is_built_shows_the_key() -> None:
    built = builder().with_api_key(KEY).with_header("X-Secret", KEY).with_extra_body({"secret": KEY})

    for shown in (repr(built), repr(built._choices), repr(built.build()), repr(built.build()._settings)):
        assert KEY not in shown
        assert "m" in shown


# -- the base URL


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("base", "asks"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1/chat/completions"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1/chat/completions"),
        (" http://localhost:8000/v1// ", "http://localhost:8000/v1/chat/completions"),
        ("http://localhost:8000", "http://localhost:8000/chat/completions"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"),
        (
            "https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        (
            "https://x.openai.azure.com/openai/deployments/d/?api-version=2024-10-21",
            "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ],
)
async def test_the_path_is_joined_to_the_base_url(base: str, asks: str) -> None:
    assert (await asked(builder(base))).url == asks


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/v1",
        "file:///etc/passwd",
        "localhost:8000/v1",
        "host/v1",
        "http://",
        "://",
        "http://[::1/v1",
        "javascript:1",
    ],
)
def test_what_is_no_http_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not a base URL: .*; it looks like https://host/v1"):
        builder(url).build()


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@host/v1",
        "https://hunter2@host/v1",
        "ftp://user:hunter2@host/v1",
        "user:hunter2@host/v1",
        "http://user:hunter2@[::1/v1",
    ],
)
def test_credentials_in_a_url_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        builder(url).build()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.x.ai/v1", "xai"),
        ("https://box.ai/v1", "box.ai"),
        ("http://localhost:8000/v1", "localhost"),
    ],
)
def test_the_host_decides_the_dialect(url: str, name: str) -> None:
    assert Dialect.for_url(url).name == name


# -- headers and time limits


@pytest.mark.anyio
async def test_headers_are_sent_and_replace_those_of_the_same_name() -> None:
    built = (
        builder()
        .with_api_key(KEY)
        .with_header("X-Title", "a")
        .with_header("x-title", "b")
        .with_header("Authorization", "Basic x")
    )
    headers = (await asked(built)).headers

    assert headers == {"content-type": "application/json", "authorization": "Basic x", "x-title": "b"}


@pytest.mark.anyio
async def test_time_limits_are_the_designs_unless_they_are_given() -> None:
    assert (await asked(builder())).timeouts == Timeouts(10.0, 300.0, 120.0, None)
    assert (await asked(builder().with_timeout(60))).timeouts == Timeouts(10.0, 300.0, 120.0, 60)
    given = builder().with_timeout(connect=1, first_event=2, idle=None)
    assert (await asked(given)).timeouts == Timeouts(1, 2, None, None)


@pytest.mark.anyio
async def test_a_time_limit_that_passes_names_itself_and_the_way_to_raise_it() -> None:
    with LoopbackServer([Reply("Hi", pause=5)]) as server:
        async with builder(server.url).with_timeout(first_event=0.05).build() as client:
            with pytest.raises(
                TimedOut,
                match=r"no response within 0\.05 s; raise the limit with "
                r"\.with_timeout\(first_event=\.\.\.\)",
            ):
                await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

        assert len(server.requests) == 1


# -- proxies


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("scheme", ["http://", ""], ids=["with scheme", "without scheme"])
async def test_requests_go_through_the_environments_proxy(
    name: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer([Reply("Hi")]) as proxy:
        monkeypatch.setenv(name, scheme + proxy.url.removeprefix("http://").removesuffix("/v1"))
        async with builder("http://model.example/v1").build() as client:
            response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert response.text == "Hi"
    assert proxy.requests[0].path == "http://model.example/v1/chat/completions"
    assert proxy.requests[0].headers["host"] == "model.example"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "exempt",
    [lambda host, port: host, lambda host, port: f"a.example, {host}:{port}", lambda host, port: "*"],
    ids=["host", "host and port", "all"],
)
async def test_hosts_that_the_environment_exempts_are_reached_directly(
    exempt: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer([Reply("Hi")]) as server:
        host, _, port = server.url.removeprefix("http://").removesuffix("/v1").partition(":")
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_closed_port()}")
        monkeypatch.setenv("NO_PROXY", exempt(host, port))
        async with builder(server.url).build() as client:
            response = await ChatBuilder().with_model(client).build().complete(Messages.from_user("Hello"))

    assert response.text == "Hi"
    assert server.requests[0].path == "/v1/chat/completions"


@pytest.mark.anyio
async def test_the_error_names_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_closed_port()}")
    async with builder("http://model.example/v1").build() as client:
        chat = ChatBuilder().with_model(client).with_retry(RetryPolicy(max_retries=0)).build()
        with pytest.raises(ConnectionFailed):
            await chat.complete(Messages.from_user("Hello"))


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


# -- a builder never changes

STEPS: dict[str, Callable[[ChatCompletionsBuilder[Any, Any]], object]] = {
    "with_model": lambda b: b.with_model("other"),
    "with_api_key": lambda b: b.with_api_key("other"),
    "with_base_url": lambda b: b.with_base_url("http://other/v1"),
    "with_credentials": lambda b: b.with_credentials(lambda: "other"),
    "with_header": lambda b: b.with_header("x-other", "1"),
    "with_timeout": lambda b: b.with_timeout(1),
    "with_transport": lambda b: b.with_transport(FakeTransport()),
    "with_extra_body": lambda b: b.with_extra_body({"other": 1}),
    "with_dialect": lambda b: b.with_dialect(Dialect.mistral()),
    "with_options": lambda b: b.with_options(CompletionsOptions(user="other")),
    "with_strict_output": lambda b: b.with_strict_output(False),
    "with_think_tags": lambda b: b.with_think_tags(),
    "with_embeddings": lambda b: b.with_embeddings(8),
    "with_rerank": lambda b: b.with_rerank(),
    "with_token_counts": lambda b: b.with_token_counts(),
}


def test_every_step_is_listed_here() -> None:
    methods = inspect.getmembers(ChatCompletionsBuilder, inspect.isfunction)

    assert sorted(STEPS) == sorted(name for name, _ in methods if name.startswith("with_"))


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_step_answers_with_a_new_builder_and_leaves_the_old_one_as_it_was(
    step: Callable[[ChatCompletionsBuilder[Any, Any]], Any],
) -> None:
    before = builder().with_api_key(KEY).with_header("x-mine", "1").with_extra_body({"mine": 1})
    was = dict(vars(before))
    after = step(before)

    assert type(after) is ChatCompletionsBuilder
    assert after is not before
    assert vars(before) == was
    assert vars(before) == vars(
        builder().with_api_key(KEY).with_header("x-mine", "1").with_extra_body({"mine": 1})
    )
    assert vars(after) != vars(before)


@pytest.mark.anyio
async def test_headers_and_extra_fields_add_up() -> None:
    built = (
        builder()
        .with_extra_body({"a": 1, "b": 1})
        .with_extra_body({"b": 2})
        .with_header("x-a", "1")
        .with_header("x-b", "2")
    )
    request = await asked(built)

    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    assert b'"a":1,"b":2' in request.body
