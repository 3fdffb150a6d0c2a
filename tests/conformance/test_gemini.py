"""`chat-gemini` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_core.provider import ChatModel
from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    CompletionSuite,
    ConfiguredBuilder,
    DecisionsSuite,
    EmbeddingsSuite,
    FilesSuite,
    HandOffSuite,
    ModelsSuite,
    ReasoningSuite,
    RoundTripSuite,
    SpeechSuite,
    StreamingSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
    TranscriptionSuite,
    VideosSuite,
)
from chat_core.testing.conformance.watched import WatchedTransport
from chat_core.transport import Transport
from chat_gemini import GeminiBuilder
from over_grpc import OverGrpc

TAPES = Path(__file__).parent / "tapes"


class Gemini(
    ChatProviderSuite,
    ToolsSuite,
    StructuredOutputSuite,
    ReasoningSuite,
    TokenCountSuite,
    ModelsSuite,
    TranscriptionSuite,
    SpeechSuite,
):
    """What Gemini is held against wherever it is served."""

    tapes = TAPES / "gemini"
    absent = {
        "reused_index": "each call has an index of its own",
        "refusal": "the wire has one field for the words of filters and of refusals",
        "repeated_call": "two calls with the same arguments are two calls: ids are optional",
        "interleaved_calls": "a call comes in one piece",
    }


class TestGemini(Gemini, EmbeddingsSuite, BatchSuite, FilesSuite, DecisionsSuite):
    key_variable = "GEMINI_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return GeminiBuilder().with_model("gemini-3.5-flash")


class TestGeminiOnVertex(Gemini, VideosSuite):
    tapes = (TAPES / "gemini_vertex", TAPES / "gemini")
    backends = ("asyncio",)

    def builder(self) -> ConfiguredBuilder:
        return GeminiBuilder().with_vertex("a-project", "global").with_model("gemini-3.5-flash")


class TestGeminiOverGrpc(
    CompletionSuite,
    StreamingSuite,
    RoundTripSuite,
    HandOffSuite,
    ToolsSuite,
    StructuredOutputSuite,
    ReasoningSuite,
    TokenCountSuite,
):
    tapes = TAPES / "gemini"
    backends = ("asyncio",)
    virtual_clock = False
    absent = {
        **Gemini.absent,
        "unknown_reason": "the tape has a word, and gRPC's messages have numbers for it",
        "broken_arguments": "arguments are a message of their own, which is always whole",
        "test_chunks_come_as_they_arrive": "how the bytes were cut into messages is grpcio's",
        "test_a_stalled_stream_times_out": "real time: tests/chat_gemini/test_grpc.py has the limits",
        "test_a_body_without_a_count_is_an_error": "a message has all of its fields",
    }

    def builder(self) -> ConfiguredBuilder:
        return GeminiBuilder().with_model("gemini-3.5-flash")

    def client(self, transport: Transport) -> ChatModel:
        tape = transport if isinstance(transport, WatchedTransport) else WatchedTransport([])
        return super().client(OverGrpc(tape))
