"""How one server differs from the next, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's ways. The defaults suit most: vLLM, llama.cpp, Ollama's /v1, gateways. Facts: each vendor's API reference and
    recorded traffic, November 2026.

    - `name`: the provider's name in the origin of native data
    - `max_tokens_field`: OpenAI's reasoning models refuse `max_tokens`, most others know only that
    - `system_role`, `seed_field`, `dimensions_field`: what the server calls them
    - `stream_usage`: whether to ask for the usage chunk; a few servers refuse `stream_options`
    - `top_k`: whether the server knows this option
    - `json_schema`: whether it takes a schema for the answer, and `strict` whether it takes the strict flag
    - `file_urls`: whether it fetches documents itself
    - `call_ids`: `"nine"` where a call's id has to be nine letters or digits
    - `replay_reasoning`: on which turns it wants its own reasoning back
    - `reasoning_outside_output`: whether its `completion_tokens` leave reasoning out
    - `embedding_batch`: how many inputs one embeddings request may hold
    - `key_required`: whether there is no use without a key
    """

    name: str = "chat-completions"
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    system_role: Literal["system", "developer"] = "system"
    seed_field: str = "seed"
    dimensions_field: str = "dimensions"
    stream_usage: bool = True
    top_k: bool = False
    json_schema: bool = True
    strict: bool = True
    file_urls: bool = False
    call_ids: Literal["any", "nine"] = "any"
    replay_reasoning: Literal["never", "tools", "always"] = "tools"
    reasoning_outside_output: bool = False
    embedding_batch: int = 2048
    key_required: bool = False

    @staticmethod
    def openai() -> Dialect:
        """api.openai.com."""
        return Dialect("openai", max_tokens_field="max_completion_tokens", key_required=True)

    @staticmethod
    def azure() -> Dialect:
        """OpenAI's models at Azure, on the v1 endpoint."""
        return replace(Dialect.openai(), name="azure", key_required=False)  # the key may come as an api-key header

    @staticmethod
    def mistral() -> Dialect:
        """api.mistral.ai."""
        return Dialect(
            "mistral",
            seed_field="random_seed",
            dimensions_field="output_dimension",
            stream_usage=False,  # it always says, and answers 422 to unknown fields
            call_ids="nine",
            replay_reasoning="always",
            embedding_batch=256,
            key_required=True,
        )

    @staticmethod
    def deepseek() -> Dialect:
        """api.deepseek.com."""
        return Dialect("deepseek", json_schema=False, strict=False, key_required=True)

    @staticmethod
    def openrouter() -> Dialect:
        """openrouter.ai."""
        return Dialect("openrouter", top_k=True, file_urls=True, key_required=True)

    @staticmethod
    def xai() -> Dialect:
        """api.x.ai."""
        return Dialect("xai", reasoning_outside_output=True, key_required=True)

    @staticmethod
    def for_url(url: str) -> Dialect:
        """The dialect of the server at this base URL, as far as its host name tells."""
        host = urlsplit(url).hostname or ""
        known = next((make() for name, make in _HOSTS.items() if host == name or host.endswith("." + name)), None)
        return known or replace(Dialect(), name=host or "chat-completions")


_HOSTS = {
    "openai.com": Dialect.openai,
    "openai.azure.com": Dialect.azure,
    "mistral.ai": Dialect.mistral,
    "deepseek.com": Dialect.deepseek,
    "openrouter.ai": Dialect.openrouter,
    "x.ai": Dialect.xai,
}
