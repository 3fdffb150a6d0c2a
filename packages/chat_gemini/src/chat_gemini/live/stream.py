"""The decoder of a session: the server's messages, one after the other."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from chat_core import ChatRequest, ChatResponse, Done, JsonObject, Message, Notice, Origin, Usage
from chat_core.realtime import (
    CallsCancelled,
    InputRefused,
    Interrupted,
    Leaving,
    RealtimeUpdate,
    ResponseStarted,
    Resumable,
    SessionReady,
)
from chat_core.types.call_ids import minted_id
from chat_core.types.json_values import as_list, as_object, as_text
from chat_core.wire import CallIds, error_from_object, read_object

from chat_gemini.live.decode import seconds, usage
from chat_gemini.live.open_calls import OpenCalls
from chat_gemini.live.response import LiveResponse
from chat_gemini.live.settings import LiveDefaults
from chat_gemini.live.user_speech import UserSpeech
from chat_gemini.names import renamed


def item_names() -> str:
    """Return how the names of one connection's turns begin. The wire has none."""
    return f"{minted_id()[-8:]}-"


class LiveDecoder:
    """Reads the messages of one connection. A message may have several of these keys.

    state      | message                              | what happens
    -----------|--------------------------------------|------------------------------------------------------
    setting up | `setupComplete`                      | `SessionReady`
    setting up | `error`                              | its `ProviderError` is raised
    ready      | `modelTurn`, words, `toolCall`       | a response begins: `ResponseStarted`
    response   | `modelTurn`, `outputTranscription`   | chunks; none where it was interrupted
    response   | `toolCall`                           | `Done` with the calls: the server waits for results
    response   | `interrupted`                        | `Interrupted`; what still comes is dropped
    response   | `turnComplete`                       | `Done`
    ready      | `turnComplete`                       | an empty response, where one is awaited; else its
               |                                      | usage counts with the next response
    any        | words of the user, voice activity    | their events
    any        | `toolCallCancellation`               | `CallsCancelled`; their results are not sent
    any        | `sessionResumptionUpdate`            | `Resumable`
    any        | `goAway`                             | `Leaving`
    """

    def __init__(self, origin: Origin, request: ChatRequest, live: LiveDefaults) -> None:
        self.is_ready: bool = False
        self.notices: list[Notice] = []
        self.calls: OpenCalls = OpenCalls()
        # a session has one after the other of these: their names of turns are not to be the same
        self._items = item_names()
        self.user: UserSpeech = UserSpeech(self._items, is_transcribed=live.transcription is not None)
        self.current: LiveResponse | None = None
        self._origin = origin
        self._resumes = live.resumes
        self._ids = CallIds(request.messages)
        self._names = renamed(request.tools)
        self._number = 0
        self._awaits_answer = False
        self._ends_without_answer = False
        self._usage: JsonObject = {}
        self._earlier: Usage | None = None

    def feed(self, message: str | bytes) -> Sequence[RealtimeUpdate]:
        """Return what a message says. Raises as `RealtimeCodec.feed`."""
        return list(self._read(read_object(message, "a message of a session")))

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        if self.current is None:
            return ChatResponse(Message("model", interrupted=True))
        return self.current.partial(self._origin.model, usage(self._usage))

    def turn_sent(self) -> None:
        """Note that something was sent which the model answers next."""
        self._awaits_answer = True
        self.user.turn_sent()

    def interrupt(self, played_ms: int | None) -> None:
        """Drop what still comes of the response."""
        if self.current is not None:
            self.current.is_dropped = True
            if played_ms is not None:
                self.current.played_ms = max(0, played_ms)

    def _read(self, frame: JsonObject) -> Iterator[RealtimeUpdate]:
        if "setupComplete" in frame and not self.is_ready:
            self.is_ready = True
            yield SessionReady(self._origin.model)
        if frame.get("error"):
            yield from self._error(frame)
        yield from self._session(frame)
        for name in ("voiceActivity", "voiceActivityDetectionSignal"):
            if signal := as_object(frame.get(name)):
                yield from self.user.activity(signal)
        self._usage |= as_object(frame.get("usageMetadata"))
        yield from self._content(as_object(frame.get("serverContent")))
        calls = as_list(as_object(frame.get("toolCall")).get("functionCalls"))
        yield from self._called([as_object(call) for call in calls])
        cancelled = as_list(as_object(frame.get("toolCallCancellation")).get("ids"))
        if ids := self.calls.cancel(map(as_text, cancelled)):
            yield CallsCancelled(ids)

    def _error(self, frame: JsonObject) -> Iterator[RealtimeUpdate]:
        error = error_from_object({"error": frame["error"]})
        if not self.is_ready:
            raise error
        error.partial = self.partial() if self.current is not None else None
        self.current = None
        yield InputRefused(error, ends_response=True)

    def _session(self, frame: JsonObject) -> Iterator[RealtimeUpdate]:
        """Read how the session can go on over another connection. Some models say so unasked."""
        if self._resumes and (update := as_object(frame.get("sessionResumptionUpdate"))):
            handle = as_text(update.get("newHandle"))
            yield Resumable(handle if handle and update.get("resumable") is True else None)
        if "goAway" in frame:
            yield Leaving(seconds(as_object(frame["goAway"]).get("timeLeft")) or 0.0)

    def _content(self, content: JsonObject) -> Iterator[RealtimeUpdate]:
        if not content:
            return
        yield from self.user.words(as_object(content.get("inputTranscription")))
        parts = as_list(as_object(content.get("modelTurn")).get("parts"))
        words = as_text(as_object(content.get("outputTranscription")).get("text"))
        if parts or words:
            yield from self._answer([as_object(part) for part in parts], words)
        if self.current is not None:
            self.current.describe(content)
        if content.get("interrupted") is True:
            yield from self._interrupted()
        if content.get("generationComplete") is True and self.current and not self.current.is_over:
            yield from self.current.words_end()
        if content.get("turnComplete") is True:
            yield from self._turn_complete(content)

    def _answer(self, parts: list[JsonObject], words: str) -> Iterator[RealtimeUpdate]:
        response = yield from self._begun()
        if response.is_over:
            return
        if not response.has_spoken and (words or any(part.get("thought") is not True for part in parts)):
            response.has_spoken = True
            yield from self.user.answer_speaks()
        yield from response.add_parts(parts)
        if words:
            yield response.add_words(words)

    def _begun(self) -> Generator[RealtimeUpdate, None, LiveResponse]:
        """Return the response that is under way, or a new one."""
        if self.current is not None:
            return self.current
        yield from self.user.answer_begins()
        self._awaits_answer = self._ends_without_answer = False
        self._number += 1
        self.current = LiveResponse(self._item, self._origin, self._ids, self._names)
        yield ResponseStarted(self.current.item)
        return self.current

    @property
    def _item(self) -> str:
        """The name of the response that began last."""
        return f"{self._items}response-{self._number}"

    def _called(self, calls: list[JsonObject]) -> Iterator[RealtimeUpdate]:
        calls = self.calls.new(calls)
        if not calls:
            return
        response = yield from self._begun()
        updates = response.add_calls(calls)
        if not response.is_over:
            yield from updates
            yield from response.words_end()
        if not response.is_interrupted:  # else its `turnComplete` follows
            yield from self._done(response)
            self.user.turn_sent()  # what the model says next is its answer to the results

    def _interrupted(self) -> Iterator[RealtimeUpdate]:
        response = self.current
        if response is None:
            self._ends_without_answer = True
            yield Interrupted(self._item if self._number else "")
        elif not response.is_over:
            response.is_interrupted = True
            yield Interrupted(response.item)

    def _turn_complete(self, content: JsonObject) -> Iterator[RealtimeUpdate]:
        response = self.current
        if response is None:
            is_awaited = self._awaits_answer and not self._ends_without_answer and not self.calls
            self._ends_without_answer = False
            if not is_awaited:
                self._keep_usage()
                return
            response = yield from self._begun()
            response.describe(content)
        elif not response.is_over:
            yield from response.words_end()
        yield from self._done(response)

    def _done(self, response: LiveResponse) -> Iterator[RealtimeUpdate]:
        self.current = None
        whole = response.whole(self._origin.model, self._spent(), self.notices)
        self.notices.clear()
        if not response.is_over:
            self.calls.open(whole.tool_calls, self._origin)
        yield from self.user.answer_ended()
        yield Done(whole)

    def _keep_usage(self) -> None:
        if self._usage:
            self._earlier = (self._earlier or Usage()) + usage(self._usage)
            self._usage = {}

    def _spent(self) -> Usage:
        """Return what was used since the last response ended."""
        spent, earlier = usage(self._usage), self._earlier
        self._usage, self._earlier = {}, None
        return spent if earlier is None else earlier + spent
