"""A transport to llama.cpp in this process: the requests and events of a server, without a socket."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from chat_core import ConfigurationError, JsonObject
from chat_core.transport import Event, Request, Response
from chat_core.types.short_repr import Shown, Values

from chat_local.engine import LoadedModel, Server, load
from chat_local.settings import LoadSettings

T = TypeVar("T")
_JSON = {"content-type": "application/json"}


class LocalTransport(Shown):
    """Loads a model with the first request and answers requests by it.

    `aclose` frees it; the next request loads again.
    """

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._model: LoadedModel | None = None
        self._loading = threading.Lock()
        self._running: set[threading.Thread] = set()
        self._closed = threading.Event()

    def _shown(self) -> Values:
        yield "model", self._settings.model

    @property
    def loaded(self) -> LoadedModel | None:
        """The model, if it is loaded."""
        return self._model

    async def load(self) -> LoadedModel:
        """Return the model, loaded now unless it is loaded.

        Raises `ConfigurationError` for what is missing.
        """
        return self._model if self._model is not None else await _in_thread(self._load)

    async def send(self, request: Request, /) -> Response:
        """Return the whole response. Where this is cancelled, the model still finishes it."""
        model = await self.load()
        path, body = request.url.rpartition("/v1")[2], json.loads(request.body or b"{}")
        if path == "/models":
            answer: JsonObject = {"object": "list", "data": [{"id": self._settings.model, "object": "model"}]}
        elif path == "/embeddings":
            answer = await _in_thread(partial(_answer, model.server.handle_embeddings, body))
        else:
            answer = await _in_thread(partial(_answer, model.server.handle_chat_completions, body))
        return Response(_status(answer), _JSON, json.dumps(answer).encode())

    @asynccontextmanager
    async def stream(self, request: Request, /) -> AsyncGenerator[LocalStream]:
        """Give the response as it arrives. Leaving the context stops the model at its next token."""
        model = await self.load()
        send, receive = anyio.create_memory_object_stream[JsonObject](math.inf)
        chunks = _Chunks(send, anyio.lowlevel.current_token(), self._closed)
        work = partial(self._generate, model.server, json.loads(request.body), chunks)
        thread = threading.Thread(target=work, name="chat-local", daemon=True)
        self._running.add(thread)
        thread.start()
        try:
            async with receive:
                yield await LocalStream.begun(receive)
        finally:
            chunks.left.set()

    async def aclose(self) -> None:
        """Stop what runs and free the model."""
        if self._model is not None:
            self._closed.set()
            with anyio.CancelScope(shield=True):  # a model that is half freed would be freed while it is used
                await _in_thread(self._free)

    def _load(self) -> LoadedModel:
        with self._loading:
            if self._model is None:
                self._model = load(self._settings)
            return self._model

    def _free(self) -> None:
        for thread in tuple(self._running):
            thread.join()
        with self._loading:
            self._model = None  # the last reference: the destructor ends llama.cpp's threads
            self._closed = threading.Event()

    def _generate(self, server: Server, body: Mapping[str, object], chunks: _Chunks) -> None:
        try:
            answer = _answer(partial(server.handle_chat_completions), body, chunks.add)
            if answer:  # an error
                chunks.add(answer)
        finally:
            chunks.end()
            self._running.discard(threading.current_thread())


class LocalStream:
    """The events of one response, as `chat_core.transport.EventStream` describes it."""

    def __init__(self, first: JsonObject | None, rest: MemoryObjectReceiveStream[JsonObject]) -> None:
        self._first = first
        self._rest = rest
        self.status: int = _status(first or {})
        self.headers: Mapping[str, str] = _JSON

    @staticmethod
    async def begun(chunks: MemoryObjectReceiveStream[JsonObject]) -> LocalStream:
        """Return the response when its first chunk is here, which says whether it is an error."""
        try:
            return LocalStream(await chunks.receive(), chunks)
        except anyio.EndOfStream:
            return LocalStream(None, chunks)

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return self.status == 200

    async def read(self) -> bytes:
        """Return the first chunk, which is the whole of an error."""
        return json.dumps(self._first or {}).encode()

    async def bursts(self) -> AsyncGenerator[Sequence[Event]]:
        """Yield the chunks as events, and `[DONE]` where the model has finished."""
        if self._first is not None:
            yield (Event("message", json.dumps(self._first)),)
        async for chunk in self._rest:
            yield (Event("message", json.dumps(chunk)),)
        yield (Event("message", "[DONE]"),)


class _Chunks:
    """The way of chunks from the thread of the model to the event loop that reads them."""

    def __init__(
        self,
        send: MemoryObjectSendStream[JsonObject],
        loop: anyio.lowlevel.EventLoopToken,
        closed: threading.Event,
    ) -> None:
        self._send = send
        self._loop = loop
        self._closed = closed
        self.left = threading.Event()

    def add(self, chunk: JsonObject) -> bool:
        """Hand a chunk on; return whether the model is to stop."""
        return (
            self.left.is_set()
            or self._closed.is_set()
            or not self._call(partial(self._send.send_nowait, chunk))
        )

    def end(self) -> None:
        """Say that there is no more."""
        self._call(self._send.close)

    def _call(self, action: Callable[[], None]) -> bool:
        try:
            anyio.from_thread.run_sync(action, token=self._loop)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.RunFinishedError, RuntimeError):
            return False  # the reader has left
        return True


def _answer(handle: Callable[..., JsonObject | None], *arguments: object) -> JsonObject:
    """Return what llama.cpp answers.

    What it raises becomes an error body, as its HTTP server makes one of it.
    """
    try:
        return handle(*arguments) or {}
    except ConfigurationError:
        raise
    except Exception as exc:  # it raises ValueError and RuntimeError for requests that it cannot serve
        return {"error": {"code": 400, "type": "invalid_request_error", "message": str(exc)}}


def _status(answer: JsonObject) -> int:
    error = answer.get("error")
    if not error:
        return 200
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


async def _in_thread(work: Callable[[], T]) -> T:
    """Return the result of work that blocks.

    A limiter of its own: other work of the application waits for no model.
    """
    limiter = anyio.CapacityLimiter(1)
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=limiter)
