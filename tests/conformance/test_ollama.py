"""`chat-ollama` passes the suites that everybody's provider is held against, on both of Ollama's wires."""

from __future__ import annotations

from pathlib import Path

from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConfiguredBuilder,
    EmbeddingsSuite,
    ModelsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    ToolsSuite,
    tapes_of,
)
from chat_ollama import OllamaBuilder


class TestOllamaNative(
    ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, EmbeddingsSuite, ModelsSuite
):
    tapes = Path(__file__).parent / "tapes/ollama"
    takes_blank_text = True
    absent = {
        "usage": "the wire tells nothing of caches and reasoning",
        "content_filter": "the wire has no word for it",
        "refusal": "the wire has no place for it",
        "repeated_call": "two calls with the same arguments are two calls: ids are optional",
        "interleaved_calls": "a call comes in one piece",
        "order": "the wire has one text",
        "reused_index": "a call comes in one piece",
    }

    def builder(self) -> ConfiguredBuilder:
        return OllamaBuilder().with_model("m").with_native()


class TestOllamaChatCompletions(ChatProviderSuite, ToolsSuite, StructuredOutputSuite):
    tapes = tapes_of("chat_completions")
    absent = {"order": "the wire has one text"}

    def builder(self) -> ConfiguredBuilder:
        return OllamaBuilder().with_model("m")
