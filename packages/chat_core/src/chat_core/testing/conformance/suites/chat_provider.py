"""What every provider of chat models has to do."""

from __future__ import annotations

from chat_core.testing.conformance.suites.absent import AbsentSuite
from chat_core.testing.conformance.suites.approvals import ApprovalsSuite
from chat_core.testing.conformance.suites.builder import BuilderSuite
from chat_core.testing.conformance.suites.cancellation import CancellationSuite
from chat_core.testing.conformance.suites.completion import CompletionSuite
from chat_core.testing.conformance.suites.errors import ErrorsSuite
from chat_core.testing.conformance.suites.explain import ExplainSuite
from chat_core.testing.conformance.suites.hand_off import HandOffSuite
from chat_core.testing.conformance.suites.linear_cost import LinearCostSuite
from chat_core.testing.conformance.suites.round_trip import RoundTripSuite
from chat_core.testing.conformance.suites.secrets import SecretsSuite
from chat_core.testing.conformance.suites.streaming import StreamingSuite


class ChatProviderSuite(
    BuilderSuite,
    CompletionSuite,
    StreamingSuite,
    ErrorsSuite,
    CancellationSuite,
    RoundTripSuite,
    HandOffSuite,
    SecretsSuite,
    LinearCostSuite,
    ExplainSuite,
    ApprovalsSuite,
    AbsentSuite,
):
    """The suites that every provider inherits. Those of what else it can do are added beside it:

    `ToolsSuite`, `StructuredOutputSuite`, `ReasoningSuite`, `EmbeddingsSuite`, `RerankSuite`, `BatchSuite`,
    `RealtimeSuite`, `FilesSuite`, `TranscriptionSuite`, `SpeechSuite`, `VideosSuite`, `DecisionsSuite`,
    `TokenCountSuite`, `ModelsSuite`.
    """
