"""The errors of httpx and httpx2 in our words."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, cast

from chat_core.transport import Request
from chat_core.types.errors import ConfigurationError, ConnectionFailed, InvalidResponse, TimedOut

if TYPE_CHECKING:
    import httpx


def raise_ours(exc: Exception, request: Request, url: httpx.URL, when: str) -> None:
    """Raise `exc` as an error of ours, if it is one of httpx or httpx2, which have the same tree under the same names.

    `when` says how far the request had come. Of the request no message shows more than scheme, host and port.
    """
    names = {cls.__name__ for cls in type(exc).__mro__ if cls.__module__ in ("httpx", "httpx2")}
    if not names:
        return
    server = f"{url.scheme}://{url.netloc.decode('ascii')}"
    origin = _origin(exc)
    reason = (origin.strerror if isinstance(origin, OSError) else str(origin)) or type(origin).__name__
    limit = request.timeouts.connect
    if isinstance(origin, ssl.SSLCertVerificationError):
        untrusted = ConnectionFailed(
            f"the certificate of {server} is not trusted: {origin.verify_message}; if it is signed by an authority of your"
            " own, name its file in the environment variable SSL_CERT_FILE"
        )
        untrusted.retryable = False
        raise untrusted from exc
    if names & {"ConnectTimeout", "PoolTimeout"} and limit is not None:
        raise TimedOut("connect", limit) from exc
    if names & {"ConnectError", "ConnectTimeout", "PoolTimeout"}:
        raise ConnectionFailed(
            f"could not connect to {server}: {reason}; is the server running, and is the base URL right?"
        ) from exc
    if "ProxyError" in names:
        raise ConnectionFailed(f"the proxy did not connect to {server}: {reason}") from exc
    if (
        "LocalProtocolError" in names
    ):  # its text shows the header that it objects to, so it is not shown as the cause
        raise ConfigurationError(
            f"the request to {server} is no valid HTTP; are all headers in order?"
        ) from None
    if names & {"InvalidURL", "UnsupportedProtocol"}:
        raise ConfigurationError(f"{server} cannot be asked: {reason}") from exc
    if "DecodingError" in names:
        raise InvalidResponse(
            f"the answer of {server} is not in the content-encoding that it names: {reason}"
        ) from exc
    if "TooManyRedirects" in names:
        raise InvalidResponse(f"{server} redirects without end") from exc
    if (
        "RemoteProtocolError" in names and "connect" not in reason
    ):  # "disconnected", "closed connection": a cut
        raise InvalidResponse(f"the answer of {server} is no HTTP: {reason}") from exc
    if "TransportError" in names:
        raise ConnectionFailed(f"{server} hung up {when}: {reason}") from exc


def _origin(exc: BaseException) -> BaseException:
    """The error of the operating system or of TLS that `exc` comes from, or else `exc` itself."""
    link: BaseException | None = exc
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link
        if isinstance(link, BaseExceptionGroup):
            link = cast("BaseExceptionGroup[BaseException]", link).exceptions[0]
        else:
            link = link.__cause__ or link.__context__
    return exc
