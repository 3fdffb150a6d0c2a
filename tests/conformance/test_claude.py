"""`chat-claude` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_claude import ClaudeBuilder
from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    ConfiguredBuilder,
    ReasoningSuite,
    StructuredOutputSuite,
    ToolsSuite,
)


class TestClaude(ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, BatchSuite):
    tapes = Path(__file__).parent / "tapes/claude"
    key_variable = "ANTHROPIC_API_KEY"
    absent = {
        "reused_index": "each call has an index of its own",
        "calls_without_ids": "every tool_use block has an id",
    }

    def builder(self) -> ConfiguredBuilder:
        return ClaudeBuilder().with_model("claude-opus-5-5")
