"""`chat-gemini` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    ConfiguredBuilder,
    EmbeddingsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    ToolsSuite,
)
from chat_gemini import GeminiBuilder


class TestGemini(
    ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, EmbeddingsSuite, BatchSuite
):
    tapes = Path(__file__).parent / "tapes/gemini"
    key_variable = "GEMINI_API_KEY"
    absent = {
        "reused_index": "each call has an index of its own",
        "refusal": "the wire has one field for the words of filters and of refusals",
        "repeated_call": "two calls with the same arguments are two calls: ids are optional",
        "interleaved_calls": "a call comes in one piece",
    }

    def builder(self) -> ConfiguredBuilder:
        return GeminiBuilder().with_model("gemini-3.5-flash")
