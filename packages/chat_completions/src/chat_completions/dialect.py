"""How one server differs from the next, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

FileKind: TypeAlias = Literal["image", "audio", "document"]

_ALL_FILES: frozenset[FileKind] = frozenset({"image", "audio", "document"})
_NO_FILES: frozenset[FileKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's ways. The defaults suit most: gateways, and servers that nobody has described yet. Facts: each vendor's API
    reference and recorded traffic, November 2026.

    Where it is:

    - `name`: the provider's name in the origin of native data
    - `base_url`: where its server is, for a builder that was told no other place
    - `url_variable`, `host_variable`: the environment's word for it, with the path and without
    - `key_variable`: the environment's word for the key, read for that server only
    - `key_required`: whether there is no use without a key

    What it calls things, and what it lacks:

    - `max_tokens_field`: OpenAI's reasoning models refuse `max_tokens`, most others know only that
    - `system_role`, `seed_field`, `dimensions_field`: what the server calls them
    - `lacks`: options that it ignores or refuses; to ask for one is a `ConfigurationError`
    - `without_effect`: options that it takes and does not heed while the model thinks; to ask for one is noticed
    - `logprobs`: whether the field is a flag or a count
    - `stream_usage`: whether to ask for the usage chunk; a few servers refuse `stream_options`
    - `output`: whether it takes a schema for the answer, or only knows JSON, so that the schema has to be told in words
    - `strict`: whether it takes the strict flag
    - `tool_choice`: whether a tool can be named, or only "required" be said, or nothing
    - `call_ids`: `"nine"` where a call's id has to be nine letters or digits
    - `embeddings`: whether it has them, and `embedding_batch` how many inputs one request may hold

    What it is shown:

    - `files`: the kinds of file that it takes; text goes as one string where there are none
    - `image_urls`, `file_urls`: whether it fetches pictures, and documents, itself
    - `files_in_results`: whether files stand in a tool's result, or have to follow as the user's

    How it thinks:

    - `think_tags`: whether `<think>` in the text is read as reasoning; `"open"` where an answer begins inside the thoughts
    - `replay_reasoning`: on which turns it wants its own reasoning back
    - `replay_as`: in the field that it came in, or as `<think>` in the text
    - `reasoning_demanded`: the field without which it refuses a turn that calls tools, even where it holds nothing
    - `reasoning_outside_output`: whether its `completion_tokens` leave reasoning out
    """

    name: str = "chat-completions"
    base_url: str | None = None
    url_variable: str | None = None
    host_variable: str | None = None
    key_variable: str | None = None
    key_required: bool = False
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    system_role: Literal["system", "developer"] = "system"
    seed_field: str = "seed"
    dimensions_field: str = "dimensions"
    lacks: frozenset[str] = frozenset({"top_k"})
    without_effect: frozenset[str] = frozenset()
    logprobs: Literal["flag", "count"] = "flag"
    stream_usage: bool = True
    output: Literal["schema", "json"] = "schema"
    strict: bool = True
    tool_choice: Literal["named", "words", "none"] = "named"
    call_ids: Literal["any", "nine"] = "any"
    embeddings: bool = True
    embedding_batch: int = 2048
    files: frozenset[FileKind] = _ALL_FILES
    image_urls: bool = True
    file_urls: bool = False
    files_in_results: bool = False
    think_tags: Literal["text", "tags", "open"] = "text"
    replay_reasoning: Literal["never", "tools", "always"] = "tools"
    replay_as: Literal["field", "tags"] = "field"
    reasoning_demanded: Literal["reasoning_content"] | None = None
    reasoning_outside_output: bool = False

    @staticmethod
    def openai() -> Dialect:
        """api.openai.com."""
        return Dialect(
            "openai",
            base_url="https://api.openai.com/v1",
            url_variable="OPENAI_BASE_URL",
            key_variable="OPENAI_API_KEY",
            key_required=True,
            max_tokens_field="max_completion_tokens",
        )

    @staticmethod
    def azure() -> Dialect:
        """OpenAI's models at Azure, on the v1 endpoint."""
        return Dialect(
            "azure",
            max_tokens_field="max_completion_tokens",
            files=frozenset({"image", "audio"}),
        )

    @staticmethod
    def mistral() -> Dialect:
        """api.mistral.ai."""
        return Dialect(
            "mistral",
            base_url="https://api.mistral.ai/v1",
            key_variable="MISTRAL_API_KEY",
            key_required=True,
            seed_field="random_seed",
            dimensions_field="output_dimension",
            stream_usage=False,  # it always says, and answers 422 to unknown fields
            call_ids="nine",
            embedding_batch=256,
            files_in_results=True,  # it refuses a user's message right after a tool's
            replay_reasoning="always",
        )

    @staticmethod
    def deepseek() -> Dialect:
        """api.deepseek.com. It thinks unless `.with_extra_body({"thinking": {"type": "disabled"}})` says otherwise."""
        return Dialect(
            "deepseek",
            base_url="https://api.deepseek.com",
            key_variable="DEEPSEEK_API_KEY",
            key_required=True,
            without_effect=frozenset({"temperature", "top_p", "frequency_penalty", "presence_penalty"}),
            output="json",
            strict=False,
            embeddings=False,
            files=_NO_FILES,
            reasoning_demanded="reasoning_content",
        )

    @staticmethod
    def openrouter() -> Dialect:
        """openrouter.ai."""
        return Dialect(
            "openrouter",
            base_url="https://openrouter.ai/api/v1",
            key_variable="OPENROUTER_API_KEY",
            key_required=True,
            lacks=frozenset(),
            file_urls=True,
        )

    @staticmethod
    def xai() -> Dialect:
        """api.x.ai."""
        return Dialect(
            "xai",
            base_url="https://api.x.ai/v1",
            key_variable="XAI_API_KEY",
            key_required=True,
            embeddings=False,
            reasoning_outside_output=True,
        )

    @staticmethod
    def groq() -> Dialect:
        """api.groq.com. How it tells of its thoughts: `.with_extra_body({"reasoning_format": "parsed"})`."""
        return Dialect(
            "groq",
            base_url="https://api.groq.com/openai/v1",
            host_variable="GROQ_BASE_URL",
            key_variable="GROQ_API_KEY",
            key_required=True,
            max_tokens_field="max_completion_tokens",
            lacks=frozenset({"top_k", "logprobs", "top_logprobs", "logit_bias"}),
            embeddings=False,
            files=frozenset({"image"}),
        )

    @staticmethod
    def cerebras() -> Dialect:
        """api.cerebras.ai. `chat_cerebras` has a builder for it."""
        return Dialect(
            "cerebras",
            base_url="https://api.cerebras.ai/v1",
            host_variable="CEREBRAS_BASE_URL",
            key_variable="CEREBRAS_API_KEY",
            key_required=True,
            max_tokens_field="max_completion_tokens",
            embeddings=False,
            files=frozenset({"image"}),
        )

    @staticmethod
    def huggingface() -> Dialect:
        """router.huggingface.co, Inference Providers. `chat_huggingface` has a builder for it, which also finds the token."""
        return Dialect(
            "huggingface",
            base_url="https://router.huggingface.co/v1",
            key_variable="HF_TOKEN",
            key_required=True,
            embeddings=False,
        )

    @staticmethod
    def together() -> Dialect:
        """api.together.ai."""
        return Dialect(
            "together",
            base_url="https://api.together.ai/v1",
            url_variable="TOGETHER_BASE_URL",
            key_variable="TOGETHER_API_KEY",
            key_required=True,
            lacks=frozenset(),
            logprobs="count",
        )

    @staticmethod
    def ai21() -> Dialect:
        """api.ai21.com, the Jamba models."""
        return Dialect(
            "ai21",
            base_url="https://api.ai21.com/studio/v1",
            host_variable="AI21_API_HOST",
            key_variable="AI21_API_KEY",
            key_required=True,
            lacks=frozenset(
                {
                    "top_k",
                    "seed",
                    "frequency_penalty",
                    "presence_penalty",
                    "reasoning_effort",
                    "parallel_tool_calls",
                }
                | {"logprobs", "top_logprobs", "logit_bias"}
            ),
            stream_usage=False,
            output="json",
            strict=False,
            tool_choice="none",
            embeddings=False,
            files=_NO_FILES,
        )

    @staticmethod
    def ollama() -> Dialect:
        """An Ollama server's `/v1`, which ignores much. `chat_ollama` has a builder for it, and for the rest."""
        return Dialect(
            "ollama",
            base_url="http://127.0.0.1:11434/v1",
            key_variable="OLLAMA_API_KEY",
            lacks=frozenset({"top_k", "parallel_tool_calls", "logit_bias", "user"}),
            strict=False,
            tool_choice="none",
            files=frozenset({"image"}),
            image_urls=False,
        )

    @staticmethod
    def vllm() -> Dialect:
        """A vLLM server. Tools want `--enable-auto-tool-choice`, reasoning wants `--reasoning-parser`."""
        return Dialect("vllm", base_url="http://localhost:8000/v1", lacks=frozenset())

    @staticmethod
    def llama_cpp() -> Dialect:
        """A llama.cpp server. Tools want `--jinja`."""
        return Dialect(
            "llama.cpp",
            base_url="http://127.0.0.1:8080/v1",
            lacks=frozenset(),
            tool_choice="words",  # it takes the object that names a tool for "auto", without a word
        )

    @staticmethod
    def litellm() -> Dialect:
        """A LiteLLM proxy. What its upstream does not know it passes on or drops, as its administrator chose."""
        return Dialect(
            "litellm",
            base_url="http://localhost:4000/v1",
            url_variable="LITELLM_PROXY_URL",
            key_variable="LITELLM_API_KEY",
            lacks=frozenset(),
        )

    @staticmethod
    def for_url(url: str) -> Dialect:
        """The dialect of the server at this base URL, as far as its host name tells."""
        host = urlsplit(url).hostname or ""
        known = next(
            (make() for name, make in _HOSTS.items() if host == name or host.endswith("." + name)), None
        )
        return known or replace(Dialect(), name=host or "chat-completions")


_HOSTS = {
    "openai.com": Dialect.openai,
    "openai.azure.com": Dialect.azure,
    "services.ai.azure.com": Dialect.azure,
    "mistral.ai": Dialect.mistral,
    "deepseek.com": Dialect.deepseek,
    "openrouter.ai": Dialect.openrouter,
    "x.ai": Dialect.xai,
    "groq.com": Dialect.groq,
    "cerebras.ai": Dialect.cerebras,
    "huggingface.co": Dialect.huggingface,
    "together.ai": Dialect.together,
    "together.xyz": Dialect.together,
    "ai21.com": Dialect.ai21,
    "ollama.com": Dialect.ollama,
}
