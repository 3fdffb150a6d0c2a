"""The errors of aiohttp and of the operating system as errors of this library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_core.transport.http_errors import Way, connection_error, reason_of, without_frames
from chat_core.types.errors import ChatError, ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut

if TYPE_CHECKING:
    from aiohttp import ClientResponseError


def raise_chat_error(exc: Exception, way: Way) -> None:
    """Raise `exc` as a `ChatError`, if it comes from aiohttp or the operating system; else return.

    `exc` becomes the cause, without its frames: their local variables are the headers, and so the key.
    """
    error = _chat_error(exc, way)
    if error is not None:
        raise error from without_frames(exc)


def _chat_error(exc: Exception, way: Way) -> ChatError | None:
    if isinstance(exc, ImportError):
        return ConfigurationError("AioHttpTransport needs aiohttp: pip install chat-core[aiohttp]")
    from aiohttp import client_exceptions as client
    from aiohttp.http_exceptions import HttpProcessingError

    server, reason = way.server, str(exc) or reason_of(exc)
    match exc:
        case client.ClientProxyConnectionError():
            return connection_error(exc.os_error, server, way.proxy)
        case client.ClientHttpProxyError():
            return ConnectionFailed(f"the proxy did not connect to {server}: {exc.status} {exc.message}")
        case client.ClientConnectorCertificateError():
            return connection_error(exc.certificate_error, server)
        case client.ClientConnectorError():
            return connection_error(exc.os_error, server)
        case client.ServerTimeoutError():
            return TimedOut("connect", way.connect or 0.0)
        case client.InvalidURL() | client.NonHttpUrlClientError() | UnicodeError():
            return ConfigurationError(f"no request can be sent to {server}: {reason}")
        case client.ClientPayloadError() if not _is_cut(exc):
            return InvalidResponse(f"the response of {server} is no HTTP: {reason}")
        case client.ClientResponseError():
            _drop_headers(exc)
            return InvalidResponse(f"the response of {server} is no HTTP: {reason}")
        case HttpProcessingError():
            return InvalidResponse(f"the response of {server} is no HTTP: {reason}")
        case client.ClientError():
            return ConnectionFailed(f"{server} closed the connection {way.when}: {reason}")
        case RuntimeError() if "Session is closed" in str(exc):
            return ConfigurationError("AioHttpTransport(session=...) was given a session that is closed")
        case OSError():
            return connection_error(exc, server)
        case _:
            return None


def _drop_headers(exc: ClientResponseError) -> None:
    """Remove the headers of the request, and so the key, from what the repr of an error shows."""
    sent = exc.request_info.headers
    nothing = sent.copy()
    nothing.clear()
    exc.request_info = exc.request_info._replace(headers=type(sent)(nothing))
    exc.args = (exc.request_info, exc.history)


def _is_cut(exc: BaseException) -> bool:
    """Return whether the connection was closed before the end of the body, rather than that the body is
    wrong.
    """
    from aiohttp.http_exceptions import ContentLengthError, TransferEncodingError

    cause = exc.__cause__
    if isinstance(cause, TransferEncodingError):
        return "Not enough data" in str(cause)
    return cause is None or isinstance(cause, ContentLengthError | OSError)
