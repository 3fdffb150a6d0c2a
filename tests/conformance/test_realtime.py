"""Sessions of `chat-openai` and of `chat-gemini` pass the suite for sessions."""

from __future__ import annotations

from pathlib import Path

from chat_core.provider import Provider
from chat_core.testing.conformance import RealtimeSuite
from chat_core.transport import Transport
from chat_gemini.live import LiveBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openai.realtime import OPENAI, XAI, RealtimeBuilder


class TestOpenAIRealtime(RealtimeSuite):
    tapes = Path(__file__).parent / "tapes/openai"

    def realtime_client(self, transport: Transport) -> Provider:
        builder = RealtimeBuilder(OPENAI).with_model("gpt-realtime-2").with_api_key(self.key)
        return builder.with_transport(transport).build()


class TestAzureRealtime(RealtimeSuite):
    tapes = Path(__file__).parent / "tapes/openai"

    def realtime_client(self, transport: Transport) -> Provider:
        builder = AzureOpenAIBuilder().with_resource("resource").with_deployment("gpt-realtime-2")
        return builder.with_api_key(self.key).with_transport(transport).with_realtime().build()


class TestGeminiLiveOnVertex(RealtimeSuite):
    tapes = Path(__file__).parent / "tapes/gemini_live"

    def realtime_client(self, transport: Transport) -> Provider:
        builder = LiveBuilder().with_vertex("a-project", "us-central1").with_model("gemini-live-2.5-flash")
        token = f"Bearer {self.key}"
        return builder.with_header("authorization", token).with_transport(transport).build()


class TestXAIRealtime(RealtimeSuite):
    tapes = Path(__file__).parent / "tapes/openai"

    def realtime_client(self, transport: Transport) -> Provider:
        builder = RealtimeBuilder(XAI).with_model("grok-voice").with_api_key(self.key)
        return builder.with_transport(transport).build()


class TestGeminiLive(RealtimeSuite):
    tapes = Path(__file__).parent / "tapes/gemini_live"

    def realtime_client(self, transport: Transport) -> Provider:
        builder = LiveBuilder().with_model("gemini-robotics-er-2-streaming").with_api_key(self.key)
        return builder.with_transport(transport).build()
