"""The connection of a session: its socket, and the codec that knows what goes over it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from chat_core.realtime.inputs import AudioInput, Clear, Commit, History, ToolResults, UserMessage
from chat_core.realtime.speech import Speech
from chat_core.realtime.updates import Resumable, SessionReady
from chat_core.types.errors import ChatError, ConnectionFailed, StreamTruncated, TimedOut

if TYPE_CHECKING:
    from chat_core.realtime.capabilities import RealtimeCapabilities
    from chat_core.realtime.inputs import RealtimeInput
    from chat_core.realtime.provider import RealtimeCodec, RealtimeProvider
    from chat_core.realtime.updates import RealtimeUpdate
    from chat_core.transport import Socket
    from chat_core.types.message import Message
    from chat_core.types.request import ChatRequest
    from chat_core.types.response import ChatResponse

_SETUP = 30.0  # seconds in which a server has to take the settings of a session
_PCM_RATE = 24000  # samples a second, where the capabilities say none


@dataclass(frozen=True, slots=True)
class Reopened:
    """The session goes on over another connection.

    `restored` says whether the server itself had kept it; else it was given the history, with the calls of
    `answered`.
    """

    restored: bool
    answered: frozenset[str] = frozenset()


class Link:
    """The connection of a session, of which there is one at a time.

    state    | what comes     | what happens
    ---------|----------------|------------------------------------------------------------------
    new      | `open()`       | open: the server has taken the settings
    open     | `disconnect()` | changing: what is sent is kept
    open     | it ends        | `StreamTruncated`; where it will be replaced, changing
    changing | `reopen()`     | open: the history, and what was kept, have been sent
    any      | `aclose()`     | closed
    """

    def __init__(self, provider: RealtimeProvider, request: ChatRequest) -> None:
        self._provider = provider
        self._request = request
        self._one_sender = anyio.Lock()
        self._kept: list[UserMessage | ToolResults] = []
        self._in_history = 0  # how many of those kept the history has too
        self.is_closed: bool = False
        self.number: int = 1
        self.is_changing: bool = False
        self.is_replaced = False  # whether an end of this connection is followed by another one
        self.handle: str | None = None
        self.capabilities: RealtimeCapabilities = provider.realtime
        self.speech: Speech = Speech(
            self.capabilities.input_rate or _PCM_RATE, not self.capabilities.manual_turns
        )

    async def open(self) -> None:
        """Open the first connection. Raises a `ChatError`."""
        self._socket, self._codec = await self._connected(None)

    @property
    def is_busy(self) -> bool:
        """Whether something is being sent."""
        return self._one_sender.locked()

    async def send(self, given: RealtimeInput) -> bool:
        """Encode an input and send it. Return whether there was anything to send."""
        while True:
            codec = self._codec
            messages = codec.encode(given)
            if not messages:
                return False
            if self.is_changing:
                self._keep(given)
                return True
            async with self._one_sender:  # what belongs together is not mixed with what others send
                if codec is self._codec and not self.is_changing:
                    await self._send(given, messages)
                    return True

    def read(self, message: str | bytes) -> Sequence[RealtimeUpdate]:
        """Return what a message of the server says."""
        return self._codec.feed(message)

    async def messages(self) -> AsyncGenerator[str | bytes]:
        """Yield the messages of the server as they arrive. Raises `ConnectionFailed` where they end."""
        socket = self._socket
        while True:
            yield await socket.receive()

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        return self._codec.partial()

    def disconnect(self) -> None:
        """Note that this connection is to be replaced. What is sent from now on is kept."""
        self.number += 1
        self.is_changing = True
        self._in_history = len(self._kept)

    async def reopen(self, turns: Sequence[Message]) -> Reopened:
        """Open another connection, and bring it to where the last one was. Raises a `ChatError`.

        `turns` are the conversation as it was at `disconnect()`.
        """
        await self._close_socket()  # a server may refuse a second connection of one session
        (socket, codec), restored = await self._reconnected()
        try:
            answered: frozenset[str] = frozenset()
            if not restored and turns:
                calls = (call for message in turns for call in message.tool_calls)
                answered = frozenset(call.id for call in calls if call.resolved)
                await _send_all(socket, codec, [History(turns)])
            await self._send_kept(socket, codec, 0 if restored else self._in_history)
            if self.is_closed:
                raise ConnectionFailed("the session was closed on this side")
        except BaseException:
            await _close(socket)
            raise
        self._socket, self._codec = socket, codec
        self.is_changing = False
        self._kept.clear()
        return Reopened(restored, answered)

    async def aclose(self) -> None:
        """Close the connection."""
        self.is_closed = True
        await self._close_socket()

    def truncated(self, cause: ChatError) -> StreamTruncated:
        """Return the error of a session that was closed, with the response that it was at."""
        return _truncated(self._codec, cause)

    async def _send(self, given: RealtimeInput, messages: Sequence[str | bytes]) -> None:
        number = self.number
        try:
            for message in messages:
                await self._socket.send(message)
        except ConnectionFailed as exc:
            if not (self.is_replaced or number != self.number):
                raise self.truncated(exc) from exc
            self.is_changing = True
        if self.is_changing:  # whether it arrived is not known
            self._keep(given)
        elif isinstance(given, AudioInput | Commit | Clear):
            self.speech.add(given, sent=True)

    def _keep(self, given: RealtimeInput) -> None:
        match given:
            case AudioInput() | Commit() | Clear():
                self.speech.add(given, sent=False)
            case UserMessage():
                self._kept.append(given)
            case ToolResults(calls):
                self._kept.append(ToolResults(calls, earlier=True))
            case _:  # requests are made again by who made them; there is nothing to interrupt
                pass

    async def _reconnected(self) -> tuple[tuple[Socket, RealtimeCodec], bool]:
        if self.handle is not None:
            try:
                return await self._connected(self.handle), True
            except ChatError as error:
                if error.retryable and not isinstance(error, StreamTruncated):
                    raise
                self.handle = None  # the server does not have that session any more
        return await self._connected(None), False

    async def _send_kept(self, socket: Socket, codec: RealtimeCodec, at: int) -> None:
        self.speech.begin_again()
        while self.speech.unsent or at < len(self._kept):  # more may come meanwhile
            if at < len(self._kept):
                given: RealtimeInput = self._kept[at]
                at += 1
            else:
                given = self.speech.next_unsent()
            await _send_all(socket, codec, [given])

    async def _connected(self, handle: str | None) -> tuple[Socket, RealtimeCodec]:
        codec = self._provider.open_codec(self._request, handle)
        socket = await self._provider.connect()
        try:
            with anyio.move_on_after(_SETUP):
                await self._set_up(socket, codec)
                return socket, codec
            raise TimedOut("first_event", _SETUP)
        except BaseException:
            await _close(socket)
            raise

    async def _set_up(self, socket: Socket, codec: RealtimeCodec) -> None:
        try:
            for message in codec.begin():
                await socket.send(message)
            is_ready = False
            while not is_ready:
                for update in codec.feed(await socket.receive()):
                    is_ready = is_ready or isinstance(update, SessionReady)
                    self.handle = update.handle if isinstance(update, Resumable) else self.handle
        except ConnectionFailed as exc:
            raise _truncated(codec, exc) from exc

    async def _close_socket(self) -> None:
        await _close(self._socket)


async def _send_all(socket: Socket, codec: RealtimeCodec, inputs: Iterable[RealtimeInput]) -> None:
    for given in inputs:
        for message in codec.encode(given):
            await socket.send(message)


async def _close(socket: Socket) -> None:
    with anyio.CancelScope(shield=True):
        await socket.aclose()


def _truncated(codec: RealtimeCodec, cause: ChatError) -> StreamTruncated:
    error = StreamTruncated(f"the session was closed before it was left: {cause}", partial=codec.partial())
    error.__cause__ = cause
    return error
