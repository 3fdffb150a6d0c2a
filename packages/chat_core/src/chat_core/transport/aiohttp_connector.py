"""aiohttp's connector, with the limit for opening a connection that all transports have, and connections that
give chunks joined.
"""

from __future__ import annotations

import asyncio
from functools import partial
from ssl import SSLContext
from typing import cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from multidict import CIMultiDict
from yarl import URL

from chat_core.transport.aiohttp_chunks import JoiningHandler
from chat_core.transport.opening import ConnectLimit

_WITHOUT_LIMITS = aiohttp.ClientTimeout(total=None)


class Destination:
    """A server, as a connector is asked for a connection to it, in the place of a request of aiohttp's.

    A connector that has an idle connection reads no more of it than the key.
    """

    proxy: None = None

    def __init__(self, url: URL, ssl: SSLContext | bool) -> None:
        self._url = url
        self._ssl = ssl
        self.connection_key: object = self.request(asyncio.get_running_loop()).connection_key

    def request(
        self, loop: asyncio.AbstractEventLoop, headers: CIMultiDict[str] | None = None
    ) -> aiohttp.ClientRequest:
        """Return a request to it: what a connection is opened for."""
        return aiohttp.ClientRequest(
            "POST",
            self._url,
            headers=headers,
            skip_auto_headers=("accept", "content-type"),
            loop=loop,
            ssl=self._ssl,
        )


class LimitedConnector(aiohttp.TCPConnector):
    """Opens a connection in `sock_connect` seconds, name, TLS and all. Raises `TimedOut`."""

    joins_chunks: bool = False

    def join_chunks(self) -> None:
        """Have its connections give chunks joined, unless aiohttp has another name for what makes them."""
        if hasattr(self, "_factory"):
            make = partial(JoiningHandler, loop=asyncio.get_running_loop())
            self._factory = cast("partial[ResponseHandler]", make)
            self.joins_chunks = True

    async def _create_connection(
        self, req: aiohttp.ClientRequest | Destination, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        if isinstance(req, Destination):
            req = req.request(asyncio.get_running_loop())
        with ConnectLimit(timeout.sock_connect):
            return await super()._create_connection(req, traces, _WITHOUT_LIMITS)
