"""The decoder of a session: the server's events, one after the other."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import TypeAlias

from chat_core import (
    ChatResponse,
    Done,
    InvalidResponse,
    JsonObject,
    Message,
    Origin,
    ProviderError,
    TextChunk,
    ToolCallChunk,
)
from chat_core.realtime import (
    AudioChunk,
    InputRefused,
    Interrupted,
    Leaving,
    RealtimeUpdate,
    ResponseRefused,
    ResponseStarted,
    SessionReady,
    SpeechStarted,
    SpeechStopped,
    Transcript,
    UserSpoke,
)
from chat_core.types.json_values import as_count, as_list, as_object, as_text
from chat_core.wire import read_object

from chat_openai.realtime.decode import event_error, response_error
from chat_openai.realtime.response import ResponseInProgress, Spoken

Updates: TypeAlias = Sequence[RealtimeUpdate]

_ENDING = ("session_expired", "max_duration")  # of OpenAI and of xAI: the connection is closed next
_ACTIVE_ALREADY = "conversation_already_has_active_response"
QUIET = "quiet_"  # how the ids of events begin whose refusal changes nothing


class SessionDecoder:
    """Reads the events of one connection.

    state      | event                                   | what happens
    -----------|-----------------------------------------|------------------------------------------------
    setting up | `session.updated`                       | `SessionReady`
    setting up | `error`                                 | its `ProviderError` is raised
    ready      | `response.created`                      | a response begins: `ResponseStarted`
    response   | deltas of text, speech, transcripts     | chunks; none where it was interrupted
    response   | `response.done`                         | `Done`, or the error of a response that failed
    ready      | speech, transcripts of the user         | their events
    ready      | `error`                                 | `ResponseRefused`, `InputRefused`, or nothing
    any        | anything else                           | nothing
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.model: str = origin.model
        self.is_ready: bool = False
        self.user_speaks: bool = False
        self.current: ResponseInProgress | None = None
        self.last_spoken: Spoken | None = None
        self._ran: dict[str, JsonObject] = {}  # calls of MCP servers that no response has had yet, by item
        self._silent = ""  # the item of a silence
        self._responses: dict[str, ResponseInProgress] = {}
        self._heard: dict[str, str] = {}  # the user's words so far, by item, of servers that repeat them
        self._names: dict[str, tuple[str, str]] = {}  # id and name of the call that an item is

    def feed(self, message: str | bytes) -> Updates:
        """Return what a message says. Raises as `RealtimeCodec.feed`."""
        frame = read_object(message, "an event of a session")
        read = _READERS.get(as_text(frame.get("type")))
        return () if read is None else read(self, frame)

    def partial(self) -> ChatResponse:
        """Return the response that has begun and not ended."""
        if self.current is not None:
            return self.current.partial(self.model)
        return ChatResponse(Message("model", interrupted=True))

    def session(self, frame: JsonObject) -> Updates:
        self.model = as_text(as_object(frame.get("session")).get("model")) or self.model
        if frame.get("type") == "session.created" or self.is_ready:
            return ()
        self.is_ready = True
        return (SessionReady(self.model),)

    def error(self, frame: JsonObject) -> Updates:
        error = as_object(frame.get("error"))
        if as_text(error.get("event_id")).startswith(QUIET):
            return ()
        code = as_text(error.get("code"))
        if code == _ACTIVE_ALREADY:
            return (ResponseRefused(),)
        if code in _ENDING or as_text(error.get("type")) in _ENDING:
            return (Leaving(0.0),)
        if not self.is_ready:
            raise event_error(frame)
        return (InputRefused(event_error(frame), ends_response=self.current is None),)

    def speech_started(self, frame: JsonObject) -> Updates:
        self.user_speaks = True
        return (SpeechStarted(as_count(frame.get("audio_start_ms")), as_text(frame.get("item_id"))),)

    def speech_stopped(self, frame: JsonObject) -> Updates:
        self.user_speaks = False
        return (SpeechStopped(as_count(frame.get("audio_end_ms")), as_text(frame.get("item_id"))),)

    def committed(self, frame: JsonObject) -> Updates:
        self.user_speaks = False
        item = as_text(frame.get("item_id"))
        return () if item and item == self._silent else (UserSpoke(item),)

    def idle_timeout(self, frame: JsonObject) -> Updates:
        """Read that the server goes on because nobody spoke: it commits silence, which is no turn."""
        self._silent = as_text(frame.get("item_id"))
        return ()

    def user_words(self, frame: JsonObject) -> Updates:
        item, text = as_text(frame.get("item_id")), as_text(frame.get("delta"))
        return (Transcript(text, "user", item=item),) if text else ()

    def user_words_so_far(self, frame: JsonObject) -> Updates:
        """Read a server that sends all of the words again each time."""
        item, text = as_text(frame.get("item_id")), as_text(frame.get("transcript"))
        before = self._heard.get(item, "")
        self._heard[item] = text
        added = text.removeprefix(before) if text.startswith(before) else ""
        return (Transcript(added, "user", item=item),) if added else ()

    def user_words_whole(self, frame: JsonObject) -> Updates:
        item = as_text(frame.get("item_id"))
        self._heard.pop(item, None)
        if item and item == self._silent:
            return ()
        return (Transcript(as_text(frame.get("transcript")), "user", final=True, item=item),)

    def user_words_failed(self, frame: JsonObject) -> Updates:
        self._heard.pop(as_text(frame.get("item_id")), None)
        return (InputRefused(event_error(frame)),)

    def tools_not_listed(self, frame: JsonObject) -> Updates:
        """Read that an MCP server's tools are not there; the session goes on without them."""
        error = as_object(frame.get("error"))
        message = as_text(error.get("message")) or "the tools of an MCP server could not be listed"
        return (InputRefused(ProviderError(message, status=200, body=frame)),)

    def response_created(self, frame: JsonObject) -> Updates:
        response = as_object(frame.get("response"))
        id = as_text(response.get("id"))
        apart = "conversation_id" in response and response["conversation_id"] is None
        self.current = self._responses[id] = ResponseInProgress(id, apart)
        return (ResponseStarted(id, apart),)

    def text(self, frame: JsonObject) -> Updates:
        response, delta = self._response(frame), as_text(frame.get("delta"))
        if response.dropped or not delta:
            return ()
        response.add_words(as_text(frame.get("item_id")), delta)
        return (TextChunk(delta),)

    def spoken_words(self, frame: JsonObject) -> Updates:
        response, delta, item = (
            self._response(frame),
            as_text(frame.get("delta")),
            as_text(frame.get("item_id")),
        )
        if response.dropped or not delta:
            return ()
        response.add_words(item, delta)
        return (Transcript(delta, item=item),)

    def spoken_words_whole(self, frame: JsonObject) -> Updates:
        response, item = self._response(frame), as_text(frame.get("item_id"))
        if response.dropped:
            return ()
        whole = as_text(frame.get("transcript"))
        response.words[item] = [whole]
        return (Transcript(whole, final=True, item=item),)

    def speech(self, frame: JsonObject) -> Updates:
        response, item = self._response(frame), as_text(frame.get("item_id"))
        if response.dropped:
            return ()
        try:
            data = b64decode(as_text(frame.get("delta")))
        except ValueError as exc:
            raise InvalidResponse("not base64: the speech of a session's event") from exc
        response.add_speech(item, data)
        self.last_spoken = response.speech[-1]
        return (AudioChunk(data, item),)

    def item_added(self, frame: JsonObject) -> Updates:
        item = as_object(frame.get("item"))
        if item.get("type") == "function_call":
            id = as_text(item.get("call_id"))
            self._names[as_text(item.get("id"))] = id, as_text(item.get("name"))
        return ()

    def item_done(self, frame: JsonObject) -> Updates:
        """Read a call that an MCP server has run: after an approval it may belong to no response."""
        item = as_object(frame.get("item"))
        if item.get("type") == "mcp_call":
            self._ran[as_text(item.get("id"))] = item
        return ()

    def arguments(self, frame: JsonObject) -> Updates:
        id, name = self._names.get(as_text(frame.get("item_id")), ("", ""))
        id = id or as_text(frame.get("call_id"))
        if self._response(frame).dropped:
            return ()
        return (ToolCallChunk(id, name, as_text(frame.get("delta"))),)

    def response_done(self, frame: JsonObject) -> Updates:
        response = as_object(frame.get("response"))
        ended = self._responses.pop(as_text(response.get("id")), None) or ResponseInProgress("")
        if self.current is ended or not self._responses:
            self.current = None
        for output in map(as_object, as_list(response.get("output"))):
            self._names.pop(as_text(output.get("id")), None)
            self._ran.pop(as_text(output.get("id")), None)
        if response.get("status") == "failed":
            error = response_error(response)
            error.partial = ended.partial(self.model)
            return (InputRefused(error, ends_response=True),)
        ran: list[JsonObject] = []
        if not ended.apart:
            ran = list(self._ran.values())
            self._ran.clear()
        whole = ended.whole(frame, self._origin, self.model, ran)
        if whole.message.interrupted and not ended.dropped:
            item = ended.speech[-1].item if ended.speech else ""
            return (Interrupted(item), Done(whole))
        return (Done(whole),)

    def _response(self, frame: JsonObject) -> ResponseInProgress:
        """Return the response that an event belongs to; one that nothing has announced is begun."""
        id = as_text(frame.get("response_id"))
        found = self._responses.get(id)
        if found is None:
            found = self._responses[id] = self.current = ResponseInProgress(id)
        return found


