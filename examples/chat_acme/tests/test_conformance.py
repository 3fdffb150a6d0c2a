"""The conformance suites of chat-core, on the tapes of this folder."""

from __future__ import annotations

from pathlib import Path

from chat_acme import AcmeBuilder
from chat_core.testing.conformance import ChatProviderSuite, ConfiguredBuilder, ToolsSuite


class TestAcme(ChatProviderSuite, ToolsSuite):
    tapes = Path(__file__).parent / "tapes"
    key_variable = "ACME_API_KEY"
    absent = {
        "refusal": "the wire has no place for it",
        "usage": "the wire tells nothing of caches and reasoning",
        "order": "the wire has one text",
        "reused_index": "the wire has no indexes",
    }

    def builder(self) -> ConfiguredBuilder:
        return AcmeBuilder().with_model("acme-1")
