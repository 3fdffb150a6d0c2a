"""How one server of this wire differs from the next, as one value.

`servers` has a row for each server that is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chat_core import ConfigurationError
from chat_core.client import Server

from chat_completions.rules import Fields, FileRules, MessageRules, ReasoningRules


@dataclass(frozen=True, slots=True)
class Dialect:
    """What is particular to one server. The defaults suit most: gateways, and servers that nobody has
    described yet.

    `server` is where it is and which key it takes; the others say what it calls its fields, which messages
    and files it takes, and how its reasoning goes back. Facts: each vendor's API reference and recorded
    traffic, November 2026.
    """

    server: Server = Server("chat-completions")
    fields: Fields = Fields()
    messages: MessageRules = MessageRules()
    files: FileRules = FileRules()
    reasoning: ReasoningRules = ReasoningRules()

    @property
    def name(self) -> str:
        """The provider's name in the origin of native data, and in error messages."""
        return self.server.name

    @staticmethod
    def named(name: str) -> Dialect:
        """Return the dialect of a server that is known by name, such as "groq".

        Raises `ConfigurationError`.
        """
        from chat_completions.servers import SERVERS  # here: a program needs it once it builds a client

        if name not in SERVERS:
            known = ", ".join(sorted(SERVERS))
            raise ConfigurationError(f"no server is known as {name!r}; known are {known}")
        return Dialect(*SERVERS[name])

    @staticmethod
    def for_url(url: str) -> Dialect:
        """Return the dialect of the server at this base URL, as far as its host name tells; else the
        defaults.
        """
        from chat_completions.servers import SERVERS

        host = urlsplit(url).hostname or ""
        for name, row in SERVERS.items():
            if any(host == own or host.endswith("." + own) for own in row.server.hosts):
                return Dialect.named(name)
        return Dialect(Server(host or "chat-completions"))

    # The rows of `servers`, as methods, since most users know the server when they write the line.

    @staticmethod
    def openai() -> Dialect:
        """Return the dialect of api.openai.com."""
        return Dialect.named("openai")

    @staticmethod
    def azure() -> Dialect:
        """Return the dialect of OpenAI's models at Azure, on the v1 endpoint."""
        return Dialect.named("azure")

    @staticmethod
    def mistral() -> Dialect:
        """Return the dialect of api.mistral.ai."""
        return Dialect.named("mistral")

    @staticmethod
    def deepseek() -> Dialect:
        """Return the dialect of api.deepseek.com."""
        return Dialect.named("deepseek")

    @staticmethod
    def openrouter() -> Dialect:
        """Return the dialect of openrouter.ai."""
        return Dialect.named("openrouter")

    @staticmethod
    def xai() -> Dialect:
        """Return the dialect of api.x.ai."""
        return Dialect.named("xai")

    @staticmethod
    def groq() -> Dialect:
        """Return the dialect of api.groq.com."""
        return Dialect.named("groq")

    @staticmethod
    def cerebras() -> Dialect:
        """Return the dialect of api.cerebras.ai."""
        return Dialect.named("cerebras")

    @staticmethod
    def huggingface() -> Dialect:
        """Return the dialect of router.huggingface.co."""
        return Dialect.named("huggingface")

    @staticmethod
    def together() -> Dialect:
        """Return the dialect of api.together.ai."""
        return Dialect.named("together")

    @staticmethod
    def ai21() -> Dialect:
        """Return the dialect of api.ai21.com, the Jamba models."""
        return Dialect.named("ai21")

    @staticmethod
    def ollama() -> Dialect:
        """Return the dialect of an Ollama server's `/v1`, which ignores many fields."""
        return Dialect.named("ollama")

    @staticmethod
    def vllm() -> Dialect:
        """Return the dialect of a vLLM server.

        Tools need `--enable-auto-tool-choice`, reasoning `--reasoning-parser`.
        """
        return Dialect.named("vllm")

    @staticmethod
    def llama_cpp() -> Dialect:
        """Return the dialect of a llama.cpp server. Tools need `--jinja`."""
        return Dialect.named("llama.cpp")

    @staticmethod
    def voyage() -> Dialect:
        """Return the dialect of api.voyageai.com: embeddings and rerank, no chat."""
        return Dialect.named("voyage")

    @staticmethod
    def jina() -> Dialect:
        """Return the dialect of api.jina.ai: embeddings and rerank."""
        return Dialect.named("jina")

    @staticmethod
    def litellm() -> Dialect:
        """Return the dialect of a LiteLLM proxy."""
        return Dialect.named("litellm")
