"""What a session does with what it reads: the rules of responses, tools and the conversation."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chat_core.realtime.events import (
    AudioChunk,
    Interrupted,
    Reconnected,
    SpeechStarted,
    SpeechStopped,
    Transcript,
)
from chat_core.realtime.inputs import Respond, ToolResults
from chat_core.realtime.link import Link, Reopened
from chat_core.realtime.record import Record
from chat_core.realtime.renewal import Renewal
from chat_core.realtime.tool_work import Batch, ToolWork
from chat_core.realtime.updates import (
    CallsCancelled,
    InputRefused,
    Leaving,
    RealtimeUpdate,
    ResponseRefused,
    ResponseStarted,
    Resumable,
    SessionReady,
    UserSpoke,
)
from chat_core.tools.pause import Paused
from chat_core.types.errors import StepLimitReached
from chat_core.types.events import (
    Done,
    ReasoningChunk,
    RefusalChunk,
    TextChunk,
    ToolCallChunk,
    ToolCalled,
    ToolProgress,
    ToolResult,
)
from chat_core.types.message import Message
from chat_core.types.response import ChatResponse

SessionEvent: TypeAlias = (
    AudioChunk
    | Transcript
    | SpeechStarted
    | SpeechStopped
    | Interrupted
    | Reconnected
    | TextChunk
    | ReasoningChunk
    | RefusalChunk
    | ToolCallChunk
    | ToolCalled
    | ToolProgress
    | ToolResult
    | Paused
    | Done
)


@dataclass(slots=True)
class Reading:
    """The state of a session. At most one response is requested or under way; a further one waits.

    state     | what comes                    | what happens
    ----------|-------------------------------|-----------------------------------------------------------
    idle      | a response is wanted          | it is requested
    requested | `ResponseStarted`             | it is under way
    requested | `ResponseRefused`             | it is wanted: the server has begun another by itself
    under way | `Done`                        | its turn is in the conversation, its calls begin
    under way | a response is wanted          | it is requested after `Done`
    any       | the user speaks               | one that is wanted waits: the server will answer all by itself
    any       | a batch of calls is resolved  | the results are sent; when all are, a response is wanted
    any       | the connection changes        | a response under way ends; one that was requested is wanted
    """

    link: Link
    record: Record
    work: ToolWork
    renewal: Renewal
    events: deque[SessionEvent | Exception]
    max_steps: int
    active: ResponseStarted | None = None
    requested: Respond | None = None
    wanted: Respond | None = None
    is_owed: bool = False  # whether the server is to answer by itself, and has not begun
    is_answered: bool = False  # whether the server answers what was requested by itself, after speech
    speaks: bool = False  # whether speech of the active response has come; else an earlier one is played
    is_changing: bool = False
    steps: int = 0
    _ended: list[Batch] = field(default_factory=list[Batch])  # while the connection changed

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way that another connection would not know of."""
        return not (
            self.active is not None
            or self.requested is not None
            or self.wanted is not None
            or self.is_owed
            or self.link.speech.is_open
            or self.link.is_busy
            or self.work.is_running
            or (self.link.capabilities.transcribes and self.record.awaits_words)
        )

    async def request(self, respond: Respond) -> None:
        """Request a response, or keep it for later while there is one."""
        if self.active is not None or self.requested is not None or self.is_changing:
            self.wanted = respond
        elif await self.link.send(respond):
            self.requested = respond
        else:
            self.is_owed = True

    def user_sent(self, message: Message) -> None:
        """Note what the user wrote."""
        self.steps = 0
        self.record.user(message, during_response=self._is_answering)

    def interrupted(self, played_ms: int | None) -> None:
        """Note that the model was stopped: chunks of its response that nobody has read are dropped."""
        self.wanted, self.is_owed = None, False
        if self.active is not None:
            unread = [event for event in self.events if not _is_chunk(event)]
            self.events.clear()
            self.events.extend(unread)
        if not self.speaks and played_ms is not None:
            self.record.cut(played_ms)

    def cut(self, partial: ChatResponse) -> None:
        """Note what there is of a response whose connection has ended."""
        if self._is_answering and partial.message.parts:
            self.record.model(partial)
        self.record.end_response()
        self.active = self.requested = None
        self.speaks = self.is_answered = False

    def disconnected(self) -> Sequence[Message]:
        """Note that the connection changes, and return the turns so far.

        A response that has begun ends here, one that has not is wanted.
        """
        partial = self.link.partial()
        if self.active is None:
            owed = Respond() if self.is_owed else None
            self.wanted = self.wanted or self.requested or owed
        else:
            self.events += [Interrupted(), Done(partial)]
        self.cut(partial)
        self.record.forget_speech()
        self.is_owed = False
        self.is_changing = True
        return self.record.turns

    async def reconnected(self, reopened: Reopened) -> None:
        """Go on over another connection."""
        self.is_changing = False
        self.events.append(Reconnected(reopened.restored))
        self.work.reconnected(reopened.answered)
        ended, self._ended = self._ended, []
        for batch in ended:
            await self.tools_ended(batch)
        await self._request_wanted()

    async def take(self, message: str | bytes) -> None:
        """Read one message of the server."""
        for update in self.link.read(message):
            await self._update(update)

    async def tools_ended(self, batch: Batch) -> None:
        """Send the results of a pass over calls, and say which wait."""
        if self.is_changing:
            self._ended.append(batch)
            return
        self.events.extend(self.work.end(batch))
        resolved = batch.take_resolved()
        if batch.error is not None:
            self.events.append(batch.error)
            batch.error = None
        if (paused := batch.paused()) is not None:
            self.events.append(paused)
        was_sent = True
        if unknown := [call for call in resolved if call.id not in batch.in_history]:
            was_sent = await self.link.send(ToolResults(unknown, batch.is_earlier))
        if not resolved or batch.unanswered:
            return
        if not self.link.capabilities.requests_responses:
            self.is_owed = self.is_owed or was_sent
            return
        if self.steps >= self.max_steps:
            self.events.append(StepLimitReached(self.max_steps))
        elif self._user_speaks:
            self.wanted = self.wanted or Respond()
        else:
            await self.request(Respond())

    @property
    def _is_answering(self) -> bool:
        """Whether a response is under way that is part of the conversation."""
        return self.active is not None and not self.active.apart

    @property
    def _user_speaks(self) -> bool:
        """Whether the user is in the middle of a turn that the server answers by itself."""
        return self.link.capabilities.answers_speech and self.link.speech.is_heard

    async def _update(self, update: RealtimeUpdate) -> None:
        match update:
            case ResponseStarted():
                if self.requested is None:  # the server began it by itself: so the user's turn has ended
                    self.link.speech.is_heard = False
                self.active = update
                self.is_owed = self.speaks = False
            case Done():
                await self._done(update.response)
            case ResponseRefused():
                again = None if self.is_answered else self.requested
                self.wanted, self.requested, self.is_answered = self.wanted or again, None, False
            case InputRefused(error, ends_response):
                if ends_response:
                    self.cut(error.partial or ChatResponse(Message("model")))
                self.events.append(error)
                await self._request_wanted()
            case UserSpoke(item):
                self.steps = 0
                if self.link.capabilities.answers_speech:
                    self.is_owed = True
                    self.is_answered = self.requested is not None and not self.requested.apart
                    self.wanted = self.wanted if self.wanted is not None and self.wanted.apart else None
                self.link.speech.turn_ended()
                self.record.user_spoke(item, during_response=self._is_answering)
            case SessionReady() | CallsCancelled() | Resumable() | Leaving():
                self._note(update)
            case _:
                self.speaks = self.speaks or (isinstance(update, AudioChunk) and self.active is not None)
                if isinstance(update, SpeechStarted):
                    self.link.speech.is_heard = True  # until the turn is in the conversation
                if isinstance(update, Transcript) and update.final and update.of == "user":
                    self.record.transcribed(update.item, update.text)
                self.events.append(update)

    def _note(self, update: SessionReady | CallsCancelled | Resumable | Leaving) -> None:
        match update:
            case CallsCancelled(ids):
                self.record.cancel(ids)
            case Resumable(handle):
                self.link.handle = handle
            case Leaving(seconds):
                self.renewal.leaving(seconds)
            case SessionReady():
                pass

    async def _done(self, response: ChatResponse) -> None:
        apart = self.active is not None and self.active.apart
        self.active = self.requested = None
        self.speaks = self.is_answered = False
        if not apart:
            self.record.model(response)
        self.events.extend(map(ToolCalled, () if apart else response.tool_calls))
        self.events.append(Done(response))
        if response.tool_calls and not apart:
            await self._called(response)
        await self._request_wanted()

    async def _called(self, response: ChatResponse) -> None:
        """Run the calls of a response. Those of an interrupted one do not run; the server may know them."""
        if not response.message.interrupted:
            self.steps += 1
            self.work.start(response)
        elif response.finish_reason == "tool_calls":  # on the server it had ended before it was interrupted
            await self.link.send(ToolResults(response.tool_calls))

    async def _request_wanted(self) -> None:
        if self.wanted is None or (self._user_speaks and not self.wanted.apart):
            return
        if self.active is None and self.requested is None:
            wanted, self.wanted = self.wanted, None
            await self.request(wanted)


def _is_chunk(event: SessionEvent | Exception) -> bool:
    if isinstance(event, Transcript):
        return event.of == "model"
    return isinstance(event, AudioChunk | TextChunk | ReasoningChunk | RefusalChunk | ToolCallChunk)
