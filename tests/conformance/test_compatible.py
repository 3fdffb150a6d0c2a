"""The packages over Chat Completions and Responses pass the suites, each with its own builder."""

from __future__ import annotations

from pathlib import Path

from chat_ai21 import AI21Builder
from chat_cerebras import CerebrasBuilder
from chat_core.testing.conformance import (
    BatchSuite,
    ChatProviderSuite,
    ConfiguredBuilder,
    DecisionsSuite,
    EmbeddingsSuite,
    FilesSuite,
    ModelsSuite,
    ReasoningSuite,
    RerankSuite,
    SpeechSuite,
    StructuredOutputSuite,
    TokenCountSuite,
    ToolsSuite,
    TranscriptionSuite,
    VideosSuite,
    tapes_of,
)
from chat_deepseek import DeepSeekBuilder
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_local import LocalBuilder
from chat_mistral import MistralBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openrouter import OpenRouterBuilder
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder

TAPES = Path(__file__).parent / "tapes"
ONE_TEXT = {"order": "the wire has one text"}


class Completions(ChatProviderSuite, ToolsSuite, StructuredOutputSuite, ModelsSuite):
    """What every package over Chat Completions is held against; on trio, `chat-completions` itself is."""

    tapes = tapes_of("chat_completions")
    backends = ("asyncio",)
    absent = ONE_TEXT


class TestAI21(Completions):
    key_variable = "AI21_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return AI21Builder().with_model("jamba-large")


class TestCerebras(Completions, ReasoningSuite):
    key_variable = "CEREBRAS_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return CerebrasBuilder().with_model("gpt-oss-120b")


class TestDeepSeek(Completions, ReasoningSuite):
    key_variable = "DEEPSEEK_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return DeepSeekBuilder().with_model("deepseek-chat")


class TestGroq(Completions, ReasoningSuite, BatchSuite, FilesSuite, TranscriptionSuite, SpeechSuite):
    tapes = (TAPES / "groq", tapes_of("chat_completions"))
    key_variable = "GROQ_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return GroqBuilder().with_model("openai/gpt-oss-120b")


class TestHuggingFace(Completions, ReasoningSuite):
    key_variable = "HF_TOKEN"
    key = "hf_4Zx81QpLr7Canary"

    def builder(self) -> ConfiguredBuilder:
        return HuggingFaceBuilder().with_model("openai/gpt-oss-120b")


class TestLocal(Completions):
    absent = {
        **ONE_TEXT,
        "test_requests_go_to_the_address_of_the_user": "a model in this process has no URL",
        "test_the_key_is_in_a_header": "a model in this process takes no key",
    }

    def builder(self) -> ConfiguredBuilder:
        return LocalBuilder().with_model("smollm2")


class TestMistral(Completions, EmbeddingsSuite, BatchSuite, FilesSuite, TranscriptionSuite, SpeechSuite):
    tapes = (TAPES / "mistral", tapes_of("chat_completions"))
    key_variable = "MISTRAL_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return MistralBuilder().with_model("mistral-large-latest")


class TestOpenRouter(Completions, ReasoningSuite, EmbeddingsSuite):
    key_variable = "OPENROUTER_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return OpenRouterBuilder().with_model("openai/gpt-oss-120b")


class TestTogether(
    Completions, ReasoningSuite, EmbeddingsSuite, RerankSuite, TranscriptionSuite, SpeechSuite, VideosSuite
):
    tapes = (TAPES / "together", tapes_of("chat_completions"))
    key_variable = "TOGETHER_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return TogetherBuilder().with_model("openai/gpt-oss-120b")


class TestXAI(Completions, ReasoningSuite, FilesSuite, TokenCountSuite):
    tapes = (TAPES / "xai", tapes_of("chat_completions"))
    key_variable = "XAI_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return XAIBuilder().with_model("grok-4")


class OpenAI(
    ChatProviderSuite,
    ToolsSuite,
    StructuredOutputSuite,
    ReasoningSuite,
    BatchSuite,
    FilesSuite,
    TranscriptionSuite,
    SpeechSuite,
    DecisionsSuite,
    TokenCountSuite,
    ModelsSuite,
):
    """What OpenAI's models are held against wherever they are served."""

    tapes = (TAPES / "openai", tapes_of("responses"))
    backends = ("asyncio",)
    takes_blank_text = True
    absent = {"reused_index": "each call has an index of its own"}


class TestOpenAI(OpenAI, EmbeddingsSuite):
    key_variable = "OPENAI_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return OpenAIBuilder().with_model("gpt-5.6")


class TestAzureOpenAI(OpenAI, EmbeddingsSuite):
    key_variable = "AZURE_OPENAI_API_KEY"

    def builder(self) -> ConfiguredBuilder:
        return AzureOpenAIBuilder().with_resource("resource").with_deployment("gpt-5.6")
