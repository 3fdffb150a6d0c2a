"""Transports around a transport that give each request what the server accepts it by: a token, or a
signature.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TypeAlias

from chat_core.client.credentials import Credentials
from chat_core.client.duplex import duplex
from chat_core.client.secrets import scrub_secrets, scrubbed_body
from chat_core.transport import Event, EventStream, HandshakeRefused, Request, Response, Socket, Transport
from chat_core.types.errors import ChatError
from chat_core.types.short_repr import Shown, Values

Corrects: TypeAlias = Callable[[int, Mapping[str, str], bytes], bool]
"""Return whether a request that was answered with this status, these headers and this body is worth another
signature, such as one with the server's time."""

Sign: TypeAlias = Callable[[Request], Request | Awaitable[Request]]
"""Return the request with what proves who sends it.

It has all that a signature covers: method, URL, headers, body.
"""

_SIGNATURE: Mapping[str, str] = {"authorization": "***"}


class Authorized(Shown):
    """Sends each request with a token, in `Authorization: Bearer`.

    After a status 401 the token is refreshed and the request sent once more: nothing of a turn has come by
    then. The token reaches nothing above this transport: responses and errors that repeat it are scrubbed.
    """

    def __init__(self, transport: Transport, credentials: Credentials) -> None:
        self._transport = transport
        self._credentials = credentials

    def _shown(self) -> Values:
        yield "", self._transport

    @property
    def added_headers(self) -> Mapping[str, str]:
        """What is added to the headers of each request, with `***` for the token."""
        return {"authorization": "Bearer ***"}

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response."""
        token = await self._credentials.token()
        response = await self._send(request, token)
        if response.status != 401:
            return response
        renewed = await self._credentials.renewed(token)
        return response if renewed == token else await self._send(request, renewed)

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives."""
        token = await self._credentials.token()
        async with self._stream(request, token) as response:
            if response.status != 401:
                yield response
                return
            refused = Refused(response.status, response.headers, await response.read())
        renewed = await self._credentials.renewed(token)
        if renewed == token:
            yield refused
            return
        async with self._stream(request, renewed) as response:
            yield response

    async def connect(self, request: Request, /) -> Socket:
        """Open a WebSocket whose handshake has the token.

        Raises `HandshakeRefused` where the server refuses it, without the token in what it says.
        """
        token = await self._credentials.token()
        try:
            return await self._connect(request, token)
        except HandshakeRefused as refused:
            if refused.response.status != 401:
                raise
            renewed = await self._credentials.renewed(token)
            if renewed == token:
                raise
        return await self._connect(request, renewed)

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        await self._transport.aclose()

    async def _connect(self, request: Request, token: str) -> Socket:
        authorized = _with_token(request, token)
        try:
            return await duplex(self._transport).connect(authorized)
        except ChatError as error:
            scrub_secrets(error, authorized)
            raise
        except HandshakeRefused as refused:
            response = refused.response
            raise HandshakeRefused(replace(response, body=_scrubbed_bytes(response.body, token))) from None

    async def _send(self, request: Request, token: str) -> Response:
        authorized = _with_token(request, token)
        try:
            response = await self._transport.send(authorized)
        except ChatError as error:
            scrub_secrets(error, authorized)
            raise
        return replace(response, body=_scrubbed_bytes(response.body, token))

    @asynccontextmanager
    async def _stream(self, request: Request, token: str) -> AsyncGenerator[EventStream]:
        authorized = _with_token(request, token)
        try:
            async with self._transport.stream(authorized) as response:
                yield _Scrubbed(response, authorized, token)
        except ChatError as error:
            scrub_secrets(error, authorized)
            raise


class Signed(Shown):
    """Sends each request as `sign` returns it, such as with an AWS signature. Every retry is signed anew.

    `sign` may be sync or async. Where `corrects` returns True for a response that is not 2xx, the request is
    signed and sent once more: nothing of a turn has come by then. Errors that repeat a header's secret are
    scrubbed.
    """

    def __init__(
        self,
        transport: Transport,
        sign: Sign,
        corrects: Corrects | None = None,
        *,
        adds: Mapping[str, str] = _SIGNATURE,
    ) -> None:
        """`adds` are the headers of a signature, for explanations of requests, without secrets."""
        self._adds = adds
        self._transport = transport
        self._sign = sign
        self._corrects = corrects

    def _shown(self) -> Values:
        yield "", self._transport

    @property
    def added_headers(self) -> Mapping[str, str]:
        """What is added to the headers of each request, with `***` for the signature."""
        return self._adds

    async def send(self, request: Request, /) -> Response:
        """Send the signed request and return the whole response."""
        response = await self._send(request)
        if response.ok or not self._is_correctable(response.status, response.headers, response.body):
            return response
        return await self._send(request)

    async def _send(self, request: Request) -> Response:
        signed = await self._signed(request)
        try:
            response = await self._transport.send(signed)
            return response if response.ok else replace(response, body=scrubbed_body(response.body, signed))
        except ChatError as error:
            scrub_secrets(error, signed)
            raise

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the signed request and give the response as it arrives."""
        async with self._stream(request) as response:
            if response.ok or self._corrects is None:
                yield response
                return
            refused = Refused(response.status, response.headers, await response.read())
        if not self._is_correctable(refused.status, refused.headers, await refused.read()):
            yield refused
            return
        async with self._stream(request) as response:
            yield response

    def _is_correctable(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        return self._corrects is not None and self._corrects(status, headers, body)

    @asynccontextmanager
    async def _stream(self, request: Request) -> AsyncGenerator[EventStream]:
        signed = await self._signed(request)
        try:
            async with self._transport.stream(signed) as response:
                yield response
        except ChatError as error:
            scrub_secrets(error, signed)
            raise

    async def connect(self, request: Request, /) -> Socket:
        """Open a WebSocket whose handshake is signed."""
        signed = await self._signed(request)
        try:
            return await duplex(self._transport).connect(signed)
        except ChatError as error:
            scrub_secrets(error, signed)
            raise

    async def aclose(self) -> None:
        """Close what is open on the running event loop."""
        await self._transport.aclose()

    async def _signed(self, request: Request) -> Request:
        signed = self._sign(request)
        return await signed if inspect.isawaitable(signed) else signed


class Refused:
    """A response that was read whole, as an `EventStream`."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.ok = False
        self._body = body

    async def read(self) -> bytes:
        """Return the whole body."""
        return self._body

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        """Yield one empty burst: the status is not 2xx, and the body is no event stream."""
        yield ()


class _Scrubbed:
    """An `EventStream` without the token that its request carried."""

    def __init__(self, response: EventStream, request: Request, token: str) -> None:
        self._response = response
        self._request = request
        self._token = token

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def ok(self) -> bool:
        return self._response.ok

    async def read(self) -> bytes:
        return _scrubbed_bytes(await self._response.read(), self._token)

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        try:
            async with aclosing(self._response.bursts()) as bursts:
                async for burst in bursts:
                    if any(self._token in event.data for event in burst):
                        yield [event._replace(data=event.data.replace(self._token, "***")) for event in burst]
                    else:
                        yield burst
        except ChatError as error:
            scrub_secrets(error, self._request)
            raise


def _with_token(request: Request, token: str) -> Request:
    return replace(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def _scrubbed_bytes(body: bytes, token: str) -> bytes:
    secret = token.encode()
    return body.replace(secret, b"***") if secret in body else body
