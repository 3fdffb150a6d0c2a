"""`chat-responses` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConfiguredBuilder,
    ModelsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
    tapes_of,
)
from chat_responses import ResponsesBuilder


class TestResponses(
    ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, TokenCountSuite, ModelsSuite
):
    tapes = tapes_of("responses")
    takes_blank_text = True
    absent = {"reused_index": "each call has an index of its own"}

    def builder(self) -> ConfiguredBuilder:
        return ResponsesBuilder().with_base_url("https://server.invalid/v1").with_model("m")
