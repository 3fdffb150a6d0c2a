"""Every provider as a station of a hand-off: its client, what its server answers, and the rules of its
bodies.

A visit is one call of `Chat.complete`: the model thinks and calls a tool, then thinks and answers.
`answers(n)` are
the two responses of the n-th visit, in which `mark(n)` stands as the signature of the first turn's thinking,
where the wire has one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import rules_bedrock
import rules_claude
import rules_cohere
import rules_completions
import rules_gemini
import rules_ollama
import rules_responses
from chat_ai21 import AI21Builder
from chat_bedrock import BedrockBuilder
from chat_bedrock.capabilities import capabilities_of
from chat_cerebras import CerebrasBuilder
from chat_claude import ClaudeBuilder
from chat_cohere import CohereBuilder
from chat_completions import ChatCompletionsBuilder, Dialect
from chat_deepseek import DeepSeekBuilder
from chat_gemini import GeminiBuilder
from chat_gemini.capabilities import Capabilities
from chat_groq import GroqBuilder
from chat_huggingface import HuggingFaceBuilder
from chat_mistral import MistralBuilder
from chat_ollama import OllamaBuilder
from chat_openai import OpenAIBuilder
from chat_openai.azure import AzureOpenAIBuilder
from chat_openrouter import OpenRouterBuilder
from chat_responses import ResponsesBuilder
from chat_responses.servers import dialect_for
from chat_together import TogetherBuilder
from chat_xai import XAIBuilder

Body = dict[str, Any]
CHARTED, DRAWN = b"\x89PNG\r\n\x1a\n charted", b"\x89PNG\r\n\x1a\n drawn"
ARGUMENTS = '{"city": "Bern"}'


@dataclass(frozen=True)
class Station:
    """One provider. `replays`: whether its thinking goes back to it, with the mark that stands in it.

    `signs`: whether that is a signature, which means nothing elsewhere; else the mark stands in the text of
    the thinking.
    """

    name: str
    builder: Any
    answers: Callable[[str, str], Sequence[Body]]
    faults: Callable[[Body], list[str]]
    replays: bool = True

    @property
    def signs(self) -> bool:
        return self.answers not in (completions, named_reasoning, plain, ollama, cohere)

    def mark(self, visit: int) -> str:
        """Return the signature of a visit's thinking: letters and digits, as base64 has them."""
        return b64encode(f"signature {visit} of {self.name:_<24}".encode()).decode().rstrip("=")


def completions(mark: str, call: str, **thinking: Any) -> Sequence[Body]:
    return completions_with(lambda text: {"content": text, "reasoning": f"Hm {mark}"}, call)


def completions_with(message: Callable[[str | None], Body], call: str) -> Sequence[Body]:
    called = {"id": call, "type": "function", "function": {"name": "chart", "arguments": ARGUMENTS}}
    first = {"role": "assistant", **message(None), "tool_calls": [called]}
    second = {"role": "assistant", "content": "Done."}
    return [
        {"id": "c1", "choices": [{"index": 0, "message": first, "finish_reason": "tool_calls"}]},
        {"id": "c2", "choices": [{"index": 0, "message": second, "finish_reason": "stop"}]},
    ]


def named_reasoning(mark: str, call: str) -> Sequence[Body]:
    return completions_with(lambda text: {"content": text, "reasoning_content": f"Hm {mark}"}, call)


def reasoning_details(mark: str, call: str) -> Sequence[Body]:
    details = [{"type": "reasoning.text", "text": "Hm", "signature": mark, "format": "anthropic-claude-v1"}]
    return completions_with(
        lambda text: {"content": text, "reasoning": "Hm", "reasoning_details": details}, call
    )


def thinking_blocks(mark: str, call: str) -> Sequence[Body]:
    blocks = [{"type": "thinking", "thinking": "Hm", "signature": mark}]
    return completions_with(
        lambda text: {"content": text, "reasoning_content": "Hm", "thinking_blocks": blocks}, call
    )


def thinking_parts(mark: str, call: str) -> Sequence[Body]:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "signature": mark}]
    return completions_with(lambda text: {"content": parts}, call)


def plain(mark: str, call: str) -> Sequence[Body]:
    return completions_with(lambda text: {"content": text}, call)


