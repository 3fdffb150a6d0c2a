"""The errors of httpx, httpcore and the operating system as errors of this library."""

from __future__ import annotations

import ssl
from typing import NamedTuple, cast

from chat_core.types.errors import ChatError, ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut

_LIBRARIES = ("httpx", "httpx2", "httpcore")


class Way(NamedTuple):
    """How far a request had come, for messages. No message shows more of a URL than scheme, host and port."""

    server: str
    proxy: str | None
    connect: float | None
    when: str = "before it responded"

    def in_the_middle(self) -> Way:
        """Return the same, once the response has begun."""
        return self._replace(when="in the middle of the response")


def raise_chat_error(exc: Exception, way: Way) -> None:
    """Raise `exc` as a `ChatError`, if it comes from httpx, httpcore or the operating system; else return.

    `exc` becomes the cause, without its frames: their local variables are the headers, and so the key.
    """
    names = {cls.__name__ for cls in type(exc).__mro__ if cls.__module__ in _LIBRARIES}
    if not names and not isinstance(exc, OSError | BaseExceptionGroup | UnicodeError):
        return
    error = _chat_error(exc, names, way)
    if error is None:
        return
    if "LocalProtocolError" in names:  # its text shows the header that it objects to
        raise error from None
    raise error from without_frames(exc)


def connection_error(exc: BaseException, server: str, proxy: str | None = None) -> ChatError:
    """Return the error of a connection to `server` that could not be opened."""
    origin = _origin(exc)
    reason = reason_of(exc)
    if isinstance(origin, ssl.SSLCertVerificationError):
        error = ConnectionFailed(
            f"the certificate of {server} is not trusted: {origin.verify_message}; if it is signed by an "
            f"authority of"
            " your own, name its file in the environment variable SSL_CERT_FILE"
        )
    elif isinstance(origin, ssl.SSLError) and origin.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        plain = server.replace("https:", "http:").replace("wss:", "ws:")
        error = ConnectionFailed(
            f"could not connect to {server}: this port speaks plain HTTP; is it {plain}?"
        )
    elif proxy is not None and not isinstance(origin, ssl.SSLError):
        return ConnectionFailed(f"could not connect to the proxy {proxy}: {reason}; is it running?")
    else:
        return ConnectionFailed(
            f"could not connect to {server}: {reason}; is the server running, and is the base URL right?"
        )
    error.retryable = False
    return error


def _chat_error(exc: Exception, names: set[str], way: Way) -> ChatError | None:
    server, limit = way.server, way.connect
    reason = reason_of(exc)
    if not names or names & {"ConnectError"}:
        return connection_error(exc, server, way.proxy)
    if names & {"ConnectTimeout", "PoolTimeout"}:
        return (
            ConnectionFailed(f"could not connect to {server}: {reason}")
            if limit is None
            else TimedOut("connect", limit)
        )
    if "ProxyError" in names:
        return ConnectionFailed(f"the proxy did not connect to {server}: {reason}")
    if "LocalProtocolError" in names:
        return ConfigurationError(f"the request to {server} is no valid HTTP; are all headers in order?")
    if names & {"InvalidURL", "UnsupportedProtocol"}:
        return ConfigurationError(f"no request can be sent to {server}: {reason}")
    if "DecodingError" in names:
        return InvalidResponse(
            f"the response of {server} is not in the content-encoding that it names: {reason}"
        )
    if "TooManyRedirects" in names:
        return InvalidResponse(f"{server} redirects without end")
    if (
        "RemoteProtocolError" in names and "connect" not in reason
    ):  # "disconnected", "closed connection": a cut
        return InvalidResponse(f"the response of {server} is no HTTP: {reason}")
    if names & {"TransportError", "NetworkError", "ProtocolError"}:
        return ConnectionFailed(f"{server} closed the connection {way.when}: {reason}")
    return None


def reason_of(exc: BaseException) -> str:
    """Return what went wrong, in the words of the operating system or of TLS where it was one of them."""
    origin = _origin(exc)
    return (origin.strerror if isinstance(origin, OSError) else str(origin)) or type(origin).__name__


def _origin(exc: BaseException) -> BaseException:
    """Return the error of the operating system or of TLS that `exc` comes from, or else `exc` itself."""
    link: BaseException | None = exc
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link
        if isinstance(link, BaseExceptionGroup):
            link = cast("BaseExceptionGroup[BaseException]", link).exceptions[0]
        else:
            link = link.__cause__ or link.__context__
    return exc


def without_frames(exc: BaseException) -> BaseException:
    """Return `exc`, with no frames in it and in what it comes from."""
    waiting = [exc]
    while waiting:
        link = waiting.pop()
        link.__traceback__ = None
        waiting += [
            each for each in (link.__cause__, link.__context__) if each is not None and each.__traceback__
        ]
        if isinstance(link, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", link).exceptions
    return exc
