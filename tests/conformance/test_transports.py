"""The transports here pass the suite for transports."""

from __future__ import annotations

from chat_core import HttpTransport, Transport
from chat_core.testing.conformance import TransportSuite
from chat_core.transport import AioHttpTransport
from chat_gemini.grpc import GrpcTransport
from chat_responses import WebSocketTransport


class TestHttpTransport(TransportSuite):
    def transport(self) -> Transport:
        return HttpTransport()


class TestAioHttpTransport(TransportSuite):
    backends = ("asyncio",)

    def transport(self) -> Transport:
        return AioHttpTransport()


class TestWebSocketTransport(TransportSuite):
    """What goes over HTTP; TestResponsesOverWebSocket has the turns."""

    def transport(self) -> Transport:
        return WebSocketTransport()


class TestGrpcTransport(TransportSuite):
    """What goes over HTTP; TestGeminiOverGrpc has the turns."""

    backends = ("asyncio",)

    def transport(self) -> Transport:
        return GrpcTransport()
