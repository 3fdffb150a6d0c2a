"""`chat-bedrock` passes the suites that everybody's provider is held against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chat_bedrock import BedrockBuilder
from chat_core.testing.conformance import (
    ChatProviderSuite,
    ConfiguredBuilder,
    EmbeddingsSuite,
    ModelsSuite,
    ReasoningSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
)


class TestBedrock(
    ChatProviderSuite,
    ToolsSuite,
    StructuredOutputSuite,
    ReasoningSuite,
    EmbeddingsSuite,
    TokenCountSuite,
    ModelsSuite,
):
    tapes = Path(__file__).parent / "tapes/bedrock"
    key_variable = "AWS_BEARER_TOKEN_BEDROCK"
    absent = {
        "reused_index": "each call has an index of its own",
        "refusal": "the wire has no place for it",
        "repeated_call": "each block is a call of its own, whatever its id",
        "calls_without_ids": "every toolUse block has an id",
        "interleaved_calls": "a block ends before the next one begins",
    }

    def builder(self) -> ConfiguredBuilder:
        model = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
        return BedrockBuilder().with_region("us-east-1").with_model(model)

    def embedding_builder(self) -> Any:
        builder = BedrockBuilder().with_region("us-east-1").with_model("cohere.embed-v4:0")
        return builder.with_embeddings()
