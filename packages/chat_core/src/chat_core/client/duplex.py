"""The part of a transport that opens WebSockets."""

from __future__ import annotations

from chat_core.transport import DuplexTransport, Transport
from chat_core.types.errors import ConfigurationError


def duplex(transport: Transport) -> DuplexTransport:
    """Return the transport, known to open WebSockets. Raises `ConfigurationError` for one that does not."""
    if not isinstance(transport, DuplexTransport):
        raise ConfigurationError(
            f"{type(transport).__name__} opens no WebSockets: it needs a method `connect(request)`; "
            "HttpTransport and AioHttpTransport have one"
        )
    return transport
