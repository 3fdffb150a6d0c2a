"""A session: a conversation that goes both ways over one connection."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio

from chat_core.chat.at_work import AtWork
from chat_core.chat.calls import Calls
from chat_core.chat.checkpoints import Checkpoints
from chat_core.chat.inputs import SentInput
from chat_core.chat.step_tools import StepTools
from chat_core.chat.tool_runner import ToolRunner
from chat_core.realtime.events import Interrupted
from chat_core.realtime.inbox import Due, Failed, Inbox, Item, Lost, Received
from chat_core.realtime.inputs import Clear, Commit, History, Interrupt, Respond
from chat_core.realtime.link import Link, Reopened
from chat_core.realtime.reading import Reading, SessionEvent
from chat_core.realtime.record import Record
from chat_core.realtime.renewal import Renewal
from chat_core.realtime.sending import Sending
from chat_core.realtime.tool_work import Batch, ToolWork
from chat_core.types.errors import (
    ChatError,
    ConfigurationError,
    ConnectionFailed,
    StreamTruncated,
    UnresolvedTool,
)
from chat_core.types.events import ToolProgress
from chat_core.types.files import File
from chat_core.types.messages import Messages
from chat_core.types.parts import Opaque
from chat_core.types.request import ChatRequest
from chat_core.types.run import Run

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from chat_core.chat.setup import Setup
    from chat_core.realtime.provider import RealtimeProvider

_SEND = 30.0  # seconds in which what follows from a message has to be sent


class RealtimeSession:
    """What `async with chat.session(messages) as session` gives: send at any time, and iterate for events.

    Each response ends in one `Done`. Tools run beside the session, and their results are sent together once
    the response that called them is done. Calls that wait are in a `Paused`, and the session goes on; after a
    decision, `resume()` answers them. Leaving the block closes the connection; what still waits then stays in
    `messages`, for `chat.resume`. One task iterates, any may send. A session is used once: its methods raise
    `ConfigurationError` before it is open, and what ended it afterwards.
    """

    def __init__(
        self,
        provider: RealtimeProvider,
        setup: Setup,
        messages: Messages,
        deps: object = None,
        *,
        keep_audio: bool = False,
        reconnect: bool = False,
    ) -> None:
        self.messages = messages
        self._provider = provider
        self._setup = setup
        self._deps = deps
        self._keep_audio = keep_audio
        self._reconnect = reconnect
        self._at_work = AtWork(messages)
        self._checkpoints = Checkpoints(setup.checkpoint, messages)
        self._state = "new"
        self._events: deque[SessionEvent | Exception] = deque()
        self._ended: Exception | None = None

    async def __aenter__(self) -> Self:
        """Open the connection. Raises a `ChatError`, `UnresolvedTool` where a call of the history is open."""
        if self._state != "new":
            raise ConfigurationError("a session is used once: call chat.session(messages) again")
        self._state = "open"
        if open_calls := tuple(call for call in self.messages.calls if not call.resolved):
            raise UnresolvedTool(open_calls)
        self._setup.tools.check_deps(self._deps)
        self._at_work.__enter__()
        try:
            tools = StepTools(self._setup.tools, self.messages, self._deps)
            offered = (await tools.of_next_turn()).definitions
            schema = self._setup.output.schema if self._setup.output else None
            request = ChatRequest(self.messages, offered, self._setup.options, schema)
            self._link = Link(self._provider, request)
            await self._link.open()
        except BaseException:
            self._at_work.__exit__()
            raise
        try:
            await self._begin(tools)
        except BaseException as error:
            await self._leave(error)
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._leave(exc)

    async def aclose(self) -> None:
        """Close the connection, and so end the iteration; leaving the block does it too."""
        if self._state == "open":
            self._state = "closed"
            await self._link.aclose()
            self._inbox.notify()

    async def send(
        self,
        content: str | File | Opaque | bytes,
        *,
        respond: bool | None = None,
        keep: bool = True,
        id: str | None = None,
    ) -> SentInput | None:
        """Send a text, a file, a piece of speech, or a block of the provider's own, such as an approval.

        A text, and a recording as a `File`, is a turn of the user's that the model answers; an image is for
        it to look at with the turn that follows. `respond` says otherwise. Without `keep`, for frames of
        video, it is not in `messages`. Bytes are more of the user's speech, at `realtime.input_rate`, whose
        end the server hears, or `commit()` tells. Of anything else the input is returned; an `id` that was
        sent before is not sent again. Raises `ConfigurationError`, and `StreamTruncated`.
        """
        self._check_open()
        return await self._sending.send(content, respond, keep=keep, id=id)

    async def commit(self) -> None:
        """End the user's turn of speech, and request an answer: for push to talk."""
        self._check_open()
        await self._link.send(Commit())
        await self._reading.request(Respond())

    async def clear(self) -> None:
        """Forget speech that was sent since the last turn."""
        self._check_open()
        await self._link.send(Clear())

    async def respond(
        self,
        instructions: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        apart: bool = False,
    ) -> None:
        """Request a response; while the server is at another, as soon as that has ended.

        `instructions` take the place of the session's for this one. With `apart` it is not part of the
        conversation, on either side. `metadata` comes back in `response.raw`.
        """
        self._check_open()
        await self._reading.request(Respond(instructions, dict(metadata or {}), apart))

    async def interrupt(self, played_ms: int | None = None) -> None:
        """Stop the model. `played_ms` is how much of its last piece of speech was played, in milliseconds.

        Its turn in `messages` is cut there and marked as interrupted. Of the response only `Done` follows.
        """
        self._check_open()
        await self._link.send(Interrupt(played_ms))
        self._reading.interrupted(played_ms)
        self._events.append(Interrupted())
        self._inbox.notify()

    async def cancel(self) -> None:
        """Stop the model: `interrupt()`, where it is not known how much was played."""
        await self.interrupt()

    async def resume(self) -> None:
        """Answer the calls that have been decided since they were in a `Paused`."""
        self._check_open()
        self._work.resume()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionEvent:
        """Return the next event. Raises a `ChatError`; after `StreamTruncated` the session has ended."""
        while not self._events:
            if self._state != "open":
                raise StopAsyncIteration
            if self._ended is not None:
                raise self._ended
            self._work.resume(failed=False)
            item = await self._inbox.take()
            try:
                with anyio.move_on_after(_SEND, shield=True) as sending:  # what was read is dealt with whole
                    await self._take(item)
                if sending.cancelled_caught:
                    self._lost(ConnectionFailed("the server takes no more messages"))
            except StreamTruncated as error:
                self._renewal.send_failed(error)
            if self._renewal.is_due and self._reading.is_quiet:
                self._replace_connection()
            await self._checkpoints.save()
        event = self._events.popleft()
        if isinstance(event, Exception):
            raise event
        return event

    async def _take(self, item: Item | None) -> None:
        match item:
            case Received(number, message):
                if number == self._link.number:
                    await self._reading.take(message)
            case Batch():
                await self._reading.tools_ended(item)
            case ToolProgress():
                self._events.append(item)
            case Lost(number, error):
                if number == self._link.number:
                    self._lost(error)
            case Due():
                if self._renewal.note(item):
                    self._replace_connection()
            case Reopened():
                await self._reading.reconnected(item)
            case Failed(error):
                self._end(self._link.truncated(error))
            case None:
                return  # something changed on this side

    def _lost(self, error: ChatError) -> None:
        if self._link.is_replaced and isinstance(error, ConnectionFailed):
            self._replace_connection(error)
        else:
            self._end(self._link.truncated(error))

    def _replace_connection(self, lost: ChatError | None = None) -> None:
        self._renewal.replace(self._reading.disconnected(), lost)

    def _end(self, error: StreamTruncated) -> None:
        if self._ended is None:
            self._ended = error
            self._renewal.stop()
            self._reading.cut(error.partial)
            self._events.append(error)

    async def _begin(self, tools: StepTools) -> None:
        self._tasks: TaskGroup = await anyio.create_task_group().__aenter__()
        self._inbox = Inbox()
        hooks = self._setup.hooks.tools if self._setup.hooks else ()
        run = Run(self.messages, self._provider, self._deps)
        new_runner = partial(ToolRunner, tools, self.messages, self._checkpoints, hooks, run)
        self._work = ToolWork(new_runner, self._tasks, self._inbox.put)
        rate = self._link.capabilities.output_rate
        record = Record(self.messages, Calls(self.messages), rate, self._keep_audio)
        self._renewal = Renewal(
            self._link, self._inbox, self._tasks, self._setup.retry, after_loss=self._reconnect
        )
        self._reading = Reading(
            self._link, record, self._work, self._renewal, self._events, self._setup.max_steps
        )
        self._sending = Sending(self._link, self._reading)
        if record.turns:
            await self._link.send(History(record.turns))
        self._renewal.begin()

    async def _leave(self, exc: BaseException | None) -> None:
        was_cut = self._ended is not None
        self._state = "closed"
        try:
            await self._link.aclose()
            if hasattr(self, "_tasks"):
                if not was_cut:
                    self._reading.cut(self._link.partial())
                try:
                    self._tasks.cancel_scope.cancel()
                    await self._tasks.__aexit__(None, None, None)
                finally:
                    self._inbox.close()
        finally:
            self._at_work.__exit__()
            if exc is None:
                await self._checkpoints.save()
            else:
                await self._checkpoints.save_on_the_way_out(exc)

    def _check_open(self) -> None:
        if self._state != "open":
            raise ConfigurationError("the session is not open: async with chat.session(messages) as session")
        if self._ended is not None:
            raise self._ended
