"""`chat-claude` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path

from chat_claude import ClaudeBuilder
from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    ConfiguredBuilder,
    FilesSuite,
    ModelsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
)

TAPES = Path(__file__).parent / "tapes"


class Claude(ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ReasoningSuite, TokenCountSuite):
    """What Claude is held against wherever it is served."""

    tapes = TAPES / "claude"
    absent = {
        "reused_index": "each call has an index of its own",
        "calls_without_ids": "every tool_use block has an id",
    }


class TestClaude(Claude, BatchSuite, FilesSuite, ModelsSuite):
    key_variable = "ANTHROPIC_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return ClaudeBuilder().with_model("claude-opus-5-5")


class TestClaudeOnBedrock(Claude):
    backends = ("asyncio",)
    tapes = TAPES / "claude_bedrock"
    key_variable = "AWS_BEARER_TOKEN_BEDROCK"

    def builder(self) -> ConfiguredBuilder:
        model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        return ClaudeBuilder().with_bedrock("us-east-1").with_model(model)


class TestClaudeOnVertex(Claude):
    backends = ("asyncio",)

    def builder(self) -> ConfiguredBuilder:
        return ClaudeBuilder().with_vertex("a-project", "global").with_model("claude-opus-5-5")


class TestClaudeOnFoundry(Claude, FilesSuite):
    backends = ("asyncio",)
    key_variable = "ANTHROPIC_FOUNDRY_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return ClaudeBuilder().with_foundry("a-resource").with_model("claude-opus-5-5")
