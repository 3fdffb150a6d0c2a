"""What signs the requests of a client: credentials, or a function that gives them, and the signature's scope."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeAlias

from chat_core.client.sigv4 import AwsCredentials, sign_request
from chat_core.transport import Request

AwsCredentialSource: TypeAlias = "Callable[[], AwsCredentials | Awaitable[AwsCredentials]]"
"""A function that returns credentials, sync (it is run in a thread) or async.

It is called for every request.
"""


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

    async def __call__(self, request: Request) -> Request:
        """Return the request with its signature. Raises what the source raises."""
        credentials = await _current(self._source)
        return sign_request(
            request, credentials, region=self._region, service=self._service, now=self._clock()
        )


async def _current(source: AwsCredentials | AwsCredentialSource) -> AwsCredentials:
    if isinstance(source, AwsCredentials):
        return source
    found = source() if is_async(source) else await _in_thread(source)
    return found if isinstance(found, AwsCredentials) else await found


def is_async(source: AwsCredentialSource) -> bool:
    """Return whether a call of the source gives an awaitable at once, so that it need not run in a thread."""
    return inspect.iscoroutinefunction(source) or inspect.iscoroutinefunction(type(source).__call__)


async def _in_thread(source: AwsCredentialSource) -> AwsCredentials | Awaitable[AwsCredentials]:
    from anyio import CapacityLimiter, to_thread

    # A limiter of its own: tools that run in threads may have taken all of the shared one.
    return await to_thread.run_sync(source, limiter=CapacityLimiter(1))
