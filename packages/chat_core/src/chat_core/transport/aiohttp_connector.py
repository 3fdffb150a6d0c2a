"""aiohttp's connector, with the limit for opening a connection that all transports have."""

from __future__ import annotations

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace

from chat_core.transport.opening import ConnectLimit

_WITHOUT_LIMITS = aiohttp.ClientTimeout(total=None)


class LimitedConnector(aiohttp.TCPConnector):
    """Opens a connection in `sock_connect` seconds, name, TLS and all. Raises `TimedOut`."""

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        with ConnectLimit(timeout.sock_connect):
            return await super()._create_connection(req, traces, _WITHOUT_LIMITS)
