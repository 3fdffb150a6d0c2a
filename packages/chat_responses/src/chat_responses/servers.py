"""The known servers that speak the Responses wire.

Facts: the servers' documentation and recorded traffic, November 2026.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from chat_responses.dialect import Dialect

OPENAI = Dialect("openai", ("openai.com",), cache_points=True)
AZURE = Dialect("azure", ("azure.com", "azure.us", "azure.cn"))
CHATGPT = Dialect("chatgpt", ("chatgpt.com",))  # it cannot open what OpenAI's API has sealed
XAI = Dialect("xai", ("x.ai",))
GROQ = Dialect(
    "groq",
    ("groq.com",),
    stores=False,
    seals_reasoning=False,
    refused=frozenset({"store", "truncation", "include", "safety_identifier", "prompt_cache_key"}),
)
OPENROUTER = Dialect("openrouter", ("openrouter.ai",), stores=False)
DEEPSEEK = Dialect("deepseek", ("deepseek.com",), stores=False, seals_reasoning=False, calls_last=True)
HUGGINGFACE = Dialect("huggingface", ("huggingface.co",), stores=False, seals_reasoning=False)
OLLAMA = Dialect("ollama", ("ollama.com",), stores=False, seals_reasoning=False)
ANY = Dialect()

DIALECTS = (OPENAI, AZURE, CHATGPT, XAI, GROQ, OPENROUTER, DEEPSEEK, HUGGINGFACE, OLLAMA)


def dialect_for(base_url: str) -> Dialect:
    """Return the dialect of the server at this address; of an unknown one, OpenAI's without its name."""
    host = urlsplit(base_url).hostname or ""
    for dialect in DIALECTS:
        if any(host == known or host.endswith("." + known) for known in dialect.hosts):
            return dialect
    return ANY


def provider_name(dialect: Dialect, base_url: str) -> str:
    """Return the provider's name in the origin of native data."""
    return dialect.provider or urlsplit(base_url).hostname or ""
