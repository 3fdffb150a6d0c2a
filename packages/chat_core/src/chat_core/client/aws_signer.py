"""What signs the requests of a client: credentials, or a function that gives them, and the signature's
scope.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeAlias

from chat_core.client.authorized import Signed
from chat_core.client.sigv4 import AwsCredentials, sign_request
from chat_core.transport import Request, Transport
from chat_core.types.runtime import run_blocking

AwsCredentialSource: TypeAlias = "Callable[[], AwsCredentials | Awaitable[AwsCredentials]]"
"""A function that returns credentials, sync (it is run in a thread) or async.

It is called for every request.
"""


_ABOUT_TIME = (b"RequestTimeTooSkewed", b"RequestExpired", b"Signature expired", b"Signature not yet current")
_ADDED = {
    "authorization": "AWS4-HMAC-SHA256 ***",
    "x-amz-date": "(when it is sent)",
}  # and x-amz-security-token, with temporary credentials
_TOLERANCE = timedelta(seconds=30)  # of AWS's own, which is some minutes


class AwsSigner:
    """Signs requests to one service in one region, each with the credentials that `source` gives at that
    moment."""

    def __init__(
        self,
        source: AwsCredentials | AwsCredentialSource,
        *,
        region: str,
        service: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._region = region
        self._service = service
        self._clock = clock
        self._behind = timedelta()

    async def __call__(self, request: Request) -> Request:
        """Return the request with its signature. Raises what the source raises."""
        credentials = await _current(self._source)
        now = self._clock() + self._behind
        return sign_request(request, credentials, region=self._region, service=self._service, now=now)

    def over(self, transport: Transport) -> Signed:
        """Return a transport whose requests are signed. One that is refused for its time is signed once more,
        with the time of the server.
        """
        return Signed(transport, self, self.correct_clock, adds=_ADDED)

    def correct_clock(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Return whether a response refuses the time of a signature; the next one then has the server's time.

        The difference to this machine's clock is kept for all requests that follow. False where the server
        does not say what time it has.
        """
        words = headers.get("x-amzn-errortype", "").encode() + body
        if status not in (400, 401, 403) or not any(word in words for word in _ABOUT_TIME):
            return False
        try:
            theirs = parsedate_to_datetime(headers.get("date", ""))
        except ValueError:
            return False
        behind = theirs.astimezone(UTC) - self._clock()
        changes = abs(behind - self._behind) > _TOLERANCE
        self._behind = behind
        return changes


async def _current(source: AwsCredentials | AwsCredentialSource) -> AwsCredentials:
    if isinstance(source, AwsCredentials):
        return source
    found = source() if is_async(source) else await _in_thread(source)
    return found if isinstance(found, AwsCredentials) else await found


def is_async(source: AwsCredentialSource) -> bool:
    """Return whether a call of the source gives an awaitable at once, so that it need not run in a thread."""
    return inspect.iscoroutinefunction(source) or inspect.iscoroutinefunction(type(source).__call__)


async def _in_thread(source: AwsCredentialSource) -> AwsCredentials | Awaitable[AwsCredentials]:
    return await run_blocking(source)
