"""How a client is put together: options, the environment, and what is missing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, Self, cast, overload

from chat_core import ConfigurationError, Transport
from chat_core.client import (
    AwsCredentials,
    AwsCredentialSource,
    AwsSigner,
    HasEmbeddings,
    HasModel,
    NoEmbeddings,
    NoModel,
    ProfileCredentials,
    ProviderBuilder,
    ResolvedServer,
    checked_key,
    credentials_from_variables,
    path_segment,
)
from chat_core.client.aws_credentials import signing_advice
from chat_core.types.misuse import checked_dimensions
from typing_extensions import TypeVar

from chat_bedrock.capabilities import Capabilities, capabilities_of
from chat_bedrock.client import BedrockClient, EmbeddingBedrockClient
from chat_bedrock.servers import URL_VARIABLE, bedrock_server, checked_region, control_url, region_of
from chat_bedrock.settings import Caching, EmbeddingOptions, Guardrail, RequestDefaults, Settings
from chat_bedrock.wire import CacheTtl, GuardrailProcessing, GuardrailTrace, Latency, ServiceTier

M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_SERVICE = "bedrock"  # the name that signatures are made for


@dataclass(frozen=True, slots=True)
class _Choices:
    model: str | None = None
    region: str | None = None
    credentials: AwsCredentials | AwsCredentialSource | None = None
    profile: str | None = None
    capabilities: Capabilities | None = None
    defaults: RequestDefaults = RequestDefaults()
    embeddings: EmbeddingOptions | None = None


class BedrockBuilder(ProviderBuilder[_Choices], Generic[M, E]):
    """A client for the models on Amazon Bedrock. Each `with_…` returns a new builder, and none does I/O.

    Requests carry the API key of `with_api_key` or `AWS_BEARER_TOKEN_BEDROCK`. Without one they are
    signed, with the credentials of `with_aws_credentials`, of `AWS_ACCESS_KEY_ID` and
    `AWS_SECRET_ACCESS_KEY`, or of a profile, which is read with the first request. A base URL that is not
    Amazon's gets only a key or credentials that the builder was given. The region is that of
    `with_region`, of the model's ARN, `AWS_REGION` or `AWS_DEFAULT_REGION`.
    """

    def __init__(self) -> None:
        super().__init__(_Choices())

    def with_model(self, model: str) -> BedrockBuilder[HasModel, E]:
        """Set the model: its id, an inference profile such as "us.amazon.nova-2-lite-v1:0", or an ARN."""
        return cast("BedrockBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_region(self, region: str) -> Self:
        """Set the region, such as "eu-central-1".

        Raises `ConfigurationError` for what is no region's name.
        """
        return self._with(replace(self._choices, region=checked_region(region)))

    def with_aws_credentials(self, credentials: AwsCredentials | AwsCredentialSource) -> Self:
        """Sign requests with these credentials, or with those that a function returns, sync or async, for
        each request."""
        return self._with(replace(self._choices, credentials=credentials))

    def with_profile(self, profile: str) -> Self:
        """Sign requests with the credentials of a profile in `~/.aws`, whatever the variables say."""
        return self._with(replace(self._choices, profile=profile))

    def with_guardrail(
        self,
        id: str,
        version: str = "DRAFT",
        *,
        trace: GuardrailTrace | None = None,
        processing: GuardrailProcessing | None = None,
    ) -> Self:
        """Have a guardrail check what goes in and out. `Guardrail` explains the options."""
        return self._carrying(
            replace(self._choices.defaults, guardrail=Guardrail(id, version, trace, processing))
        )

    def with_prompt_caching(
        self,
        ttl: CacheTtl | None = None,
        *,
        instructions: bool = True,
        tools: bool = True,
        messages: bool = True,
    ) -> Self:
        """Cache the prefixes of requests, for five minutes or "1h". `cache_point()` marks a place of your
        own."""
        return self._carrying(
            replace(self._choices.defaults, caching=Caching(instructions, tools, messages, ttl))
        )

    def with_thinking(self, budget_tokens: int) -> Self:
        """Have a Claude of up to the 4.6 generation think, with up to this many tokens, at least 1,024.

        Newer ones, and the other models that reason, take `ChatOptions(reasoning_effort=...)`. Raises
        `ConfigurationError` for less.
        """
        if budget_tokens < 1024:
            raise ConfigurationError(f"with_thinking({budget_tokens}): at least 1024 tokens")
        return self._carrying(replace(self._choices.defaults, thinking_budget=budget_tokens))

    def with_system_tool(self, name: str) -> Self:
        """Let the model use one of Amazon's tools: "nova_grounding" or "nova_code_interpreter"."""
        return self._carrying(
            replace(self._choices.defaults, system_tools=(*self._choices.defaults.system_tools, name))
        )

    def with_additional_fields(self, fields: Mapping[str, object], *response_fields: str) -> Self:
        """Send fields of the model's own with every request, beside those given before.

        `response_fields` are JSON pointers, such as "/stop_sequence", to fields of the model's own
        response, which come back in `response.raw["additionalModelResponseFields"]`.
        """
        defaults = self._choices.defaults
        changed = replace(
            defaults,
            additional_fields={**defaults.additional_fields, **fields},
            response_fields=(*defaults.response_fields, *response_fields),
        )
        return self._carrying(changed)

    def with_latency(self, latency: Latency) -> Self:
        """Choose "optimized" latency, where the model has it, or "standard"."""
        return self._carrying(replace(self._choices.defaults, latency=latency))

    def with_service_tier(self, tier: ServiceTier) -> Self:
        """Choose the service tier: "default", "priority", "flex" or "reserved"."""
        return self._carrying(replace(self._choices.defaults, service_tier=tier))

    def with_metadata(self, metadata: Mapping[str, str]) -> Self:
        """Send labels with every request, by which invocation logs can be filtered."""
        return self._carrying(replace(self._choices.defaults, metadata=dict(metadata)))

    def with_capabilities(self, capabilities: Capabilities) -> Self:
        """Say what the model takes, where its name does not: for application inference profiles and imported
        models.

        `capabilities_of("anthropic.claude-sonnet-4-6")` gives those of a model that is known.
        """
        return self._with(replace(self._choices, capabilities=capabilities))

    def with_embeddings(
        self,
        dimensions: int | None = None,
        *,
        purpose: str | None = None,
        truncate: str | None = None,
        normalize: bool | None = None,
    ) -> BedrockBuilder[M, HasEmbeddings]:
        """Build a client that embeds. `EmbeddingOptions` explains the options, and which model has which."""
        options = EmbeddingOptions(checked_dimensions(dimensions), purpose, truncate, normalize)
        changed = self._with(replace(self._choices, embeddings=options))
        return cast("BedrockBuilder[M, HasEmbeddings]", changed)

    @overload
    def build(self: BedrockBuilder[HasModel, NoEmbeddings]) -> BedrockClient: ...
    @overload
    def build(self: BedrockBuilder[HasModel, HasEmbeddings]) -> EmbeddingBedrockClient: ...
    def build(self) -> BedrockClient:
        """Return the client. Raises `ConfigurationError` naming what is missing or cannot be."""
        choices, connection = self._choices, self._connection
        model = _checked_model(choices.model)
        region = choices.region or region_of(model, os.environ)
        if region is None and not connection.base_url and not os.environ.get(URL_VARIABLE):
            raise ConfigurationError("Bedrock needs a region: set AWS_REGION or use .with_region(...)")
        server = bedrock_server(region).resolve(connection, os.environ, builder="BedrockBuilder")
        source = self._credentials(server)
        settings = Settings(
            model=model,
            base_url=server.base_url,
            transport=self._transport(server, region, source),
            headers=_headers(self._key(server)) | dict(connection.headers),
            timeouts=connection.timeouts,
            key_advice=server.key_advice if source is None else signing_advice(source),
            control_url=control_url(server, region),
            defaults=replace(
                choices.defaults,
                capabilities=choices.capabilities or capabilities_of(model),
                extra=connection.extra,
            ),
            embeddings=choices.embeddings or EmbeddingOptions(),
            embeddings_extra=connection.embeddings_extra,
        )
        return BedrockClient(settings) if choices.embeddings is None else EmbeddingBedrockClient(settings)

    def _carrying(self, defaults: RequestDefaults) -> Self:
        return self._with(replace(self._choices, defaults=defaults))

    def _key(self, server: ResolvedServer) -> str | None:
        """Return the API key, unless the builder was given credentials to sign with instead."""
        chosen = self._choices.credentials is not None or self._choices.profile is not None
        if chosen and (self._connection.api_key or self._connection.credentials is not None):
            raise ConfigurationError(
                "BedrockBuilder was given a key or tokens, and AWS credentials: requests carry one of "
                "them, so leave one out"
            )
        return None if chosen else server.api_key

    def _transport(
        self,
        server: ResolvedServer,
        region: str | None,
        source: AwsCredentials | AwsCredentialSource | None,
    ) -> Transport:
        """Return the transport, with a signature on every request where there is no key."""
        transport = self._connection.open_transport(server.base_url)
        if source is None:
            return transport
        if region is None:
            raise ConfigurationError(
                "a signature is made for a region: set AWS_REGION or use .with_region(...)"
            )
        return AwsSigner(source, region=region, service=_SERVICE).over(transport)

    def _credentials(self, server: ResolvedServer) -> AwsCredentials | AwsCredentialSource | None:
        choices, connection = self._choices, self._connection
        if self._key(server) or connection.credentials is not None or "authorization" in connection.headers:
            return None
        if choices.credentials is not None:
            return choices.credentials
        if choices.profile is not None:
            return ProfileCredentials(dict(os.environ), choices.profile)
        if not server.is_vendors_own and connection.base_url is not None:
            return None
        found = credentials_from_variables(os.environ)
        return ProfileCredentials(dict(os.environ)) if found is None else found


def _checked_model(model: str | None) -> str:
    if not model:
        raise ConfigurationError('BedrockBuilder.build() needs .with_model("...") first')
    path_segment(model)  # it becomes one
    return model


def _headers(api_key: str | None) -> dict[str, str]:
    headers = {"content-type": "application/json"}
    if api_key:
        headers["authorization"] = f"Bearer {checked_key(api_key)}"
    return headers
