"""The way to a server over Streamable HTTP: one POST for each message, and no task in the background."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Final

import anyio
from chat_core import ChatError, ConnectionFailed, JsonObject, TimedOut
from chat_core.client import receive_bursts, send_request
from chat_core.transport import Request, Response, Timeouts, Transport
from chat_core.transport.observed import ObservedTransport
from chat_core.wire import dump

from chat_mcp.encode import notification_message, request_headers
from chat_mcp.errors import error_of_response
from chat_mcp.stream import AnswerDecoder
from chat_mcp.wire import CANCELLED, INITIALIZE, MODERN, Answer, WireMessage

_LOGGER: Final = logging.getLogger("chat_mcp")
_GOODBYE: Final = 2.0  # seconds for the server to be told that a request or a session has ended


class HttpLink:
    """A server behind a URL. `is_shared` says that the transport is the application's, which closes it."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        transport: Transport,
        timeouts: Timeouts,
        *,
        is_shared: bool,
    ) -> None:
        self._url = url
        self._headers = headers
        self._transport = transport
        self._timeouts = timeouts
        self._is_shared = is_shared
        self._session: str | None = None
        self._version: str | None = None

    @property
    def address(self) -> str:
        """The URL without its query, in which there may be a secret."""
        return self._url.partition("?")[0]

    @property
    def is_open(self) -> bool:
        """True: there is no connection that could have ended."""
        return True

    @property
    def has_session(self) -> bool:
        """Whether the server has given this client a session."""
        return self._session is not None

    async def open(self) -> None:
        """Do nothing: each request finds its way."""

    async def exchange(self, message: JsonObject, headers: Mapping[str, str]) -> AsyncGenerator[WireMessage]:
        """Send a request and yield what comes about it, ending with the answer."""
        id = message["id"]
        assert isinstance(id, int)
        is_answered = False
        try:
            async with aclosing(self._received(id, message, headers)) as messages:
                async for one in messages:
                    is_answered = isinstance(one, Answer)
                    yield one
        except BaseException as exc:
            is_older = headers.get("mcp-protocol-version") not in (None, *MODERN)
            if not is_answered and is_older and _has_left(exc):
                await self._tell_cancelled(id, headers)
            raise

    async def _received(
        self, id: int, message: JsonObject, headers: Mapping[str, str]
    ) -> AsyncGenerator[WireMessage]:
        """Yield what comes about a request. The answer is last, after the end of the bytes: the connection is
        kept then.
        """
        decoder = AnswerDecoder(id)
        transport = self._transport
        if message["method"] == INITIALIZE:
            self.forget()
            transport = ObservedTransport(transport, self._note_session)
        request = self._request(message, headers)
        answer: WireMessage | None = None
        async with aclosing(
            receive_bursts(transport, request, error_of_response, decoder, _LOGGER)
        ) as bursts:
            async for burst in bursts:
                for one in (one for event in burst for one in decoder.feed(event)):
                    if isinstance(one, Answer):
                        answer = one
                    else:
                        yield one
        if answer is None:
            raise self._cut()
        yield answer

    async def send(self, message: JsonObject, headers: Mapping[str, str]) -> None:
        """Send a message that has no answer."""
        await send_request(
            self._transport, self._request(message, headers), _nothing, error_of_response, _LOGGER
        )

    def forget(self) -> None:
        """Forget the session."""
        self._session = self._version = None

    async def aclose(self) -> None:
        """End the session, where there is one. What goes wrong is ignored: the caller has left."""
        session, version = self._session, self._version
        self.forget()
        with anyio.move_on_after(_GOODBYE, shield=True):
            if session is not None:
                headers = {**self._headers, **request_headers(version, ""), "mcp-session-id": session}
                request = Request("DELETE", self._url, headers, b"", self._timeouts)
                with suppress(ChatError, OSError):
                    await send_request(self._transport, request, _nothing, error_of_response, _LOGGER)
        if not self._is_shared:
            await self._transport.aclose()

    def _request(self, message: JsonObject, headers: Mapping[str, str]) -> Request:
        session = {} if self._session is None else {"mcp-session-id": self._session}
        self._version = headers.get("mcp-protocol-version", self._version)
        return Request(
            "POST", self._url, {**self._headers, **headers, **session}, dump(message), self._timeouts
        )

    def _note_session(self, status: int, headers: Mapping[str, str]) -> None:
        if 200 <= status < 300:
            self._session = headers.get("mcp-session-id") or None

    def _cut(self) -> ConnectionFailed:
        error = ConnectionFailed(f"{self.address} ended its response without an answer")
        error.retryable = False  # what was to be done may have been done
        return error

    async def _tell_cancelled(self, id: int, headers: Mapping[str, str]) -> None:
        """Tell a server of an older version that a request was left; newer ones see the stream close."""
        sent = notification_message(CANCELLED, {"requestId": id, "reason": "the caller has left"})
        with anyio.move_on_after(_GOODBYE, shield=True):
            with suppress(ChatError, OSError):
                await self.send(sent, headers)


def _has_left(exc: BaseException) -> bool:
    """Return whether nobody waits for the answer any more, though it may still come."""
    return isinstance(exc, GeneratorExit | TimedOut | anyio.get_cancelled_exc_class())


def _nothing(response: Response) -> None:
    return None
