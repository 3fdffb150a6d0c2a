"""Where Claude is served, and how requests and responses differ there, as data.

Facts: bedrock-cohere sheet and Anthropic's SDK 2.14, November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from chat_core.client.paths import path_segment

_SERVER_TOOLS = ("web_search", "web_fetch", "code_execution", "mcp_toolset", "advisor")
_FIRST_PARTY_FIELDS = frozenset({"diagnostics", "speed"})


_segment = lru_cache(maxsize=256)(path_segment)  # of models: each request has one


@dataclass(frozen=True, slots=True)
class Platform:
    """One place where Claude is served.

    - `name`: the platform, for error messages
    - `messages`, `stream`, `count`: paths, with `{model}` in the place of the model; None for what is lacking
    - `lists_models`: whether there is a list of models
    - `has_batches`, `has_files`: whether there are message batches, and uploaded files
    - `body_version`: the version that stands in the body, where it is no header; for API version 2023-06-01
    - `betas_in_body`, `stream_in_body`: whether the body holds the betas, and that the response is streamed
    - `encoded_chunks`: whether a stream is one of AWS, whose events hold those of the wire in base64
    - `counts_encoded`: whether the body of a count is the body of a message in base64
    - `lacks_fields`, `lacks_tools`, `lacks_file_ids`: what a body cannot hold; tools by how their type begins
    """

    name: str = "Anthropic"
    messages: str = "/v1/messages"
    stream: str = "/v1/messages"
    count: str | None = "/v1/messages/count_tokens"
    lists_models: bool = True
    has_batches: bool = True
    has_files: bool = True
    body_version: str | None = None
    betas_in_body: bool = False
    stream_in_body: bool = True
    encoded_chunks: bool = False
    counts_encoded: bool = False
    lacks_fields: frozenset[str] = frozenset()
    lacks_tools: tuple[str, ...] = ()
    lacks_file_ids: bool = False

    @property
    def model_in_path(self) -> bool:
        """Whether the path names the model; the body then does not."""
        return "{model}" in self.messages

    def path(self, template: str, model: str) -> str:
        """Return a path for a model.

        Raises `ConfigurationError` for a name that cannot be a part of a path.
        """
        return template.replace("{model}", _segment(model))


ANTHROPIC = Platform()

BEDROCK = Platform(
    name="Amazon Bedrock",
    has_batches=False,
    has_files=False,
    messages="/model/{model}/invoke",
    stream="/model/{model}/invoke-with-response-stream",
    count="/model/{model}/count-tokens",
    lists_models=False,
    body_version="bedrock-2023-05-31",
    betas_in_body=True,
    stream_in_body=False,
    encoded_chunks=True,
    counts_encoded=True,
    lacks_fields=_FIRST_PARTY_FIELDS | {"container", "mcp_servers"},
    lacks_tools=_SERVER_TOOLS,
    lacks_file_ids=True,
)

FOUNDRY = Platform(
    name="Microsoft Foundry", lists_models=False, has_batches=False, lacks_fields=_FIRST_PARTY_FIELDS
)


def vertex(project: str, location: str) -> Platform:
    """Return the platform of a project and a location of Google Cloud.

    Raises `ConfigurationError` for odd names.
    """
    place = (
        f"/projects/{path_segment(project)}/locations/{path_segment(location)}/publishers/anthropic/models"
    )
    return Platform(
        name="Vertex AI",
        has_batches=False,
        has_files=False,
        messages=f"{place}/{{model}}:rawPredict",
        stream=f"{place}/{{model}}:streamRawPredict",
        count=f"{place}/count-tokens:rawPredict",
        lists_models=False,
        body_version="vertex-2023-10-16",
        lacks_fields=_FIRST_PARTY_FIELDS,
    )
