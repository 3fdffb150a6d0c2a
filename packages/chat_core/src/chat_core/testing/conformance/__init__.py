"""Conformance suites: what a provider, or a transport, has to do, as checks that a test inherits.

    class TestAcme(ChatProviderSuite, ToolsSuite):
        tapes = Path(__file__).parent / "tapes"

        def builder(self):
            return AcmeBuilder().with_model("acme-1")

pytest collects the checks, and `python -m chat_core.testing check chat_acme` runs them without it. Nothing
here imports pytest, and nothing reaches a network.
"""

from typing import TYPE_CHECKING

from chat_core.types.lazy_names import lazy_names

if TYPE_CHECKING:
    from chat_core.testing.conformance.checks import Check, ConformanceFailure, Suite, check, checks_of
    from chat_core.testing.conformance.provider_suite import ConfiguredBuilder, ProviderSuite, tapes_of
    from chat_core.testing.conformance.suites.absent import AbsentSuite
    from chat_core.testing.conformance.suites.approvals import ApprovalsSuite
    from chat_core.testing.conformance.suites.batch import BatchSuite
    from chat_core.testing.conformance.suites.builder import BuilderSuite
    from chat_core.testing.conformance.suites.cancellation import CancellationSuite
    from chat_core.testing.conformance.suites.chat_provider import ChatProviderSuite
    from chat_core.testing.conformance.suites.completion import CompletionSuite
    from chat_core.testing.conformance.suites.decisions import DecisionsSuite
    from chat_core.testing.conformance.suites.embeddings import EmbeddingsSuite
    from chat_core.testing.conformance.suites.errors import ErrorsSuite
    from chat_core.testing.conformance.suites.explain import ExplainSuite
    from chat_core.testing.conformance.suites.files import FilesSuite
    from chat_core.testing.conformance.suites.hand_off import HandOffSuite
    from chat_core.testing.conformance.suites.linear_cost import LinearCostSuite
    from chat_core.testing.conformance.suites.models import ModelsSuite
    from chat_core.testing.conformance.suites.realtime import RealtimeSuite
    from chat_core.testing.conformance.suites.reasoning import ReasoningSuite
    from chat_core.testing.conformance.suites.rerank import RerankSuite
    from chat_core.testing.conformance.suites.round_trip import RoundTripSuite
    from chat_core.testing.conformance.suites.secrets import SecretsSuite
    from chat_core.testing.conformance.suites.speech import SpeechSuite
    from chat_core.testing.conformance.suites.streaming import StreamingSuite
    from chat_core.testing.conformance.suites.structured_output import StructuredOutputSuite
    from chat_core.testing.conformance.suites.token_count import TokenCountSuite
    from chat_core.testing.conformance.suites.tools import ToolsSuite
    from chat_core.testing.conformance.suites.transcription import TranscriptionSuite
    from chat_core.testing.conformance.suites.transport import TransportSuite
    from chat_core.testing.conformance.suites.videos import VideosSuite

__all__ = [
    "AbsentSuite",
    "ApprovalsSuite",
    "BatchSuite",
    "BuilderSuite",
    "CancellationSuite",
    "ChatProviderSuite",
    "Check",
    "CompletionSuite",
    "ConfiguredBuilder",
    "ConformanceFailure",
    "DecisionsSuite",
    "EmbeddingsSuite",
    "ErrorsSuite",
    "ExplainSuite",
    "FilesSuite",
    "HandOffSuite",
    "LinearCostSuite",
    "ModelsSuite",
    "ProviderSuite",
    "RealtimeSuite",
    "ReasoningSuite",
    "RerankSuite",
    "RoundTripSuite",
    "SecretsSuite",
    "SpeechSuite",
    "StreamingSuite",
    "StructuredOutputSuite",
    "Suite",
    "TokenCountSuite",
    "ToolsSuite",
    "TranscriptionSuite",
    "TransportSuite",
    "VideosSuite",
    "check",
    "checks_of",
    "tapes_of",
]

if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__, __dir__ = lazy_names(
        __name__,
        __all__,
        {
            "chat_core.testing.conformance.checks": "Check ConformanceFailure Suite check checks_of",
            "chat_core.testing.conformance.provider_suite": "ConfiguredBuilder ProviderSuite tapes_of",
            "chat_core.testing.conformance.suites.absent": "AbsentSuite",
            "chat_core.testing.conformance.suites.approvals": "ApprovalsSuite",
            "chat_core.testing.conformance.suites.batch": "BatchSuite",
            "chat_core.testing.conformance.suites.builder": "BuilderSuite",
            "chat_core.testing.conformance.suites.cancellation": "CancellationSuite",
            "chat_core.testing.conformance.suites.chat_provider": "ChatProviderSuite",
            "chat_core.testing.conformance.suites.completion": "CompletionSuite",
            "chat_core.testing.conformance.suites.decisions": "DecisionsSuite",
            "chat_core.testing.conformance.suites.embeddings": "EmbeddingsSuite",
            "chat_core.testing.conformance.suites.errors": "ErrorsSuite",
            "chat_core.testing.conformance.suites.explain": "ExplainSuite",
            "chat_core.testing.conformance.suites.files": "FilesSuite",
            "chat_core.testing.conformance.suites.hand_off": "HandOffSuite",
            "chat_core.testing.conformance.suites.linear_cost": "LinearCostSuite",
            "chat_core.testing.conformance.suites.models": "ModelsSuite",
            "chat_core.testing.conformance.suites.realtime": "RealtimeSuite",
            "chat_core.testing.conformance.suites.reasoning": "ReasoningSuite",
            "chat_core.testing.conformance.suites.rerank": "RerankSuite",
            "chat_core.testing.conformance.suites.round_trip": "RoundTripSuite",
            "chat_core.testing.conformance.suites.secrets": "SecretsSuite",
            "chat_core.testing.conformance.suites.speech": "SpeechSuite",
            "chat_core.testing.conformance.suites.streaming": "StreamingSuite",
            "chat_core.testing.conformance.suites.structured_output": "StructuredOutputSuite",
            "chat_core.testing.conformance.suites.token_count": "TokenCountSuite",
            "chat_core.testing.conformance.suites.tools": "ToolsSuite",
            "chat_core.testing.conformance.suites.transcription": "TranscriptionSuite",
            "chat_core.testing.conformance.suites.transport": "TransportSuite",
            "chat_core.testing.conformance.suites.videos": "VideosSuite",
        },
    )
