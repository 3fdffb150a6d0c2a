"""The servers that are known: one row for each.

Facts: their API references and recorded traffic, November 2026.
"""

from __future__ import annotations

from typing import NamedTuple

from chat_core.client import Server

from chat_completions.rules import Fields, FileKind, FileRules, MessageRules, ReasoningRules


class Row(NamedTuple):
    """The values of one `Dialect`."""

    server: Server
    fields: Fields = Fields()
    messages: MessageRules = MessageRules()
    files: FileRules = FileRules()
    reasoning: ReasoningRules = ReasoningRules()


_OPENAIS_OWN = frozenset(
    {
        *("modalities", "audio", "verbosity", "store", "safety_identifier", "web_search_options"),
        "prompt_cache_options",
    }
)
_NO_FILES: frozenset[FileKind] = frozenset()
_IMAGES: frozenset[FileKind] = frozenset({"image"})

OPENAI = Row(
    Server(
        "openai",
        "https://api.openai.com/v1",
        url_variables=("OPENAI_BASE_URL",),
        key_variables=("OPENAI_API_KEY",),
        hosts=("openai.com",),
        key_required=True,
    ),
    Fields(rerank_limit=None, max_tokens="max_completion_tokens"),
    MessageRules(cache_points="breakpoint"),
)
AZURE = Row(
    Server("azure", hosts=("openai.azure.com", "services.ai.azure.com")),
    Fields(rerank_limit=None, max_tokens="max_completion_tokens"),
    files=FileRules(frozenset({"image", "audio"})),
)
MISTRAL = Row(
    Server(
        "mistral",
        "https://api.mistral.ai/v1",
        key_variables=("MISTRAL_API_KEY",),
        hosts=("mistral.ai",),
        key_required=True,
    ),
    Fields(
        rerank_limit=None,
        seed="random_seed",
        dimensions="output_dimension",
        lacks=frozenset({"logit_bias", "user"}) | _OPENAIS_OWN,
        stream_usage=False,  # usage always comes, and an unknown field gives 422
        call_ids="nine",
        embedding_batch=256,
    ),
    MessageRules(system_first=True, user_after_tool=False, final_assistant="prefix", empty_content="text"),
    FileRules(document_urls=True, media_urls=True, audio="string", document="document_url", in_results=True),
    ReasoningRules(replay="always"),
)
DEEPSEEK = Row(
    Server(
        "deepseek",
        "https://api.deepseek.com",
        key_variables=("DEEPSEEK_API_KEY",),
        hosts=("deepseek.com",),
        key_required=True,
    ),
    Fields(
        rerank_limit=None,
        lacks=_OPENAIS_OWN | {"top_k", "prediction"},
        without_effect=frozenset({"temperature", "top_p", "frequency_penalty", "presence_penalty"}),
        output="json",
        strict="none",
        embeddings=False,
    ),
    MessageRules(final_assistant="continue", empty_content="text"),
    FileRules(_NO_FILES),
    ReasoningRules(demanded="reasoning_content"),
)
OPENROUTER = Row(
    Server(
        "openrouter",
        "https://openrouter.ai/api/v1",
        key_variables=("OPENROUTER_API_KEY",),
        hosts=("openrouter.ai",),
        key_required=True,
    ),
    Fields(lacks=frozenset()),
    MessageRules(cache_points="cache_control"),
    FileRules(document_urls=True),
)
XAI = Row(
    Server("xai", "https://api.x.ai/v1", key_variables=("XAI_API_KEY",), hosts=("x.ai",), key_required=True),
    Fields(
        lacks=frozenset({"top_k", "prediction", "modalities", "audio", "verbosity"}),
        rerank_limit=None,
        embeddings=False,
    ),
    reasoning=ReasoningRules(outside_output=True),
)
GROQ = Row(
    Server(
        "groq",
        "https://api.groq.com/openai/v1",
        host_variable="GROQ_BASE_URL",
        key_variables=("GROQ_API_KEY",),
        hosts=("groq.com",),
        key_required=True,
    ),
    Fields(
        rerank_limit=None,
        max_tokens="max_completion_tokens",
        lacks=_OPENAIS_OWN
        | {"top_k", "logprobs", "top_logprobs", "logit_bias", "prediction", "prompt_cache_key"},
        embeddings=False,
    ),
    files=FileRules(_IMAGES),
)
CEREBRAS = Row(
    Server(
        "cerebras",
        "https://api.cerebras.ai/v1",
        host_variable="CEREBRAS_BASE_URL",
        key_variables=("CEREBRAS_API_KEY",),
        hosts=("cerebras.ai",),
        key_required=True,
    ),
    Fields(
        rerank_limit=None,
        max_tokens="max_completion_tokens",
        lacks=_OPENAIS_OWN | {"top_k"},
        mixes_strict_tools=False,
        embeddings=False,
    ),
    files=FileRules(_IMAGES),
)
HUGGINGFACE = Row(
    Server(
        "huggingface",
        "https://router.huggingface.co/v1",
        key_variables=("HF_TOKEN",),
        hosts=("huggingface.co",),
        key_required=True,
    ),
    Fields(rerank_limit=None, embeddings=False),
)
TOGETHER = Row(
    Server(
        "together",
        "https://api.together.ai/v1",
        url_variables=("TOGETHER_BASE_URL",),
        key_variables=("TOGETHER_API_KEY",),
        hosts=("together.ai", "together.xyz"),
        key_required=True,
    ),
    Fields(
        lacks=_OPENAIS_OWN
        | {
            *("parallel_tool_calls", "prediction", "service_tier", "metadata", "prompt_cache_key", "user"),
        },
        logprobs="count",
        numbers_calls=True,  # its SDK has it as a required field
        dimensions=None,
        base64_vectors=False,
    ),
    files=FileRules(frozenset({"image", "audio", "video"}), media_urls=True),
)
AI21 = Row(
    Server(
        "ai21",
        "https://api.ai21.com/studio/v1",
        host_variable="AI21_API_HOST",
        key_variables=("AI21_API_KEY",),
        hosts=("ai21.com",),
        key_required=True,
    ),
    Fields(
        rerank_limit=None,
        lacks=_OPENAIS_OWN
        | {
            *("top_k", "seed", "frequency_penalty", "presence_penalty", "reasoning_effort"),
            *("parallel_tool_calls", "logprobs", "top_logprobs", "logit_bias", "prediction"),
            *("service_tier", "metadata", "prompt_cache_key", "user"),
        },
        stream_usage=False,
        output="json",
        strict="none",
        tool_choice="none",
        embeddings=False,
    ),
    MessageRules(system_first=True, joins_neighbours=True, final_assistant="continue"),
    FileRules(_NO_FILES),
)
OLLAMA = Row(
    Server(
        "ollama",
        "http://127.0.0.1:11434/v1",
        key_variables=("OLLAMA_API_KEY",),
        hosts=("ollama.com",),
    ),
    Fields(
        rerank_limit=None,
        lacks=frozenset({"top_k", "parallel_tool_calls", "logit_bias", "user"}),
        strict="none",
        tool_choice="none",
    ),
    files=FileRules(_IMAGES, image_urls=False),
)
VLLM = Row(
    Server("vllm", "http://localhost:8000/v1"),
    Fields(lacks=frozenset(), strict="as_is", token_count="messages"),
)
LLAMA_CPP = Row(
    Server("llama.cpp", "http://127.0.0.1:8080/v1"),
    Fields(
        lacks=frozenset(),
        strict="as_is",
        tool_choice="words",  # an object that names a tool means "auto" there
        token_count="template",
    ),
)
VOYAGE = Row(
    Server(
        "voyage",
        "https://api.voyageai.com/v1",
        key_variables=("VOYAGE_API_KEY",),
        hosts=("voyageai.com",),
        key_required=True,
    ),
    Fields(dimensions="output_dimension", embedding_batch=1000, rerank_limit="top_k"),
)
JINA = Row(
    Server(
        "jina",
        "https://api.jina.ai/v1",
        key_variables=("JINA_API_KEY",),
        hosts=("jina.ai",),
        key_required=True,
    )
)
LITELLM = Row(
    Server(
        "litellm",
        "http://localhost:4000/v1",
        url_variables=("LITELLM_PROXY_URL",),
        key_variables=("LITELLM_API_KEY",),
    ),
    Fields(lacks=frozenset()),
    MessageRules(cache_points="cache_control"),
)

SERVERS: dict[str, Row] = {
    row.server.name: row
    for row in (
        *(OPENAI, AZURE, MISTRAL, DEEPSEEK, OPENROUTER, XAI, GROQ, CEREBRAS, HUGGINGFACE, TOGETHER, AI21),
        *(OLLAMA, VLLM, LLAMA_CPP, VOYAGE, JINA, LITELLM),
    )
}
