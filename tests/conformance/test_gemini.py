"""`chat-gemini` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    ConfiguredBuilder,
    DecisionsSuite,
    EmbeddingsSuite,
    FilesSuite,
    ModelsSuite,
    ReasoningSuite,
    SpeechSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
    TranscriptionSuite,
    VideosSuite,
)
from chat_gemini import GeminiBuilder

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

    def builder(self) -> ConfiguredBuilder:
        return GeminiBuilder().with_vertex("a-project", "global").with_model("gemini-3.5-flash")
