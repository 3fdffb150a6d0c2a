"""The base of every provider's client: a server, requests to it, and its end."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Generic, Self, TypeVar

from chat_core.client.error_advice import DecodeError, with_advice
from chat_core.client.exchange import StreamDecoder, send_request, stream_response
from chat_core.client.paths import joined_url
from chat_core.transport import Request, Socket, Timeouts, Transport
from chat_core.types.errors import ConfigurationError
from chat_core.types.events import TurnEvent
from chat_core.types.misuse import checked_text
from chat_core.types.native import Origin
from chat_core.wire.error_body import decode_error
from chat_core.wire.write import dump

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What a client was built with. A provider's own settings extend it.

    `key_advice` says where the key came from, for the error of a server that refuses it. Raises
    `ConfigurationError` for a model's name that is empty or has white space around it.
    """

    model: str
    base_url: str
    transport: Transport
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    timeouts: Timeouts = Timeouts()
    key_advice: str = ""

    def __post_init__(self) -> None:
        checked_text(self.model, "with_model", '"gpt-5.6"')
        if self.model != self.model.strip():
            raise ConfigurationError(f"with_model({self.model!r}): leave out the white space around the name")


S = TypeVar("S", bound=ClientSettings)


class ProviderClient(Generic[S]):
    """A model behind an endpoint. It holds no conversation: any number of chats may share it.

    `async with` closes its connections; without, they close with the event loop. `provider` is the name that
    native data is tagged with; `decode_error` makes an error of a response that is not 2xx.
    """

    def __init__(self, settings: S, provider: str, decode_error: DecodeError = decode_error) -> None:
        self._settings = settings
        self._origin = Origin(provider, settings.base_url, settings.model)
        self._decode_error = with_advice(
            decode_error, base_url=settings.base_url, key_advice=settings.key_advice
        )
        self._logger = logging.getLogger(type(self).__module__.partition(".")[0])

    @property
    def model(self) -> str:
        """The model that requests name."""
        return self._settings.model

    @property
    def origin(self) -> Origin:
        """The provider, endpoint and model that native data from here is tagged with."""
        return self._origin

    async def aclose(self) -> None:
        """Close the connections that are open on the running event loop."""
        await self._settings.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        settings = self._settings
        return f"{type(self).__name__}(model={settings.model!r}, base_url={settings.base_url!r})"

    def _send(
        self,
        method: str,
        path: str,
        decode: Callable[[bytes], T],
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Awaitable[T]:
        """Send a request and return what `decode` makes of the whole body of its response.

        `path` is relative to the base URL. A `body` that is an object is sent as JSON. `headers` come on top
        of the client's own.
        """
        request = self._request(method, path, body, headers)
        return send_request(
            self._settings.transport,
            request,
            lambda response: decode(response.body),
            self._decode_error,
            self._logger,
        )

    def _stream_response(
        self,
        path: str,
        decoder: StreamDecoder,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str] | None = None,
        reads_as: str | None = None,
    ) -> AsyncGenerator[TurnEvent]:
        """Send a request and yield its turn as `decoder` reads it, ending with `Done`.

        `reads_as` is the content type that the response is read as, where the server sends a vaguer one:
        "application/x-ndjson" makes an event of each line, whatever the server calls it.
        """
        request = self._request("POST", path, body, headers)
        if reads_as is not None:
            request = replace(request, reads_as=reads_as)
        return stream_response(self._settings.transport, request, decoder, self._decode_error, self._logger)

    async def _connect(self, path: str, headers: Mapping[str, str] | None = None) -> Socket:
        """Open a WebSocket at a path under the base URL.

        Raises the provider's error where the server refuses the handshake, and `ConfigurationError` where the
        transport opens no WebSockets.
        """
        from chat_core.client.open_socket import open_socket

        request = self._request("GET", path, b"", headers)
        return await open_socket(self._settings.transport, request, self._decode_error, self._logger)

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        settings = self._settings
        data = body if isinstance(body, bytes) else dump(body)
        sent = {**settings.headers, **headers} if headers else settings.headers
        return Request(method, joined_url(settings.base_url, path), sent, data, settings.timeouts)
