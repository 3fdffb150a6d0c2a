"""The transport of clients that were given none."""

from __future__ import annotations

from typing import Protocol

from chat_core.transport import Transport
from chat_core.types.runtime import IN_PYODIDE


class TransportFactory(Protocol):
    """What makes a transport: `HttpTransport`, `AioHttpTransport`, or a function.

    `proxy` is a URL, or None for no proxy.
    """

    def __call__(self, *, proxy: str | None) -> Transport: ...


_factory: TransportFactory | None = None


def set_default_transport(factory: TransportFactory | None) -> None:
    """Let all clients that are built from now on, without `with_transport`, use a transport that `factory`
    makes.

    It is called once for each client, with the proxy that the environment names for the client's server. None
    is `HttpTransport` again.
    """
    global _factory
    _factory = factory


def make_default_transport(proxy: str | None) -> Transport:
    """Return a new transport for a client that was given none."""
    if _factory is not None:
        return _factory(proxy=proxy)
    if IN_PYODIDE:
        from chat_core.transport.fetch import FetchTransport

        return FetchTransport()
    from chat_core.transport.http import HttpTransport

    return HttpTransport(proxy=proxy)
