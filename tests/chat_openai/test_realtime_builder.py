"""How an application gets a client of sessions from the builder that it knows, and what authorizes it."""

from __future__ import annotations

import builtins
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest
from chat_core import ConfigurationError
from chat_core.testing import FakeSocket, FakeTransport
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openai.realtime import AZURE, VOICE_LIVE, RealtimeBuilder
from chat_xai import XAIBuilder

pytestmark = pytest.mark.anyio
ENDPOINT = "https://r.openai.azure.com"


class Credential:
    """As those of azure-identity."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> SimpleNamespace:
        self.scopes += scopes
        return SimpleNamespace(token="entra-token", expires_on=int(time.time()) + 3600)


async def connected(builder: RealtimeBuilder[Any]) -> Any:
    """The request of the handshake."""
    transport = FakeTransport().accept(FakeSocket())
    await builder.with_transport(transport).build().connect()
    [request] = transport.requests
    return request


async def test_the_builders_of_openai_azure_and_xai_hand_over_what_was_chosen() -> None:
    openai = await connected(OpenAIBuilder().with_model("gpt-realtime-2").with_api_key("k").with_realtime())
    assert openai.url == "https://api.openai.com/v1/realtime?model=gpt-realtime-2"
    assert openai.headers["authorization"] == "Bearer k"
    begun = AzureOpenAIBuilder().with_resource("r").with_deployment("voice").with_api_key("k")
    azure = await connected(begun.with_realtime())
    assert (azure.url, azure.headers["api-key"]) == (f"{ENDPOINT}/openai/v1/realtime?model=voice", "k")
    live = await connected(begun.with_header("X-Team", "blue").with_voice_live())
    assert live.url == f"{ENDPOINT}/voice-live/realtime?api-version=2025-10-01&model=voice"
    assert live.headers["x-team"] == "blue"
    xai = await connected(XAIBuilder().with_model("grok-voice").with_api_key("k").with_realtime())
    assert xai.url == "https://api.x.ai/v1/realtime?model=grok-voice"


def test_a_builder_without_a_model_hands_over_and_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match=r"needs \.with_model"):
        OpenAIBuilder().with_api_key("k").with_realtime().build()  # type: ignore[misc]


async def test_voice_live_has_versions_of_its_own() -> None:
    begun = AzureOpenAIBuilder().with_resource("r").with_deployment("m").with_api_key("k")
    request = await connected(begun.with_voice_live("2026-04-10-preview"))
    assert request.url == f"{ENDPOINT}/voice-live/realtime?api-version=2026-04-10-preview&model=m"
    with pytest.raises(ConfigurationError, match="not an API version"):
        begun.with_voice_live("next&x=y")


def test_choices_that_sessions_have_no_place_for_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="leave out what sets embeds"):
        OpenAIBuilder().with_model("m").with_embeddings().with_realtime()
    with pytest.raises(ConfigurationError, match="leave out what sets version"):
        AzureOpenAIBuilder().with_model("m").with_api_version("2025-04-01-preview").with_voice_live()
    with pytest.raises(ConfigurationError, match="comes after"):
        OpenAIBuilder().with_model("m").with_extra_body({"user": "ada"}).with_realtime()


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("r.openai.azure.com", "https://cognitiveservices.azure.com/.default"),
        ("r.services.ai.azure.com", "https://ai.azure.com/.default"),
    ],
)
async def test_a_credential_of_azure_identity_authorizes_sessions(host: str, scope: str) -> None:
    for method in ("with_realtime", "with_voice_live"):
        credential = Credential()
        builder = AzureOpenAIBuilder().with_endpoint(f"https://{host}").with_model("m")
        request = await connected(getattr(builder.with_credentials(credential), method)())
        assert request.headers["authorization"] == "Bearer entra-token"
        assert "api-key" not in request.headers
        assert credential.scopes == [scope]
    credential = Credential()
    own = RealtimeBuilder(VOICE_LIVE).with_base_url(f"https://{host}").with_model("m")
    await connected(own.with_credentials(credential, scope="https://own/.default"))
    assert credential.scopes == ["https://own/.default"]


async def test_a_token_of_the_environment_and_the_last_of_key_and_credential_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "from-environment")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "key")
    request = await connected(RealtimeBuilder(AZURE).with_model("m"))
    assert request.headers["authorization"] == "Bearer from-environment"
    begun = RealtimeBuilder(AZURE).with_model("m").with_credentials(Credential())
    request = await connected(begun.with_api_key("k"))
    assert request.headers["api-key"] == "k"
    request = await connected(begun.with_credentials(lambda: "mine"))
    assert request.headers["authorization"] == "Bearer mine"


def test_a_credential_of_azure_identity_is_for_azure() -> None:
    with pytest.raises(ConfigurationError, match="takes no credential of azure-identity"):
        RealtimeBuilder().with_credentials(Credential())


def test_no_repr_shows_a_credential_or_a_key() -> None:
    builder = RealtimeBuilder(AZURE).with_model("m").with_base_url(ENDPOINT)
    for authorized in (builder.with_api_key("hidden"), builder.with_credentials(Credential())):
        assert "hidden" not in repr(authorized) + repr(authorized.build())
        assert "Credential object" not in repr(authorized)


def test_xais_sessions_need_an_extra_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("chat_openai"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "chat_openai.realtime")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"chat-xai\[realtime\]"):
        XAIBuilder().with_model("m").with_api_key("k").with_realtime()
