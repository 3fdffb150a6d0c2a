"""Opening the WebSocket of a session, under the time limits of a request."""

from __future__ import annotations

from logging import Logger

from chat_core.client.deadlines import Deadlines
from chat_core.client.duplex import duplex
from chat_core.client.error_advice import DecodeError
from chat_core.client.request_log import LOGGER, RequestLog
from chat_core.client.secrets import drop_frames, scrub_secrets
from chat_core.transport import HandshakeRefused, Request, Socket, Transport
from chat_core.types.errors import ChatError, ConnectionFailed


async def open_socket(
    transport: Transport, request: Request, decode_error: DecodeError, logger: Logger = LOGGER
) -> Socket:
    """Open a WebSocket within the limit of the first event.

    Raises what `decode_error` makes of the response of a server that refuses the handshake, `TimedOut`,
    `ConnectionFailed`, and `ConfigurationError` where the transport opens no WebSockets.
    """
    with RequestLog(request, logger) as log:
        try:
            with Deadlines(request.timeouts) as deadlines:
                socket = await deadlines.wait(duplex(transport).connect(request))
        except HandshakeRefused as refused:
            response = refused.response
            log.status = response.status
            error: ChatError = decode_error(response.status, response.headers, response.body)
            scrub_secrets(error, request, (response.body,))
        except ChatError as failed:
            error = failed
            scrub_secrets(error, request)
            drop_frames(error)
        except OSError as failed:
            error = ConnectionFailed(f"the connection failed: {failed.strerror or type(failed).__name__}")
            error.__cause__ = failed
            scrub_secrets(error, request)
            drop_frames(error)
        else:
            log.status = 101
            return socket
        raise error