def responses(mark: str, call: str) -> Sequence[Body]:
    thought = {"type": "reasoning", "id": f"rs_{call}", "encrypted_content": mark}
    summary = [{"type": "summary_text", "text": "Hm"}]
    function = {"type": "function_call", "call_id": call, "name": "chart", "arguments": ARGUMENTS}
    text = {"type": "output_text", "text": "Done.", "annotations": []}
    said = {
        "type": "message",
        "id": f"msg_{call}",
        "role": "assistant",
        "content": [text],
        "status": "completed",
    }
    output = [{**thought, "summary": summary}, {**function, "id": f"fc_{call}", "status": "completed"}]
    return [
        {"id": f"resp_{call}", "status": "completed", "model": "m", "output": output},
        {"id": f"resp_{call}_2", "status": "completed", "model": "m", "output": [said]},
    ]


def claude(mark: str, call: str) -> Sequence[Body]:
    thought = {"type": "thinking", "thinking": "Hm", "signature": mark}
    used = {"type": "tool_use", "id": call, "name": "chart", "input": {"city": "Bern"}}
    return [
        {"type": "message", "content": [thought, used], "stop_reason": "tool_use"},
        {"type": "message", "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn"},
    ]


def gemini(mark: str, call: str) -> Sequence[Body]:
    called = {"functionCall": {"name": "chart", "args": {"city": "Bern"}}, "thoughtSignature": f"{mark}=="}
    drawn = {"inlineData": {"mimeType": "image/png", "data": b64encode(DRAWN).decode()}}
    return [
        {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}
        for parts in ([{"text": "Hm", "thought": True}, called], [{"text": "Done."}, drawn])
    ]


def ollama(mark: str, call: str) -> Sequence[Body]:
    called = {"function": {"name": "chart", "arguments": {"city": "Bern"}}}
    first = {"role": "assistant", "content": "", "thinking": f"Hm {mark}", "tool_calls": [called]}
    second = {"role": "assistant", "content": "Done."}
    return [{"message": message, "done": True, "done_reason": "stop"} for message in (first, second)]


def cohere(mark: str, call: str) -> Sequence[Body]:
    called = {"id": call, "type": "function", "function": {"name": "chart", "arguments": ARGUMENTS}}
    plan = {"role": "assistant", "tool_plan": f"I draw {mark}", "tool_calls": [called]}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Done."}]}
    return [
        {"id": "1", "message": plan, "finish_reason": "TOOL_CALL"},
        {"id": "2", "message": said, "finish_reason": "COMPLETE"},
    ]