Reader: TypeAlias = Callable[[SessionDecoder, JsonObject], Updates]
_TRANSCRIPTION = "conversation.item.input_audio_transcription."
_READERS: dict[str, Reader] = {
    "session.created": SessionDecoder.session,
    "session.updated": SessionDecoder.session,
    "mcp_list_tools.failed": SessionDecoder.tools_not_listed,
    "input_audio_buffer.timeout_triggered": SessionDecoder.idle_timeout,
    "error": SessionDecoder.error,
    "input_audio_buffer.speech_started": SessionDecoder.speech_started,
    "input_audio_buffer.speech_stopped": SessionDecoder.speech_stopped,
    "input_audio_buffer.committed": SessionDecoder.committed,
    f"{_TRANSCRIPTION}delta": SessionDecoder.user_words,
    f"{_TRANSCRIPTION}updated": SessionDecoder.user_words_so_far,
    f"{_TRANSCRIPTION}completed": SessionDecoder.user_words_whole,
    f"{_TRANSCRIPTION}failed": SessionDecoder.user_words_failed,
    "response.created": SessionDecoder.response_created,
    "response.output_item.added": SessionDecoder.item_added,
    "conversation.item.done": SessionDecoder.item_done,
    "response.function_call_arguments.delta": SessionDecoder.arguments,
    "response.done": SessionDecoder.response_done,
    **dict.fromkeys(("response.output_text.delta", "response.text.delta"), SessionDecoder.text),
    **dict.fromkeys(("response.output_audio.delta", "response.audio.delta"), SessionDecoder.speech),
    **dict.fromkeys(
        ("response.output_audio_transcript.delta", "response.audio_transcript.delta"),
        SessionDecoder.spoken_words,
    ),
    **dict.fromkeys(
        ("response.output_audio_transcript.done", "response.audio_transcript.done"),
        SessionDecoder.spoken_words_whole,
    ),
}
