"""`chat-cohere` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_cohere import CohereBuilder
from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConfiguredBuilder,
    EmbeddingsSuite,
    ModelsSuite,
    ReasoningSuite,
    RerankSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
)


class TestCohere(
    ChatProviderSuite,
    ToolsSuite,
    StructuredOutputSuite,
    ReasoningSuite,
    EmbeddingsSuite,
    RerankSuite,
    TokenCountSuite,
    ModelsSuite,
):
    tapes = Path(__file__).parent / "tapes/cohere"
    key_variable = "COHERE_API_KEY"
    absent = {
        "reused_index": "each call has an index of its own",
        "refusal": "the wire has no place for it",
        "repeated_call": "each call has an event of its own that begins it",
        "interleaved_calls": "a call ends before the next one begins",
    }

    def builder(self) -> ConfiguredBuilder:
        return CohereBuilder().with_model("command-a-03-2025")
