"""Where sessions are, and what opens them: keys, tokens, Vertex."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chat_core import ChatBuilder, ConfigurationError, InvalidResponse, Messages
from chat_core.testing import FakeTransport
from chat_gemini import GeminiBuilder
from chat_gemini.live import LiveBuilder, LiveToken
from gemini_live_server import ready, setup_of

pytestmark = pytest.mark.anyio
SERVICE = "/ws/google.ai.generativelanguage"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        *("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"),
        *("GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"),
    ):
        monkeypatch.delenv(name, raising=False)


async def request_of(builder: LiveBuilder[Any]) -> tuple[Any, dict[str, Any]]:
    """The request that opens a session, and its settings."""
    socket = ready()
    transport = FakeTransport().accept(socket)
    client = builder.with_transport(transport).build()
    async with ChatBuilder().with_model(client).build().session():
        pass
    return transport.requests[-1], setup_of(socket)


async def test_a_key_goes_in_a_header_to_the_version_that_was_chosen() -> None:
    builder = LiveBuilder().with_model("models/gemini-3.8-live").with_api_key("k")
    request, settings = await request_of(builder)
    host = "https://generativelanguage.googleapis.com"
    assert request.url == f"{host}{SERVICE}.v1beta.GenerativeService.BidiGenerateContent"
    assert request.headers["x-goog-api-key"] == "k"
    assert settings["model"] == "models/gemini-3.8-live"
    request, _ = await request_of(builder.with_api_version("v1"))
    assert f"{SERVICE}.v1.GenerativeService" in request.url


async def test_an_address_of_a_proxy_keeps_its_path_and_its_version() -> None:
    builder = LiveBuilder().with_model("m").with_api_key("k")
    request, _ = await request_of(builder.with_base_url("https://proxy.example/google/v1alpha"))
    assert request.url.startswith(f"https://proxy.example/google{SERVICE}.v1alpha.GenerativeService")


async def test_proactive_audio_takes_the_version_that_has_it() -> None:
    builder = LiveBuilder().with_model("gemini-3.8-live").with_api_key("k").with_proactive_audio()
    request, settings = await request_of(builder)
    assert f"{SERVICE}.v1alpha." in request.url
    assert settings["proactivity"] == {"proactiveAudio": True}
    with pytest.raises(
        ConfigurationError, match=r"with_proactive_audio needs .with_api_version\('v1alpha'\)"
    ):
        builder.with_api_version("v1beta").build()


async def test_a_token_takes_the_place_of_the_key() -> None:
    builder = LiveBuilder().with_model("gemini-3.8-live").with_api_key("auth_tokens/abc")
    request, _ = await request_of(builder)
    assert request.url.endswith(f"{SERVICE}.v1alpha.GenerativeService.BidiGenerateContentConstrained")
    assert request.headers["authorization"] == "Token auth_tokens/abc"
    assert "x-goog-api-key" not in request.headers
    assert "abc" not in repr(builder.build())
    with pytest.raises(ConfigurationError, match="a token needs"):
        builder.with_api_version("v1").build()
    with pytest.raises(ConfigurationError, match="tokens are the Gemini API's"):
        builder.with_vertex("p").build()


async def test_vertex_names_the_model_by_its_whole_path() -> None:
    def token() -> str:
        return "a-token"

    builder = GeminiBuilder().with_model("gemini-live-2.5-flash").with_vertex("p", "us-central1")
    request, settings = await request_of(builder.with_credentials(token).with_realtime())
    assert request.url == (
        "https://us-central1-aiplatform.googleapis.com"
        "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
    )
    assert request.headers["authorization"] == "Bearer a-token"
    place = "projects/p/locations/us-central1"
    assert settings["model"] == f"{place}/publishers/google/models/gemini-live-2.5-flash"
    assert settings["generationConfig"] == {"responseModalities": ["AUDIO"]}
    express = LiveBuilder().with_model("gemini-live-2.5-flash").with_vertex().with_api_key("k")
    request, settings = await request_of(express)
    assert settings["model"] == "publishers/google/models/gemini-live-2.5-flash"
    assert request.headers["x-goog-api-key"] == "k"


async def test_a_token_is_made_for_sessions_with_the_settings_of_the_client() -> None:
    transport = FakeTransport().answer(
        json.dumps({"name": "auth_tokens/abc", "expireTime": "2026-11-27T20:00:00Z"}).encode()
    )
    builder = LiveBuilder().with_model("gemini-3.8-live").with_api_key("k").with_voice("Puck")
    client = builder.with_transport(transport).build()
    token = await client.create_token(Messages.from_system("Be short."), expires_in=600, begins_within=30)
    assert token == LiveToken("auth_tokens/abc", datetime(2026, 11, 27, 20, tzinfo=UTC))
    assert "abc" not in repr(token)
    assert transport.requests[-1].url.endswith("/v1alpha/auth_tokens")
    body: Any = transport.last_body
    assert body["uses"] == 1
    assert body["bidiGenerateContentSetup"]["model"] == "models/gemini-3.8-live"
    assert body["bidiGenerateContentSetup"]["systemInstruction"] == {"parts": [{"text": "Be short."}]}
    left = datetime.fromisoformat(body["expireTime"]) - datetime.now(UTC)
    assert timedelta(seconds=500) < left <= timedelta(seconds=600)


async def test_a_token_for_any_settings_names_none() -> None:
    transport = FakeTransport().answer(json.dumps({"name": "auth_tokens/abc"}).encode())
    client = LiveBuilder().with_model("m").with_api_key("k").with_transport(transport).build()
    assert (await client.create_token(locked=False, uses=3)).expires_at is None
    body: Any = transport.last_body
    assert body.keys() == {"expireTime", "newSessionExpireTime", "uses"}


async def test_tokens_that_cannot_be_are_refused() -> None:
    transport = FakeTransport().answer(b"{}")
    client = LiveBuilder().with_model("m").with_api_key("k").with_transport(transport).build()
    with pytest.raises(ConfigurationError, match="expires_in"):
        await client.create_token(expires_in=20 * 3600 + 5)
    with pytest.raises(ConfigurationError, match="begins_within"):
        await client.create_token(begins_within=-5)
    with pytest.raises(ConfigurationError, match="uses=-1"):
        await client.create_token(uses=-1)
    with pytest.raises(InvalidResponse, match="no token"):
        await client.create_token()
    on_vertex = LiveBuilder().with_model("m").with_vertex().with_api_key("k").build()
    with pytest.raises(ConfigurationError, match="Vertex has no tokens"):
        await on_vertex.create_token()
