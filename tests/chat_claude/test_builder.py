"""How a client is put together: keys, base URLs, what is missing, what cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from chat_claude import ClaudeBuilder
from chat_core import ConfigurationError
from chat_core.testing import FakeTransport

CANARY = "canary4f1d9c"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "CLAUDE_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def headers(builder: ClaudeBuilder[Any]) -> dict[str, str]:
    return dict(builder.with_model("m").with_transport(FakeTransport()).build()._settings.headers)


def base_url(builder: ClaudeBuilder[Any]) -> str:
    return builder.with_model("m").with_api_key("k").build()._settings.base_url


def test_the_key_comes_from_either_variable_the_vendors_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigurationError, match=r"set ANTHROPIC_API_KEY or CLAUDE_API_KEY, or use \.with_api_key"
    ):
        headers(ClaudeBuilder())
    monkeypatch.setenv("CLAUDE_API_KEY", "second")
    assert headers(ClaudeBuilder())["x-api-key"] == "second"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "first")
    assert headers(ClaudeBuilder())["x-api-key"] == "first"
    assert headers(ClaudeBuilder().with_api_key(" given\n"))["x-api-key"] == "given"


def test_the_key_of_the_environment_goes_only_where_the_environment_or_anthropic_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "first")
    assert "x-api-key" not in headers(ClaudeBuilder().with_base_url("https://elsewhere.example"))
    assert "x-api-key" in headers(ClaudeBuilder().with_base_url("https://api.anthropic.com/v1/"))
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://proxy.example")
    assert headers(ClaudeBuilder())["x-api-key"] == "first"


def test_a_token_is_a_bearer_and_never_beside_another_credential() -> None:
    assert headers(ClaudeBuilder().with_api_key("sk-ant-oat01-x"))["authorization"] == "Bearer sk-ant-oat01-x"
    own = headers(ClaudeBuilder().with_api_key("k").with_header("Authorization", "Bearer t"))
    assert (own["authorization"], "x-api-key" in own) == ("Bearer t", False)


def test_a_token_of_the_environment_is_a_bearer_where_there_is_no_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "gateway-token")
    assert headers(ClaudeBuilder())["authorization"] == "Bearer gateway-token"
    assert "authorization" not in headers(ClaudeBuilder().with_base_url("https://elsewhere.example"))
    assert headers(ClaudeBuilder().with_api_key("k")).get("x-api-key") == "k"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "first")
    assert "authorization" not in headers(ClaudeBuilder())


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("https://host", "https://host"),
        ("https://host/v1/", "https://host"),
        ("http://localhost:8000/anthropic/v1", "http://localhost:8000/anthropic"),
        (" https://host/ ", "https://host"),
    ],
)
def test_base_urls(given: str, becomes: str) -> None:
    assert base_url(ClaudeBuilder().with_base_url(given)) == becomes


def test_the_base_url_comes_from_the_environment_else_is_anthropics(monkeypatch: pytest.MonkeyPatch) -> None:
    assert base_url(ClaudeBuilder()) == "https://api.anthropic.com"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://proxy.example/")
    assert base_url(ClaudeBuilder()) == "https://proxy.example"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host",
        "host",
        f"https://user:{CANARY}@host",
        f"http://user:{CANARY}@[::1",
        f"https://host?key={CANARY}",
    ],
)
def test_other_base_urls_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        base_url(ClaudeBuilder().with_base_url(url))
    assert CANARY not in str(caught.value)


def test_no_repr_shows_a_secret() -> None:
    builder = (
        ClaudeBuilder()
        .with_model("m")
        .with_api_key(f"sk-{CANARY}")
        .with_header("X-Own", CANARY)
        .with_extra_body({"metadata": CANARY})
        .with_mcp_server("w", "https://mcp.example", authorization_token=CANARY)
    )
    client = builder.build()
    shown = f"{builder!r}{client!r}{client._settings!r}{builder._choices!r}{builder._connection!r}"
    assert CANARY not in shown
    assert repr(client) == "ClaudeClient(model='m', base_url='https://api.anthropic.com')"
    with pytest.raises(ConfigurationError) as caught:
        builder.with_api_key(f"{CANARY}\nx").build()
    assert CANARY not in str(caught.value)


def test_each_step_answers_with_a_new_builder() -> None:
    first = ClaudeBuilder().with_model("m").with_api_key("k")
    second = first.with_web_search().with_beta("a").with_api_version("2026-10-21")
    assert first.build()._settings.defaults.tools == ()
    assert second.build()._settings.defaults.betas == ("a",)
    assert headers(second)["anthropic-version"] == "2026-10-21"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda builder: builder.build(), r"needs \.with_model"),
        (lambda builder: builder.with_embeddings(), "Claude makes no embeddings"),
        (lambda builder: builder.with_api_version("2024-01-01"), "there are 2023-06-01 and 2026-10-21"),
        (lambda builder: builder.with_changed_prefix("ignore"), "'error', 'drop' or 'send'"),
        (lambda builder: builder.with_web_search(allowed_domains=["a"], blocked_domains=["b"]), "not both"),
        (lambda builder: builder.with_web_fetch(allowed_domains=["a"], blocked_domains=["b"]), "not both"),
        (lambda builder: builder.with_mcp_server("w", "http://mcp.example"), "begins with https://"),
        (lambda builder: builder.with_native_tool({"name": "memory"}), 'needs its "type"'),
        (
            lambda builder: builder.with_tool_settings("add", defer_loading=True, cached=True),
            "deferred tool cannot be cached",
        ),
        (lambda builder: builder.with_continuations(-1), "at least 0"),
    ],
)
def test_what_cannot_be_says_the_next_keystroke(wrong: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        wrong(ClaudeBuilder())
