"""What a user sends in a session, and the results of tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from chat_core import ConfigurationError, File, Message, Notice, Origin
from chat_core.realtime import (
    AudioInput,
    Clear,
    Commit,
    History,
    Interrupt,
    RealtimeInput,
    Respond,
    ToolResults,
    UserMessage,
)

from chat_gemini.encode.contents import Contents
from chat_gemini.encode.files import file_part
from chat_gemini.live.capabilities import LiveCapabilities
from chat_gemini.live.encode.history import encode_history, is_speech, part_capabilities
from chat_gemini.live.encode.results import encode_results
from chat_gemini.live.settings import INPUT_RATE, LiveSettings
from chat_gemini.wire import Content, SentPart

Frame = dict[str, object]


class InputEncoder:
    """Encodes the inputs of one connection.

    Speech and images go as they come (`realtime_input`), turns in order (`client_content`). A typed turn does
    not see the images that came before it on newer models, so that the last one is sent along with it. In
    push to talk the first speech after `Commit` begins an activity.
    """

    def __init__(self, settings: LiveSettings, origin: Origin, notices: list[Notice]) -> None:
        self._live = settings.live
        self._endpoint = settings.defaults.endpoint
        self._capabilities = LiveCapabilities.of(settings.model)
        self._origin = origin
        self._notices = notices
        self._user_speaks = False
        self._last_image: SentPart | None = None

    def encode(self, given: RealtimeInput) -> Iterable[Frame]:
        """Return the messages of an input, none where the wire needs none. Raises `ConfigurationError`."""
        match given:
            case AudioInput(data):
                return self._speech(data)
            case UserMessage(message, ends_turn):
                return self._user(message, ends_turn)
            case History(messages):
                return self._history(messages)
            case ToolResults(calls, earlier=True):  # this connection does not know the calls
                return self._history([Message("model", list(calls))], ends_turn=True)
            case ToolResults(calls):
                return [encode_results(calls, self._capabilities, self._live, self._origin, self._notices)]
            case Respond():
                return [_respond(given)]
            case Interrupt():
                return []  # a session has no message for it: what still arrives is dropped
            case Commit():
                return self._commit()
            case Clear():
                raise ConfigurationError("the Live API keeps speech that was sent: it cannot be cleared")

    def _speech(self, data: bytes) -> Iterator[Frame]:
        if not data:
            return
        if self._live.is_manual and not self._user_speaks:
            yield {"realtime_input": {"activityStart": {}}}
        self._user_speaks = True
        speech = File(f"audio/pcm;rate={INPUT_RATE}", data)
        yield {"realtime_input": {"audio": _blob(speech)}}

    def _commit(self) -> Iterator[Frame]:
        """Yield the end of speech: of an activity, or of a microphone that the server listens to."""
        if not self._user_speaks:
            return
        self._user_speaks = False
        yield {"realtime_input": {"activityEnd": {}} if self._live.is_manual else {"audioStreamEnd": True}}

    def _user(self, message: Message, ends_turn: bool) -> Sequence[Frame]:
        for part in message.parts:
            if isinstance(part, File):
                self._check(part)
        images = [part for part in message.parts if _is_image(part)]
        if not ends_turn and len(images) == len(message.parts):
            return [self._frame(cast("File", image)) for image in images]
        contents = Contents(self._origin, part_capabilities(self._origin.model), self._endpoint)
        contents.add(message)
        self._notices += contents.notices
        turns = list(contents.contents)
        if ends_turn and self._last_image is not None:
            if not images:
                turns = [_with_image(turns[0], self._last_image), *turns[1:]] if turns else turns
            self._last_image = None
        return [{"client_content": {"turns": turns, "turnComplete": ends_turn}}] if turns or ends_turn else []

    def _frame(self, image: File) -> Frame:
        """Return a frame of video."""
        self._last_image = file_part(image, None)
        return {"realtime_input": {"video": _blob(image)}}

    def _history(self, messages: Sequence[Message], *, ends_turn: bool = False) -> Sequence[Frame]:
        turns = encode_history(
            messages,
            self._capabilities,
            self._origin,
            self._endpoint,
            self._notices,
            is_beginning=not ends_turn,
        )
        return [{"client_content": {"turns": turns, "turnComplete": ends_turn}}] if turns else []

    def _check(self, file: File) -> None:
        if file.kind == "video":
            raise ConfigurationError(
                "a session takes video as frames: send them as images, File.from_bytes(data, 'image/jpeg')"
            )
        if file.kind == "audio" and not (is_speech(file) and self._capabilities.seeds_audio):
            raise ConfigurationError(
                f"{self._capabilities.name} takes speech as it is spoken: send the bytes, PCM of "
                f"{INPUT_RATE} Hz, and commit()"
            )


def _respond(given: Respond) -> Frame:
    if given.apart or given.instructions is not None or given.metadata:
        raise ConfigurationError(
            "a session of the Live API has no responses apart, nor with instructions or metadata of their "
            "own: respond(), or send a text"
        )
    return {"client_content": {"turnComplete": True}}


def _is_image(part: object) -> bool:
    return isinstance(part, File) and part.kind == "image" and part.data is not None


def _with_image(content: Content, image: SentPart) -> Content:
    return Content(role=content["role"], parts=[image, *content["parts"]])


def _blob(file: File) -> object:
    return file_part(file, None).get("inlineData")
