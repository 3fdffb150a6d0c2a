"""Keys that expire, for sessions that a browser opens."""

from __future__ import annotations

from typing import Any

import pytest
from chat_core import ChatRequest, ConfigurationError, InvalidResponse, Messages, PermissionDenied, tool
from chat_core.testing import FakeTransport
from chat_openai.realtime import AZURE, VOICE_LIVE, XAI, Dialect, RealtimeBuilder

pytestmark = pytest.mark.anyio
ANSWER = {
    "value": "ek_1",
    "expires_at": 1764000000,
    "session": {"type": "realtime", "model": "gpt-realtime-2"},
}


@tool
async def weather(city: str) -> str:
    """Look up the weather."""
    return city


def built(transport: FakeTransport, dialect: Dialect | None = None) -> Any:
    builder = RealtimeBuilder(dialect) if dialect else RealtimeBuilder()
    return builder.with_model("gpt-realtime-2").with_api_key("k").with_transport(transport)


async def test_a_secret_opens_sessions_with_the_settings_that_it_was_made_with() -> None:
    transport = FakeTransport().answer(ANSWER)
    client = built(transport).with_output("text").build()
    request = ChatRequest(Messages.from_system("Be short."), (weather.definition,))
    secret = await client.create_client_secret(request, seconds=60)
    assert (secret.value, secret.expires_at) == ("ek_1", 1764000000)
    assert secret.session["model"] == "gpt-realtime-2"
    [sent] = transport.requests
    assert (sent.method, sent.url) == ("POST", "https://api.openai.com/v1/realtime/client_secrets")
    body: Any = transport.last_body
    assert body["expires_after"] == {"anchor": "created_at", "seconds": 60}
    assert body["session"]["model"] == "gpt-realtime-2"
    assert (body["session"]["type"], body["session"]["instructions"]) == ("realtime", "Be short.")
    assert body["session"]["output_modalities"] == ["text"]
    assert body["session"]["tools"][0]["name"] == "weather"


async def test_a_secret_of_a_transcription_session_names_the_model_that_transcribes() -> None:
    transport = FakeTransport().answer(ANSWER)
    await built(transport).with_transcripts_only().build().create_client_secret()
    body: Any = transport.last_body
    assert body["session"]["type"] == "transcription"
    assert "model" not in body["session"]
    assert body["session"]["audio"]["input"]["transcription"] == {"model": "gpt-realtime-2"}
    assert "expires_after" not in body


@pytest.mark.parametrize(
    ("dialect", "url"),
    [
        (AZURE, "https://r.openai.azure.com/openai/v1/realtime/client_secrets"),
        (XAI, "https://r.openai.azure.com/realtime/client_secrets"),
    ],
)
async def test_other_servers_have_it_below_their_own_path(dialect: Dialect, url: str) -> None:
    transport = FakeTransport().answer(ANSWER)
    client = built(transport, dialect).with_base_url("https://r.openai.azure.com").build()
    await client.create_client_secret()
    assert transport.requests[0].url == url


async def test_what_cannot_be_is_refused_before_anything_is_sent() -> None:
    transport = FakeTransport()
    client = built(transport, VOICE_LIVE).with_base_url("https://r.openai.azure.com").build()
    with pytest.raises(ConfigurationError, match="makes no client secrets"):
        await client.create_client_secret()
    for seconds in (9, 7201):
        with pytest.raises(ConfigurationError, match="10 to 7200"):
            await built(transport).build().create_client_secret(seconds=seconds)
    assert transport.requests == []


async def test_a_refusal_is_the_servers_error_and_a_response_without_a_value_is_invalid() -> None:
    transport = FakeTransport().answer({"error": {"message": "no access"}}, status=403).answer({"value": ""})
    client = built(transport).build()
    with pytest.raises(PermissionDenied, match="no access"):
        await client.create_client_secret()
    with pytest.raises(InvalidResponse, match="without its value"):
        await client.create_client_secret()


async def test_no_repr_shows_a_secret() -> None:
    secret = await built(FakeTransport().answer(ANSWER)).build().create_client_secret()
    assert "ek_1" not in repr(secret)
    assert "1764000000" in repr(secret)
