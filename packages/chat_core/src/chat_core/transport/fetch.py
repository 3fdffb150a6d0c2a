"""`FetchTransport`: requests by JavaScript's `fetch`, for Python in the browser and in Node.js (Pyodide)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from typing import Protocol, cast

from chat_core.transport import EventStream, Request, Response
from chat_core.transport.http_request import check_headers, server_of
from chat_core.transport.http_stream import Head, HttpStream
from chat_core.transport.sizes import read_whole
from chat_core.types.errors import ChatError, ConfigurationError, ConnectionFailed
from chat_core.types.runtime import IN_PYODIDE
from chat_core.types.short_repr import Shown, Values


class FetchTransport(Shown):
    """Requests by `fetch`: what clients use in Pyodide unless they are given another transport.

    Leaving a response before its end aborts the request. Redirects are not followed and no cookies are sent.
    `fetch` does not say when a connection is established, so `timeouts.connect` has no effect; `first_event`
    limits the whole wait. A response, or one event of a stream, of more than `max_bytes` is refused with
    `InvalidResponse`. Proxies, certificates and compression are the runtime's own, and so are some headers,
    such as `Host` and `User-Agent`. Raises `ConfigurationError` outside Pyodide.
    """

    def __init__(self, *, max_bytes: int = 128 * 1024 * 1024) -> None:
        if not IN_PYODIDE:
            raise ConfigurationError("FetchTransport works in Pyodide only: use HttpTransport")
        self._max_bytes = max_bytes

    def _shown(self) -> Values:
        yield from ()

    async def send(self, request: Request, /) -> Response:
        """Send the request and return the whole response, whatever its status."""
        async with _fetched(request) as fetched, aclosing(fetched.chunks()) as chunks:
            return Response(
                fetched.head.status, fetched.head.headers, await read_whole(chunks, self._max_bytes)
            )

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[EventStream]:
        """Send the request and give the response as it arrives. Leaving before its end aborts it."""
        async with _fetched(request) as fetched:
            stream = HttpStream(fetched.head, fetched.chunks(), self._max_bytes, request.reads_as)
            async with aclosing(stream):
                yield stream

    async def aclose(self) -> None:
        """Do nothing: the runtime keeps the connections."""


class _Fetched:
    """A response whose head has arrived."""

    def __init__(self, response: _JsResponse, server: str) -> None:
        headers = {name.lower(): value for name, value in response.headers.entries()}
        self.head = Head(response.status, headers)
        self._body = response.body
        self._server = server

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield the body. Raises `ConnectionFailed` where the connection is cut."""
        if self._body is None:
            return
        reader = self._body.getReader()
        failure = _js_exception()
        while True:
            try:
                part = await reader.read()
            except failure as exc:
                reason = _reason(exc)
                raise ConnectionFailed(
                    f"{self._server} closed the connection in the middle of the response: {reason}"
                ) from None
            if part.done or part.value is None:
                return
            yield part.value.to_bytes()


@asynccontextmanager
async def _fetched(request: Request) -> AsyncGenerator[_Fetched]:
    """Give a response when its head has arrived, and abort it on leaving. After its end that does nothing."""
    check_headers(request)
    server = server_of(request.url)
    abort = _js().AbortController.new()
    try:
        try:
            response = await _js().fetch(request.url, _options(request, abort.signal))
        except _js_exception() as exc:
            raise _unreachable(server, _reason(exc)) from None
        if response.status == 0:  # a browser shows nothing of a redirect that it does not follow
            raise _unreachable(server, "it redirects to another address")
        yield _Fetched(response, server)
    finally:
        abort.abort()


def _options(request: Request, signal: object) -> object:
    body = _ffi().to_js(request.body) if request.body else None
    options: dict[str, object] = {
        "method": request.method,
        "headers": dict(request.headers),
        "signal": signal,
        "redirect": "manual",  # the key would go to another server
        "credentials": "omit",
        "cache": "no-store",
    }
    if body is not None:
        options["body"] = body
    return _ffi().to_js(options, dict_converter=_js().Object.fromEntries)


def _unreachable(server: str, reason: str) -> ChatError:
    return ConnectionFailed(
        f"no response came from {server}: {reason}; is the server running, is the base URL right, and, in a "
        "browser, does the server allow requests of this page (CORS)?"
    )


def _reason(exc: BaseException) -> str:
    """Return what JavaScript says of a failure, and of its cause, which in Node.js says more."""
    cause = getattr(exc, "cause", None)
    deeper = "" if cause is None else str(getattr(cause, "message", "") or getattr(cause, "code", ""))
    message = str(getattr(exc, "message", exc))
    return f"{message}: {deeper}" if deeper else message


def _js() -> _Js:
    return cast("_Js", import_module("js"))


def _ffi() -> _Ffi:
    return cast("_Ffi", import_module("pyodide.ffi"))


def _js_exception() -> type[BaseException]:
    return cast("type[BaseException]", import_module("pyodide.ffi").JsException)


class _JsBytes(Protocol):
    def to_bytes(self) -> bytes: ...


class _Part(Protocol):
    @property
    def done(self) -> bool: ...
    @property
    def value(self) -> _JsBytes | None: ...


class _Reader(Protocol):
    def read(self) -> Awaitable[_Part]: ...


class _Body(Protocol):
    def getReader(self) -> _Reader: ...  # noqa: N802  JavaScript's name


class _JsHeaders(Protocol):
    def entries(self) -> Iterable[tuple[str, str]]: ...


class _JsResponse(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> _JsHeaders: ...
    @property
    def body(self) -> _Body | None: ...


class _Abort(Protocol):
    @property
    def signal(self) -> object: ...
    def abort(self) -> None: ...


class _New(Protocol):
    def new(self) -> _Abort: ...


class _Object(Protocol):
    def fromEntries(self, entries: object, /) -> object: ...  # noqa: N802  JavaScript's name


class _Js(Protocol):
    """What is used of JavaScript's global names (the standards "Fetch" and "Streams")."""

    @property
    def AbortController(self) -> _New: ...  # noqa: N802  JavaScript's name
    @property
    def Object(self) -> _Object: ...  # noqa: N802  JavaScript's name
    def fetch(self, url: str, options: object, /) -> Awaitable[_JsResponse]: ...


class _Ffi(Protocol):
    """What is used of `pyodide.ffi`."""

    def to_js(self, value: object, /, *, dict_converter: object = None) -> object: ...
