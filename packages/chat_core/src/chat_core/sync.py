"""A chat for synchronous code, also where an event loop is running: notebooks, Django views, scripts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Generic, Never, Self, cast, overload

from typing_extensions import TypeVar

from chat_core.chat.chat import Chat
from chat_core.chat.chat_stream import ChatStream
from chat_core.chat.conversation import refuse_keywords
from chat_core.chat.read_ahead import ReadAhead
from chat_core.chat.shared_loop import SharedLoop
from chat_core.chat.sync_call import SyncCall
from chat_core.provider import (
    CompletionProvider,
    EmbeddingsProvider,
    Provider,
    RerankProvider,
    StreamProvider,
)
from chat_core.tools.pause import ChatEvent
from chat_core.types.embeddings import EmbeddingsResponse
from chat_core.types.errors import ConfigurationError
from chat_core.types.messages import Messages
from chat_core.types.misuse import checked_instance
from chat_core.types.options import ChatOptions
from chat_core.types.rerank import RerankResponse
from chat_core.types.response import ChatResponse

P_co = TypeVar("P_co", bound=Provider, covariant=True)
R_co = TypeVar("R_co", covariant=True, default=ChatResponse)
V_co = TypeVar("V_co", bound=ChatResponse, covariant=True, default=ChatResponse)
D_contra = TypeVar("D_contra", contravariant=True, default=object)
T = TypeVar("T")
V = TypeVar("V", bound=ChatResponse, default=ChatResponse)

_GRACE = 1.0  # seconds that a call has to end after a Ctrl-C, before the exception goes on without it


class SyncChat(Generic[P_co, R_co, V_co, D_contra]):
    """The methods of a `Chat`, without `await`:

    `with SyncChat(chat) as chat:`. Any number of threads may use one.

    Its event loop is run by the thread that waits, so nothing runs between two calls; only where another loop
    runs in that thread does it get a thread of its own. Leaving the block ends what still runs. A process
    that forks enters it after the fork: the loop does not come along.
    """

    def __init__(self, chat: Chat[P_co, R_co, V_co, D_contra]) -> None:
        instead = "write ChatBuilder().with_model(client).build() first"
        checked_instance(chat, Chat, "SyncChat", instead)
        self._chat = chat
        self._entered: SharedLoop | None = None
        self._running: dict[SyncCall[object], None] = {}

    @overload
    def complete(
        self: SyncChat[CompletionProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    @overload
    def complete(
        self: SyncChat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    def complete(
        self: SyncChat[CompletionProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> object:
        """Do what `Chat.complete` does."""
        if unknown:
            refuse_keywords("complete", unknown)
        given = cast("Messages", messages)  # the chat looks whether it takes a text
        chat = cast("Chat[CompletionProvider, object, V_co]", self._chat)
        return self._call(lambda: chat.complete(given, options=options, deps=deps))

    @overload
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> R_co: ...
    @overload
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> R_co: ...
    def resume(
        self: SyncChat[CompletionProvider, R_co, V_co, Never],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> R_co:
        """Do what `Chat.resume` does."""
        if unknown:
            refuse_keywords("resume", unknown)
        chat = cast("Chat[CompletionProvider, R_co, V_co]", self._chat)
        return self._call(lambda: chat.resume(messages, options=options, deps=deps))

    @overload
    def stream(
        self: SyncChat[StreamProvider, ChatResponse, V_co, None],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> AbstractContextManager[Generator[ChatEvent[V_co]]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co, None],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: None = None,
    ) -> AbstractContextManager[Generator[ChatEvent[V_co]]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, ChatResponse, V_co, D_contra],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> AbstractContextManager[Generator[ChatEvent[V_co]]]: ...
    @overload
    def stream(
        self: SyncChat[StreamProvider, R_co, V_co, D_contra],
        messages: Messages,
        *,
        options: ChatOptions | None = None,
        deps: D_contra,
    ) -> AbstractContextManager[Generator[ChatEvent[V_co]]]: ...
    def stream(
        self: SyncChat[StreamProvider, object, V_co, Never],
        messages: Messages | str,
        *,
        options: ChatOptions | None = None,
        deps: object = None,
        **unknown: object,
    ) -> AbstractContextManager[Generator[ChatEvent[V_co]]]:
        """Yield what `Chat.stream` yields: `with chat.stream(messages) as events: for event in events: ...`

        The text of a turn is read ahead of the consumer; a tool runs, and a turn is begun, only when the
        consumer has taken the events before it.
        """
        if unknown:
            refuse_keywords("stream", unknown)
        given = cast("Messages", messages)  # the chat looks whether it takes a text
        chat = cast("Chat[StreamProvider, object, V_co]", self._chat)
        return self._streamed(lambda: chat.stream(given, options=options, deps=deps))

    @contextmanager
    def _streamed(self, stream: Callable[[], ChatStream[V_co]]) -> Generator[Generator[ChatEvent[V_co]]]:
        ahead = ReadAhead[ChatEvent[V_co]](self._loop)
        call = SyncCall(self._loop, lambda: _read(stream, ahead))
        try:
            self._start(call)
            yield _taken(ahead, call)
        except BaseException as exc:
            self._end(call, at_once=not isinstance(exc, Exception))
            raise
        else:
            self._end(call, at_once=False)

    def embed(
        self: SyncChat[EmbeddingsProvider, R_co, V_co, D_contra], inputs: str | Sequence[str]
    ) -> EmbeddingsResponse:
        """Do what `Chat.embed` does."""
        return self._call(lambda: self._chat.embed(inputs))

    def rerank(
        self: SyncChat[RerankProvider, R_co, V_co, D_contra],
        query: str,
        documents: Sequence[str],
        *,
        top_n: int | None = None,
    ) -> RerankResponse:
        """`Chat.rerank`."""
        return self._call(lambda: self._chat.rerank(query, documents, top_n=top_n))

    def _call(self, method: Callable[[], Awaitable[T]]) -> T:
        call = SyncCall(self._loop, method)
        try:
            self._start(call)
            return call.result()
        except (
            BaseException
        ) as exc:  # Ctrl-C, perhaps, at any point: what ends the call here has to end it there
            self._end(call, at_once=not isinstance(exc, Exception))
            raise
        finally:
            self._running.pop(call, None)

    def _start(self, call: SyncCall[T]) -> None:
        self._running[call] = None
        call.start()

    def _end(self, call: SyncCall[T], *, at_once: bool) -> None:
        """End a call and wait for it; `at_once` leaves the threads of its tools behind, and waits for
        `_GRACE` at most.
        """
        if call in self._running and not call.ended:
            call.end(at_once)
            call.wait(_GRACE if at_once else None)
        self._running.pop(call, None)

    @property
    def _loop(self) -> SharedLoop:
        if self._entered is None:
            raise ConfigurationError("use it inside its block: with SyncChat(chat) as chat: ...")
        if self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat was entered before the process forked: enter one in the new process"
            )
        if self._entered.is_running_here:
            raise ConfigurationError(
                "this code runs on the loop of this SyncChat, which cannot wait for itself: "
                "await the method of the Chat instead"
            )
        return self._entered

    def __enter__(self) -> Self:
        if self._entered is not None and not self._entered.elsewhere:
            raise ConfigurationError(
                "this SyncChat is already entered; make another one, or share it between threads"
            )
        self._entered = SharedLoop()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._entered is not None
        loop, self._entered = self._entered, None
        running, self._running = list(self._running), {}
        if loop.elsewhere:
            return  # it still runs in the other process
        for call in running:
            call.end(exc is not None and not isinstance(exc, Exception))
        for call in running:
            call.wait()
        loop.close()


async def _read(stream: Callable[[], ChatStream[V]], ahead: ReadAhead[ChatEvent[V]]) -> None:
    """Read ahead of the consumer, so that the loop is run once per batch and not once per event."""
    try:
        async with stream() as events:
            async for event in events:
                await ahead.put(event)
    finally:
        ahead.end()


def _taken(ahead: ReadAhead[ChatEvent[V]], reader: SyncCall[None]) -> Generator[ChatEvent[V]]:
    while batch := ahead.take():
        yield from batch
    reader.result()  # raises what ended the stream
