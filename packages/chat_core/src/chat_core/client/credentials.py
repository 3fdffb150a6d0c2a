"""Credentials that expire: tokens from a source, kept until shortly before their end."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, cast
from weakref import WeakKeyDictionary

import anyio

from chat_core.transport.event_loops import EventLoop, running_loop
from chat_core.types.errors import AuthenticationError, ChatError
from chat_core.types.runtime import run_blocking

_ADVISED = 120.0  # seconds before its end from which a token is refreshed, if it can be
_REQUIRED = 30.0  # seconds before its end from which a token is not used any more
_log = logging.getLogger("chat_core")


@dataclass(frozen=True, slots=True)
class Credential:
    """A token, and when it expires: seconds since the epoch, None where that is not known."""

    value: str = field(repr=False)
    expires_at: float | None = None


SourceResult: TypeAlias = Credential | str | tuple[str, "float | datetime | None"]
CredentialSource: TypeAlias = Callable[[], SourceResult | Awaitable[SourceResult]]
"""A function, sync or async, that returns a token and its expiry: a `Credential`, or a pair of both.

The expiry is in seconds since the epoch, or a datetime with a time zone. A source that returns a text alone
keeps its tokens itself, as those of azure-identity do: it is called for every request. A sync source runs in
a thread.
"""


class Credentials:
    """The tokens of one client, from its source.

    A token is kept until 120 seconds before its end. Then the next request refreshes it; while that fails,
    the token is used until 30 seconds before its end. One refresh runs at a time. `clock` returns seconds
    since the epoch.

    token           | a request comes         | what happens
    ----------------|-------------------------|--------------------------------------------------
    none, or ending | nobody refreshes it     | the source is called, the others wait
    fresh           | any                     | it is returned
    any             | after a status 401      | it is refreshed, unless another request has done so
    a text alone    | any                     | the source is called
    """

    def __init__(self, source: CredentialSource, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._clock = clock
        self._current: Credential | None = None
        self._keeps_tokens_itself = False
        self._locks: WeakKeyDictionary[EventLoop, anyio.Lock] = WeakKeyDictionary()

    async def token(self) -> str:
        """Return a token that can be used. Raises `AuthenticationError` where the source has none."""
        if self._keeps_tokens_itself:
            return (await self._load()).value
        current = self._current
        if current is not None and self._lasts(current, _ADVISED):
            return current.value
        async with self._lock():
            current = self._current
            if current is not None and self._lasts(current, _ADVISED):
                return current.value
            try:
                return (await self._refresh()).value
            except ChatError:
                if current is None or not self._lasts(current, _REQUIRED):
                    raise
                _log.info("a token could not be refreshed; the present one is used until it ends")
                return current.value

    async def renewed(self, refused: str) -> str:
        """Return another token than the one that the server refused, or the same where the source has no
        other.
        """
        async with self._lock():
            current = self._current
            if current is not None and current.value != refused:
                return current.value
            return (await self._refresh()).value

    async def _refresh(self) -> Credential:
        loaded = await self._load()
        self._current = None if self._keeps_tokens_itself else loaded
        return loaded

    async def _load(self) -> Credential:
        """Call the source. Its errors become `AuthenticationError`, unless they are `ChatError` already."""
        try:
            result = await _call(self._source)
        except ChatError:
            raise
        except Exception as exc:
            raise AuthenticationError(
                f"the source of with_credentials(...) failed: {type(exc).__name__}: {exc}"
            ) from exc
        self._keeps_tokens_itself = isinstance(result, str)
        return _as_credential(result)

    def _lasts(self, credential: Credential, seconds: float) -> bool:
        return credential.expires_at is None or self._clock() + seconds < credential.expires_at

    def _lock(self) -> anyio.Lock:
        return self._locks.setdefault(running_loop(), anyio.Lock())


async def _call(source: CredentialSource) -> object:
    """Return what a source returns. A sync one runs in a thread, since it may block."""

    def in_thread() -> tuple[object]:  # in a tuple: trio lets no thread return a coroutine
        return (source(),)

    result: object
    if inspect.iscoroutinefunction(source):
        result = source()
    else:
        (result,) = await run_blocking(in_thread)
    return await cast("Awaitable[object]", result) if inspect.isawaitable(result) else result


def _as_credential(result: object) -> Credential:
    """Return what a source gave as a credential.

    Raises `AuthenticationError`, without the token, for anything else.
    """
    match result:
        case Credential():
            credential = result
        case str(token):
            credential = Credential(token)
        case (str(token), datetime() as expires_at) if expires_at.tzinfo is not None:
            credential = Credential(token, expires_at.timestamp())
        case (str(token), int() | float() | None as expires_at):
            credential = Credential(token, expires_at)
        case _:
            raise AuthenticationError(
                "the source of with_credentials(...) has to return a token, or a token and when it expires, "
                f"in seconds since the epoch or with a time zone; it returned {type(result).__name__}"
            )
    token = credential.value.strip()
    if not token or not token.isascii() or not token.isprintable():
        raise AuthenticationError(
            "the source of with_credentials(...) returned no token that a header can carry"
        )
    return Credential(token, credential.expires_at)
