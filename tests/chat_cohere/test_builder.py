"""What a builder reads from the environment, where a key may go, and what it says is missing."""

from __future__ import annotations

import pytest
from chat_cohere import CohereBuilder, EmbeddingCohereClient
from chat_core import ChatRequest, ConfigurationError, Messages
from chat_core.client import HasModel
from chat_core.testing import FakeTransport


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CO_API_KEY", "COHERE_API_KEY", "CO_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def sent(builder: CohereBuilder[HasModel]) -> tuple[str, str]:
    """The URL and the authorization of a request."""
    transport = FakeTransport().answer({"finish_reason": "COMPLETE", "message": {"content": []}})
    await builder.with_transport(transport).build().complete(ChatRequest(Messages.from_user("Hi")))
    return transport.requests[0].url, transport.requests[0].headers.get("authorization", "")


def model() -> CohereBuilder[HasModel]:
    return CohereBuilder().with_model("command-a")


@pytest.mark.anyio
@pytest.mark.parametrize("variable", ["CO_API_KEY", "COHERE_API_KEY"])
async def test_the_key_comes_from_the_environment(environment: pytest.MonkeyPatch, variable: str) -> None:
    environment.setenv(variable, " key ")
    assert await sent(model()) == ("https://api.cohere.com/v2/chat", "Bearer key")


@pytest.mark.anyio
async def test_a_key_of_the_environment_goes_to_cohere_only(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CO_API_KEY", "key")
    assert await sent(model().with_base_url("https://gateway.example")) == (
        "https://gateway.example/v2/chat",
        "",
    )
    assert (await sent(model().with_base_url("https://api.cohere.ai")))[1] == "Bearer key"
    environment.setenv("CO_API_URL", "http://localhost:9/v1")
    assert await sent(model()) == ("http://localhost:9/v2/chat", "Bearer key")


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["", "/", "/v1", "/v2", "/v2/"])
async def test_a_version_at_the_end_makes_no_difference(path: str) -> None:
    url, _ = await sent(model().with_base_url(f"https://host{path}").with_api_key("k"))
    assert url == "https://host/v2/chat"


def test_the_error_names_what_is_missing_or_wrong() -> None:
    with pytest.raises(ConfigurationError, match=r"needs \.with_model"):
        CohereBuilder().with_api_key("k").build()  # type: ignore[misc]
    with pytest.raises(ConfigurationError, match="CO_API_KEY or COHERE_API_KEY"):
        model().build()
    with pytest.raises(ConfigurationError, match="at least 1 token"):
        model().with_thinking(0)


def test_each_method_returns_another_builder() -> None:
    first = model().with_api_key("a-secret-key")
    second = first.with_thinking(100).with_citations("FAST").with_safety_mode("OFF").with_strict_tools()
    third = second.with_logprobs().with_priority(1)
    assert first is not second
    assert "a-secret-key" not in repr(third)
    assert not isinstance(third.build(), EmbeddingCohereClient)
    assert isinstance(third.with_embeddings().build(), EmbeddingCohereClient)
