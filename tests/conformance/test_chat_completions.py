"""`chat-completions` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from chat_completions import ChatCompletionsBuilder
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


class TestChatCompletions(
    ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, EmbeddingsSuite, ModelsSuite
):
    tapes = tapes_of("chat_completions")
    absent = {"order": "the wire has one text"}

    def builder(self) -> ConfiguredBuilder:
        return ChatCompletionsBuilder().with_base_url("https://server.invalid/v1").with_model("m")