def bedrock(mark: str, call: str) -> Sequence[Body]:
    thought = {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": mark}}}
    used = {"toolUse": {"toolUseId": call, "name": "chart", "input": {"city": "Bern"}}}
    return [
        {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": reason}
        for content, reason in (([thought, used], "tool_use"), ([{"text": "Done."}], "end_turn"))
    ]


def by_dialect(dialect: Dialect) -> Callable[[Body], list[str]]:
    return lambda body: rules_completions.broken_rules(body, dialect)


def of_responses(url: str) -> Callable[[Body], list[str]]:
    dialect = dialect_for(url)
    return lambda body: rules_responses.broken_rules(
        body, refused=dialect.refused, stores=dialect.stores, calls_last=dialect.calls_last
    )


def of_gemini(body: Body) -> list[str]:
    can = Capabilities.of("gemini-3.5-flash")
    return rules_gemini.broken_rules(body, signs_calls=can.signs_calls, files_in_results=can.files_in_results)


def of_claude_elsewhere(body: Body) -> list[str]:
    return rules_claude.broken_rules({"model": "m", **body})  # there the path names the model


def of_bedrock(model: str) -> Callable[[Body], list[str]]:
    return lambda body: rules_bedrock.broken_rules(body, capabilities_of(model))


HAIKU, NOVA = "us.anthropic.claude-haiku-4-5-20251001-v1:0", "us.amazon.nova-2-lite-v1:0"
OPENAI_URL = "https://api.openai.com/v1"
LOCAL = "http://localhost:8000/v1"
STATIONS = [
    Station("groq", GroqBuilder().with_model("openai/gpt-oss-120b"), completions, by_dialect(Dialect.groq())),
    Station("together", TogetherBuilder().with_model("m"), completions, by_dialect(Dialect.together())),
    Station("deepseek", DeepSeekBuilder().with_model("m"), named_reasoning, by_dialect(Dialect.deepseek())),
    Station(
        "openrouter", OpenRouterBuilder().with_model("m"), reasoning_details, by_dialect(Dialect.openrouter())
    ),
    Station("mistral", MistralBuilder().with_model("m"), thinking_parts, by_dialect(Dialect.mistral())),
    Station("ai21", AI21Builder().with_model("m"), plain, by_dialect(Dialect.ai21()), replays=False),
    Station("xai", XAIBuilder().with_model("m"), named_reasoning, by_dialect(Dialect.xai())),
    Station("cerebras", CerebrasBuilder().with_model("m"), completions, by_dialect(Dialect.cerebras())),
    Station(
        "huggingface", HuggingFaceBuilder().with_model("o/m"), completions, by_dialect(Dialect.huggingface())
    ),
    Station(
        "litellm",
        ChatCompletionsBuilder().with_dialect(Dialect.litellm()).with_model("m"),
        thinking_blocks,
        by_dialect(Dialect.litellm()),
    ),
    Station(
        "any",
        ChatCompletionsBuilder().with_base_url(LOCAL).with_model("m"),
        completions,
        by_dialect(Dialect()),
    ),
    Station(
        "azure-chat",
        AzureOpenAIBuilder().with_resource("r").with_deployment("d").with_chat_completions(),
        plain,
        by_dialect(Dialect.azure()),
        replays=False,
    ),
    Station("ollama", OllamaBuilder().with_model("m"), completions, by_dialect(Dialect.ollama())),
    Station(
        "ollama-native", OllamaBuilder().with_model("m").with_native(), ollama, rules_ollama.broken_rules
    ),
    Station("openai", OpenAIBuilder().with_model("gpt-5.6"), responses, of_responses(OPENAI_URL)),
    Station(
        "azure",
        AzureOpenAIBuilder().with_resource("r").with_deployment("d"),
        responses,
        of_responses(OPENAI_URL),
    ),
    Station(
        "responses", ResponsesBuilder().with_base_url(LOCAL).with_model("m"), responses, of_responses(LOCAL)
    ),
    Station(
        "groq-responses",
        GroqBuilder().with_model("m").with_responses(),
        responses,
        of_responses("https://api.groq.com/openai/v1"),
    ),
    Station(
        "xai-responses",
        XAIBuilder().with_model("m").with_responses(),
        responses,
        of_responses("https://api.x.ai/v1"),
    ),
    Station(
        "openrouter-responses",
        OpenRouterBuilder().with_model("m").with_responses(),
        responses,
        of_responses("https://openrouter.ai/api/v1"),
    ),
    Station("claude", ClaudeBuilder().with_model("claude-sonnet-5-5"), claude, rules_claude.broken_rules),
    Station(
        "claude-bedrock",
        ClaudeBuilder().with_bedrock("us-east-1").with_model(HAIKU),
        claude,
        of_claude_elsewhere,
    ),
    Station(
        "claude-vertex",
        ClaudeBuilder().with_vertex("p").with_model("claude-haiku-4-5@20251001"),
        claude,
        of_claude_elsewhere,
    ),
    Station(
        "claude-foundry",
        ClaudeBuilder().with_foundry("r").with_model("claude-haiku-4-5"),
        claude,
        rules_claude.broken_rules,
    ),
    Station("gemini", GeminiBuilder().with_model("gemini-3.5-flash"), gemini, of_gemini),
    Station("vertex", GeminiBuilder().with_vertex("p").with_model("gemini-3.5-flash"), gemini, of_gemini),
    Station("cohere", CohereBuilder().with_model("command-a-03-2025"), cohere, rules_cohere.broken_rules),
    Station(
        "bedrock", BedrockBuilder().with_region("us-east-1").with_model(HAIKU), bedrock, of_bedrock(HAIKU)
    ),
    Station(
        "bedrock-nova", BedrockBuilder().with_region("us-east-1").with_model(NOVA), bedrock, of_bedrock(NOVA)
    ),
]
