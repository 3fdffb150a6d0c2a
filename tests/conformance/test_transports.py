"""The transports here pass the suite for transports."""

from __future__ import annotations

from chat_core import HttpTransport, Transport
from chat_core.testing.conformance import TransportSuite
from chat_core.transport import AioHttpTransport


class TestHttpTransport(TransportSuite):
    def transport(self) -> Transport:
        return HttpTransport()


class TestAioHttpTransport(TransportSuite):
    backends = ("asyncio",)

    def transport(self) -> Transport:
        return AioHttpTransport()
