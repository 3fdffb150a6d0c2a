"""How a client for Azure is put together: options, environment, and what is missing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Generic, Literal, Self, cast, overload

from chat_core import ConfigurationError
from chat_core.client import (
    Connection,
    CredentialSource,
    HasEmbeddings,
    HasModel,
    NoEmbeddings,
    NoModel,
    ResolvedServer,
    Server,
)
from chat_core.types.misuse import checked_dimensions
from chat_core.types.typestate import HasImages
from chat_responses.builder import settings
from chat_responses.servers import AZURE
from typing_extensions import TypeVar

from chat_openai.azure import endpoint as address
from chat_openai.azure.access import Credential, resolve, resolved_server
from chat_openai.azure.entra import TokenCredential
from chat_openai.choices import OpenAIChoices, client_for, refuse_other_choices
from chat_openai.client import EmbeddingOpenAIClient, OpenAIClient
from chat_openai.images.client import ImageOpenAIClient
from chat_openai.images.options import ImageOptions
from chat_openai.native_tools import NativeToolsBuilder

if TYPE_CHECKING:
    from chat_completions import ChatCompletionsClient

    from chat_openai.realtime.builder import RealtimeBuilder
    from chat_openai.realtime.dialect import Dialect


class HasChatCompletions:
    """A builder of a client that speaks Chat Completions."""


M = TypeVar("M", default=NoModel)
E = TypeVar("E", default=NoEmbeddings)

_HOSTS: Final = tuple(
    f"{service}.azure.{top}"
    for service in ("openai", "services.ai", "cognitiveservices")
    for top in ("com", "us", "cn")
)
SERVER: Final = Server(
    "Azure OpenAI",
    url_variables=("AZURE_OPENAI_ENDPOINT",),
    key_variables=("AZURE_OPENAI_API_KEY",),
    hosts=_HOSTS,
    key_required=True,
)
TOKENS: Final = replace(SERVER, key_variables=("AZURE_OPENAI_AD_TOKEN",), key_required=False)


@dataclass(frozen=True, slots=True)
class AzureChoices(OpenAIChoices):
    """What has been chosen so far."""

    version: str | None = None
    chats: bool = False
    credential: TokenCredential | None = field(default=None, repr=False)
    scope: str | None = None


class AzureOpenAIBuilder(NativeToolsBuilder[AzureChoices], Generic[M, E]):
    """A client for OpenAI's models at Azure. Each `with_…` returns a new builder and does no I/O.

    Without `with_resource` or `with_endpoint` it talks to `AZURE_OPENAI_ENDPOINT`. Without a key and
    credentials, `AZURE_OPENAI_AD_TOKEN` or else `AZURE_OPENAI_API_KEY` is sent, to Azure's hosts and to that
    endpoint only.
    """

    def __init__(self) -> None:
        super().__init__(AzureChoices())

    def with_model(self, model: str) -> AzureOpenAIBuilder[HasModel, E]:
        """Set the deployment's name: at Azure that is the model."""
        return cast("AzureOpenAIBuilder[HasModel, E]", self._with(replace(self._choices, model=model)))

    def with_deployment(self, deployment: str) -> AzureOpenAIBuilder[HasModel, E]:
        """Set the deployment's name, as `with_model` does."""
        return self.with_model(deployment)

    def with_resource(self, resource: str) -> Self:
        """Set the resource by its name: `https://{resource}.openai.azure.com`."""
        return self.with_endpoint(address.resource_endpoint(resource))

    def with_endpoint(self, url: str) -> Self:
        """Set the resource by its address, as the portal shows it, or that of a gateway in front of it.

        What follows the resource, such as `/openai/v1` or a deployment, is left out: this builder adds it.
        """
        return super().with_base_url(address.checked_endpoint(url))

    def with_base_url(self, base_url: str) -> Self:
        """Set the resource by its address, as `with_endpoint` does."""
        return self.with_endpoint(base_url)

    def with_api_version(self, version: str) -> Self:
        """Set a dated version of the API, such as "2025-04-01-preview". By default the v1 surface is used,
        which has none.

        "preview" and "latest" are versions of the v1 surface.
        """
        return self._with(replace(self._choices, version=address.checked_version(version)))

    def with_credentials(
        self, source: CredentialSource | TokenCredential, *, scope: str | None = None
    ) -> Self:
        """Set a source of Entra tokens, in place of a key.

        A credential of azure-identity is taken as it is, such as `DefaultAzureCredential()`, sync or async;
        so is what its `get_bearer_token_provider` returns. `scope` is for such a credential; by default it
        follows from the host.
        """
        if not isinstance(source, TokenCredential):
            cleared = self._with(replace(self._choices, credential=None))
            return super(AzureOpenAIBuilder, cleared).with_credentials(source)
        connection = replace(self._connection, api_key=None, credentials=None)
        return self._with(replace(self._choices, credential=source, scope=scope))._connected(connection)

    def with_api_key(self, api_key: str) -> Self:
        """Set the key. It is sent in the header `api-key`, and takes the place of credentials."""
        return super().with_api_key(api_key)._with(replace(self._choices, credential=None))

    def with_chat_completions(self) -> AzureOpenAIBuilder[M, HasChatCompletions]:
        """Build a client that speaks Chat Completions, for deployments and versions without the Responses
        API.
        """
        made = self._with(replace(self._choices, chats=True, embeds=False, images=None))
        return cast("AzureOpenAIBuilder[M, HasChatCompletions]", made)

    def with_embeddings(self, dimensions: int | None = None) -> AzureOpenAIBuilder[M, HasEmbeddings]:
        """Build a client that embeds; `dimensions` shortens the vectors where the model can."""
        chosen = replace(
            self._choices, embeds=True, dimensions=checked_dimensions(dimensions), images=None, chats=False
        )
        return cast("AzureOpenAIBuilder[M, HasEmbeddings]", self._with(chosen))

    def with_images(
        self,
        *,
        n: int | None = None,
        size: str | None = None,
        quality: str | None = None,
        output_format: Literal["png", "webp", "jpeg"] | None = None,
        compression: int | None = None,
        background: Literal["auto", "transparent", "opaque"] | None = None,
    ) -> AzureOpenAIBuilder[M, HasImages]:
        """Build a client of the Images API, as `OpenAIBuilder.with_images` does."""
        options = ImageOptions(n, size, quality, output_format, compression, background)
        chosen = replace(self._choices, images=options, embeds=False, dimensions=None, chats=False)
        return cast("AzureOpenAIBuilder[M, HasImages]", self._with(chosen))

    def with_realtime(self) -> RealtimeBuilder[M]:
        """Return the builder of a client of realtime sessions, with the deployment, the resource and what
        authorizes it as chosen so far.

        Raises `ConfigurationError` for choices that sessions have no place for.
        """
        from chat_openai.realtime.dialect import AZURE as SESSIONS

        return self._sessions(SESSIONS, "with_realtime()")

    def with_voice_live(self, api_version: str = "2025-10-01") -> RealtimeBuilder[M]:
        """Return the builder of a client of Azure Voice Live, as `with_realtime` does.

        It has models of its own: `with_model("gpt-realtime")`, say. Raises `ConfigurationError` for what is
        no version.
        """
        from chat_openai.realtime.dialect import VOICE_LIVE

        path = f"{VOICE_LIVE.path.partition('?')[0]}?api-version={address.checked_version(api_version)}"
        return self._sessions(replace(VOICE_LIVE, path=path), "with_voice_live()")

    @overload
    def build(self: AzureOpenAIBuilder[HasModel, NoEmbeddings]) -> OpenAIClient: ...
    @overload
    def build(self: AzureOpenAIBuilder[HasModel, HasChatCompletions]) -> ChatCompletionsClient: ...
    @overload
    def build(self: AzureOpenAIBuilder[HasModel, HasEmbeddings]) -> EmbeddingOpenAIClient: ...
    @overload
    def build(self: AzureOpenAIBuilder[HasModel, HasImages]) -> ImageOpenAIClient: ...
    def build(self) -> OpenAIClient | ImageOpenAIClient | ChatCompletionsClient:
        """Return the client. Raises `ConfigurationError` for what is missing or does not go together."""
        choices = self._choices
        if not choices.model:
            raise ConfigurationError('AzureOpenAIBuilder.build() needs .with_deployment("...") first')
        endpoint, connection = self._resolved()
        if choices.chats:
            return _chat_completions(choices, endpoint, connection)
        url = address.base_url(endpoint, choices.version)
        made = settings(
            replace(choices, dialect=AZURE), connection, "AzureOpenAIBuilder", _server(url, connection)
        )
        return client_for(choices, made, address.deployment_path(choices.model, choices.version))

    def _sessions(self, dialect: Dialect, method: str) -> RealtimeBuilder[M]:
        from chat_openai.realtime.builder import RealtimeBuilder

        choices = self._choices
        plain = AzureChoices(choices.model, credential=choices.credential, scope=choices.scope)
        refuse_other_choices(choices, plain, f"{method} makes a client of another API")
        credential = Credential(choices.credential, choices.scope) if choices.credential else None
        begun = RealtimeBuilder.for_server(dialect, self._connection, choices.model, credential)
        return cast("RealtimeBuilder[M]", begun)

    def _resolved(self) -> tuple[str, Connection]:
        """Return the endpoint, and the connection with what authorizes it."""
        choices, connection = self._choices, self._connection
        if connection.base_url is None and not os.environ.get("AZURE_OPENAI_ENDPOINT", "").strip():
            raise ConfigurationError(
                'AzureOpenAIBuilder.build() needs .with_resource("my-resource"), '
                '.with_endpoint("https://...") '
                "or AZURE_OPENAI_ENDPOINT"
            )
        credential = Credential(choices.credential, choices.scope) if choices.credential else None
        return resolve(SERVER, TOKENS, connection, credential, os.environ, "AzureOpenAIBuilder")


def _server(url: str, connection: Connection) -> ResolvedServer:
    return resolved_server(url, connection, SERVER, TOKENS)


def _chat_completions(choices: AzureChoices, endpoint: str, connection: Connection) -> ChatCompletionsClient:
    from chat_completions import Dialect
    from chat_completions.client import ChatCompletionsClient
    from chat_completions.settings import RequestDefaults, Settings

    plain = AzureChoices(
        choices.model,
        strict_output=choices.strict_output,
        version=choices.version,
        chats=True,
        credential=choices.credential,
        scope=choices.scope,
    )
    refuse_other_choices(choices, plain, "with_chat_completions() makes a client of another API")
    url = address.deployment_url(endpoint, plain.model or "", choices.version)
    made = settings(plain, connection, "AzureOpenAIBuilder", _server(url, connection))
    return ChatCompletionsClient(
        Settings(
            model=made.model,
            base_url=made.base_url,
            transport=made.transport,
            headers=made.headers,
            timeouts=made.timeouts,
            key_advice=made.key_advice,
            defaults=RequestDefaults(
                dialect=Dialect.azure(), strict=plain.strict_output, extra=connection.extra
            ),
        )
    )
