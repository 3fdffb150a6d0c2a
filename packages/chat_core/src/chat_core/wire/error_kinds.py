"""The two kinds of error that no status tells: a conversation that is too long, and a quota that is used up.

Facts: the vendors' error references, recorded responses and public bug reports, November 2026. Gateways
hand on the words of the servers behind them, so the words of all servers count on every wire.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chat_core.types.errors import ContextWindowExceeded, ProviderError, QuotaExceeded
from chat_core.types.json_values import JsonObject, as_list, as_object, as_text

_CONTEXT_WINDOW_CODES = frozenset(
    {
        *("context_length_exceeded", "context_window_exceeded", "model_context_window_exceeded"),
        "exceed_context_size_error",  # llama.cpp
        "too_many_prompt_tokens",  # Perplexity
        "model_max_prompt_tokens_exceeded",  # Copilot
        "contextwindowexceedederror",  # LiteLLM
        "prompt_too_long",
    }
)
# A message is about the context window where it has all the words of one row, in lower case.
_CONTEXT_WINDOW_WORDS: tuple[tuple[str, ...], ...] = (
    ("maximum context length",),  # OpenAI, vLLM, Mistral, DeepSeek, OpenRouter, Fireworks, Ollama
    ("exceeds the context window",),  # OpenAI's Responses
    ("prompt is too long",),  # Anthropic, also on Bedrock and Vertex
    ("exceed context limit",),  # Anthropic: input and max_tokens together
    ("input is too long",),  # Bedrock
    ("number of input tokens exceeds",),  # Amazon Nova
    ("too many input tokens",),  # Bedrock
    ("input token count", "exceeds the maximum"),  # Gemini
    ("input token count", "only supports up to"),  # Vertex
    ("too many tokens: ",),  # Cohere
    ("maximum prompt length",),  # xAI
    ("longer than the model's context length",),  # SGLang
    ("maximum model length",),  # vLLM
    ("available context size",),  # llama.cpp
    ("exceed context window of",),  # llama-cpp-python
    ("exceeds the context length",),  # Ollama
    ("exceeded max context length",),  # Ollama
    ("greater than the context length",),  # LM Studio
    ("input validation error", "`inputs`", "max_new_tokens", "must be <="),  # TGI, Together
    ("input validation error", "`inputs` must have less than"),  # TGI
    ("reduce the length of the messages",),  # OpenAI, Groq, Cerebras
    ("total length of all messages is too long",),  # Perplexity
    ("prompt token count", "exceeds the limit"),  # Copilot
    ("exceeded model token limit",),  # Moonshot
    ("prompt exceeds max length",),  # Z.ai
    ("range of input length should be",),  # DashScope
    ("context window exceeds limit",),  # MiniMax
    ("exceeded this model context window",),  # Workers AI
)
_NOT_ABOUT_LENGTH = frozenset({401, 402, 403, 404, 429})

_QUOTA_CODES = frozenset(
    {
        *(
            "insufficient_quota",
            "quota_exceeded",
            "exceeded_current_quota_error",
        ),  # OpenAI, Copilot, Moonshot
        *("billing_hard_limit_reached", "billing_not_active", "billing_error", "payment_required"),
        *("insufficient_balance", "insufficient_credits", "credits_exhausted", "arrearage"),  # …, DashScope
        *("usage_limit_reached", "usage_not_included"),  # ChatGPT
        *("enforced_spend_limit_reached", "contract_spend_limit_reached", "spend_limit_reached"),  # Anthropic
        "linked_organization_spend_limit_reached",
        "servicequotaexceededexception",  # AWS
        "budget_exceeded",  # LiteLLM
        "allocationquota.freetieronly",  # DashScope
    }
)
_QUOTA_WORDS: tuple[tuple[str, ...], ...] = (
    ("credit balance is too low",),  # Anthropic
    ("insufficient balance",),  # DeepSeek, Z.ai, MiniMax
    ("insufficient credits",),  # OpenRouter
    ("requires more credits",),  # OpenRouter
    ("key limit exceeded",),  # OpenRouter
    ("free-models-per-day",),  # OpenRouter
    ("used all available credits",),  # xAI
    ("monthly spending limit",),  # xAI
    ("monthly included credits",),  # Hugging Face
    ("prepayment credits are depleted",),  # Gemini
    ("credit limit exceeded",),  # Together
    ("budget has been exceeded",),  # LiteLLM
    ("trial key", "/ month"),  # Cohere
    ("too many tokens per day",),  # Bedrock
    ("daily free allocation",),  # Workers AI
    ("usage limit",),  # ChatGPT, Ollama's cloud
)
_PAYMENT_REQUIRED = 402


def kind_of_words(
    status: int, codes: Collection[str], message: str, error_object: JsonObject
) -> type[ProviderError] | None:
    """Return the class that the words of an error name, None where its status has to decide.

    `status` is the one that decides otherwise. `codes` are all the words and numbers that name its kind.
    """
    known = frozenset(code.lower() for code in codes)
    text = message[:4000].lower()
    about_length = status not in _NOT_ABOUT_LENGTH and _has_words(text, _CONTEXT_WINDOW_WORDS)
    if known & _CONTEXT_WINDOW_CODES or about_length:
        return ContextWindowExceeded
    spent = status == _PAYMENT_REQUIRED or _has_words(text, _QUOTA_WORDS) or _is_daily(error_object)
    return QuotaExceeded if known & _QUOTA_CODES or spent else None


def _has_words(text: str, rows: Iterable[tuple[str, ...]]) -> bool:
    return any(all(word in text for word in row) for row in rows)


def _is_daily(error_object: JsonObject) -> bool:
    """Return whether Google's details name a quota of the day, which comes back at midnight, or one of
    nothing.
    """
    for detail in as_list(error_object.get("details")):
        for violation in as_list(as_object(detail).get("violations")):
            named = as_object(violation)
            if "PerDay" in as_text(named.get("quotaId")) or named.get("quotaValue") == "0":
                return True
    return False
