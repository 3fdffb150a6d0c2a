"""Sessions over the Live API whose messages are changed, or come in any order: each response that begins ends
once, nothing of it comes outside, and no call runs twice.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from budget import budget
from chat_core import (
    ChatRequest,
    Done,
    InvalidResponse,
    Message,
    Messages,
    Pending,
    ProviderError,
    ReasoningChunk,
    Text,
    TextChunk,
    ToolCallChunk,
)
from chat_core.realtime import (
    AudioChunk,
    AudioInput,
    Commit,
    InputRefused,
    Interrupt,
    RealtimeCodec,
    RealtimeUpdate,
    Respond,
    ResponseStarted,
    ToolResults,
    Transcript,
    UserMessage,
    UserSpoke,
)
from chat_gemini.live import LiveBuilder
from damaged import check_stored
from hypothesis import given
from hypothesis import strategies as st

SPEECH = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": b64encode(bytes(96)).decode()}}
MESSAGES: list[Any] = [
    {"serverContent": {"inputTranscription": {"text": "Hi "}}},
    {"serverContent": {"inputTranscription": {"text": "you", "finished": True}}},
    {"serverContent": {"modelTurn": {"parts": [{"text": "Hm.", "thought": True}]}}},
    {"serverContent": {"modelTurn": {"parts": [{"text": "Words."}, SPEECH]}}},
    {"serverContent": {"modelTurn": {"parts": [SPEECH]}, "outputTranscription": {"text": "Yes. "}}},
    {"serverContent": {"generationComplete": True}},
    {"serverContent": {"interrupted": True}},
    {
        "serverContent": {"turnComplete": True},
        "usageMetadata": {"promptTokenCount": 1, "responseTokenCount": 2},
    },
    {"serverContent": {"turnComplete": True, "turnCompleteReason": "RESPONSE_REJECTED"}},
    {"serverContent": {}},
    {"toolCall": {"functionCalls": [{"id": "f1", "name": "look", "args": {"at": 1}}]}},
    {"toolCall": {"functionCalls": [{"id": "f2", "name": "look", "args": {}}, {"name": "look"}]}},
    {"toolCallCancellation": {"ids": ["f1"]}},
    {"voiceActivity": {"voiceActivityType": "ACTIVITY_START", "audioOffset": "1.5s"}},
    {"voiceActivityDetectionSignal": {"vadSignalType": "VAD_SIGNAL_TYPE_EOS"}},
    {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
    {"goAway": {"timeLeft": "10s"}},
    {"error": {"code": 429, "message": "slow down"}},
]
INPUTS: list[Any] = [
    AudioInput(bytes(32)),
    Commit(),
    UserMessage(Message("user", [Text("Hi")])),
    Respond(),
    Interrupt(),
    Interrupt(1),
]
BUILDER = LiveBuilder().with_model("gemini-3.8-live").with_api_key("a-key")
CLIENTS = {True: BUILDER.build(), False: BUILDER.without_transcription().build()}
IN_RESPONSE = (AudioChunk, TextChunk, ReasoningChunk, ToolCallChunk)


def codec(*, transcribes: bool = True) -> RealtimeCodec:
    opened = CLIENTS[transcribes].open_codec(ChatRequest(Messages()))
    opened.begin()
    opened.feed('{"setupComplete": {}}')
    return opened


class Watch:
    """What has to hold of the updates of a session, one after the other."""

    def __init__(self) -> None:
        self.is_open = False
        self.shown: list[str] = []
        self.responses: list[Done] = []
        self.spoke: list[str] = []

    def take(self, updates: Iterable[RealtimeUpdate]) -> None:
        for update in updates:
            match update:
                case ResponseStarted():
                    assert not self.is_open
                    self.is_open, self.shown = True, []
                case Done():
                    assert self.is_open
                    self.is_open = False
                    self._ended(update)
                case InputRefused(ends_response=True):
                    self.is_open = False
                case UserSpoke(item):
                    self.spoke.append(item)
                case _:
                    assert self.is_open or not isinstance(update, IN_RESPONSE)
                    if isinstance(update, TextChunk):
                        self.shown.append(update.text)
                    if isinstance(update, Transcript) and update.of == "model" and not update.final:
                        assert self.is_open
                        self.shown.append(update.text)

    def _ended(self, done: Done) -> None:
        self.responses.append(done)
        check_stored(done.response.message)
        whole, shown = done.response.text, "".join(self.shown)
        assert whole == shown or (done.response.message.interrupted and shown.startswith(whole))

    def check_calls(self) -> None:
        calls = [call for done in self.responses for call in done.response.tool_calls]
        assert len({call.id for call in calls}) == len(calls)
        named = [id for call in calls if call.native and isinstance(id := call.native.data.get("id"), str)]
        assert len(set(named)) == len(named)
        for done in self.responses:
            if done.response.message.interrupted:
                assert not any(isinstance(call.status, Pending) for call in done.response.tool_calls)


@budget()
@given(st.lists(st.sampled_from([*range(len(MESSAGES) + len(INPUTS))]), max_size=40), st.booleans())
def test_messages_and_inputs_may_come_in_any_order(order: Sequence[int], transcribes: bool) -> None:
    opened, watch = codec(transcribes=transcribes), Watch()
    for number in order:
        if number < len(MESSAGES):
            watch.take(opened.feed(json.dumps(MESSAGES[number])))
        else:
            opened.encode(INPUTS[number - len(MESSAGES)])
        if watch.responses:
            calls = [call for call in watch.responses[-1].response.tool_calls if call.resolved]
            opened.encode(ToolResults(calls))
    watch.check_calls()
    assert len(set(watch.spoke)) == len(watch.spoke)
    partial = opened.partial()
    assert partial.message.interrupted
    assert not any(isinstance(call.status, Pending) for call in partial.tool_calls)


@budget()
@given(st.data())
def test_a_message_with_values_of_other_types_is_read_or_an_error(data: st.DataObject) -> None:
    opened, watch = codec(), Watch()
    for message in MESSAGES:
        changed = json.loads(json.dumps(message))
        _damage(changed, data)
        try:
            watch.take(opened.feed(json.dumps(changed)))
        except (InvalidResponse, ProviderError):
            return
    watch.check_calls()


@budget(50)
@given(st.text(max_size=40), st.binary(max_size=40))
def test_what_is_no_message_is_an_error(text: str, data: bytes) -> None:
    for message in (text, data):
        try:
            codec().feed(message)
        except InvalidResponse:
            continue
        assert isinstance(json.loads(message), dict)


def _damage(value: Any, data: st.DataObject) -> None:
    """Replace a value somewhere in an object by one of another type."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = data.draw(st.sampled_from(keys))
    if isinstance(value[key], dict | list) and value[key] and data.draw(st.booleans()):
        _damage(value[key], data)
    elif data.draw(st.booleans()):
        value[key] = data.draw(st.sampled_from([None, 7, "x", [], {}, True, ["x"], {"x": 1}]))
