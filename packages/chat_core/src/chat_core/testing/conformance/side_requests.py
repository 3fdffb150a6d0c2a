"""What the suites for requests beside turns share: failures, the place of the key, what was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from chat_core.testing.conformance.checks import fail, require, require_equal
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.testing.tape.faults import Reset, Status
from chat_core.testing.tape.form import Exchange
from chat_core.types.errors import (
    AuthenticationError,
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    NotFound,
    ProviderError,
    RateLimited,
)

Work: TypeAlias = Callable[[WatchedTransport], Awaitable[object]]
"""One request of a client on this transport."""

NO_BODIES = (b"{}", b"null", b"[]", b"<html>", b'{"error": {"message": "no"}}')
_STATUSES: tuple[tuple[int, type[ChatError]], ...] = (
    (401, AuthenticationError),
    (404, NotFound),
    (429, RateLimited),
    (500, ProviderError),
)


async def error_of(work: Work, transport: WatchedTransport) -> ChatError | None:
    """Return the error that a request raises, None where it raises none."""
    try:
        await work(transport)
    except ChatError as error:
        return error
    return None


async def require_failures(exchanges: Sequence[Exchange], work: Work, key: str) -> None:
    """Go on where each failure raises its error, is sent once, and does not show the key."""
    for status, kind in _STATUSES:
        body = json.dumps({"error": {"message": f"the key {key} is not valid"}}).encode()
        transport = WatchedTransport(exchanges, Status(status, body))
        error = await error_of(work, transport)
        right = isinstance(error, kind)
        require(right, f"Status {status} raised {_shown(error, key)}; expected is {kind.__name__}.")
        require_equal(f"The number of requests after status {status}", len(transport.requests), 1)
        require(key not in f"{error!r} {error} {getattr(error, 'body', '')}", "The error shows the key.")
    error = await error_of(work, WatchedTransport(exchanges, Reset(0)))
    lost = isinstance(error, ConnectionFailed)
    require(lost, f"A lost connection raised {_shown(error, key)}; expected is ConnectionFailed.")


async def require_no_result(
    exchanges: Sequence[Exchange], work: Work, bodies: Sequence[bytes] = NO_BODIES
) -> None:
    """Go on where each of these bodies, under status 200, raises an error of the server's."""
    for body in bodies:
        error = await error_of(work, WatchedTransport(exchanges, Status(200, body)))
        right = error is not None and not isinstance(error, ConfigurationError)
        require(right, f"The body {body!r} under status 200 raised {error!r}.")


async def require_refused(work: Work, what: str) -> None:
    """Go on where a request raises `ConfigurationError` with a sentence, before anything is sent."""
    transport = WatchedTransport([])
    try:
        came = await work(transport)
    except ConfigurationError as error:
        require(not transport.requests, f"{what} was refused after a request had been sent.")
        require(len(str(error)) >= 20, f"{what} was refused with no more than {str(error)!r}.")
        return
    except AssertionError:
        fail(
            f"{what} was sent to {transport.requests[-1].url}."
            if transport.requests
            else f"{what}: it failed."
        )
    fail(f"{what} came out as {came!r}.")


def require_key_in_header(transport: WatchedTransport, key: str) -> None:
    """Go on where the requests have the key in a header, and nowhere else."""
    require(transport.requests, "Nothing was sent.")
    for request in transport.requests:
        require(key not in request.url, "The key is in the URL.")
        require(key.encode() not in request.body, "The key is in the body.")
        found = any(key in value for value in request.headers.values())
        require(found, f"No header of the request to {request.url} has the key.")


def sent_text(transport: WatchedTransport) -> str:
    """Return the URLs and bodies of all requests as one text; JSON escapes are resolved."""
    pieces: list[str] = []
    for request in transport.requests:
        text = request.body.decode("utf-8", "replace")
        with suppress(ValueError):  # a form, or the bytes of a file
            text = json.dumps(json.loads(text), ensure_ascii=False)
        pieces += [request.url, text]
    return "\n".join(pieces)


def is_sent(transport: WatchedTransport, data: bytes) -> bool:
    """Return whether bytes are in what was sent, as they are or in base64."""
    encoded = base64.b64encode(data).rstrip(b"=")
    forms = (data, encoded, encoded.translate(bytes.maketrans(b"+/", b"-_")))
    return any(form in request.body for request in transport.requests for form in forms)


def in_base64(data: bytes | None) -> str:
    """Return bytes as a tape expects them."""
    return base64.b64encode(data or b"").decode()


def _shown(error: ChatError | None, key: str) -> str:
    return repr(error).replace(key, "***")
